"""What several commands print in the same words."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.render import Rendered


def tell_rendered(done: Rendered, as_json: bool) -> None:
    """Print what was delivered: its figures and where it lies, or its manifest; warnings go to the error output."""
    for warning in done.version.warnings:
        print(f"Note: {warning}", file=sys.stderr)
    if as_json:
        print(done.out.manifest.read_text(encoding="utf-8"), end="")
    else:
        print(done.report.table())
        print(f"\nThe shot:     {done.out.render}\nBefore/after: {done.out.before_after}")

"""What the commands that make the draft model ask for alike: where the pairs lie, and where the work does."""

from __future__ import annotations

import argparse
from pathlib import Path

WORK = Path("training/draft/work")


def in_work(about: str | None) -> argparse.ArgumentParser:
    """A parser that asks for `--work`. about: what the command does."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--work", type=Path, default=WORK, help="folder of states, caches and logs")
    return parser


def of_pairs(about: str | None) -> argparse.ArgumentParser:
    """A parser that asks for `--data`, too."""
    parser = in_work(about)
    parser.add_argument("--data", type=Path, required=True, help="folder of the pairs")
    return parser

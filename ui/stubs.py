"""Gradio, without the files that it writes for editors.

Beside every file with a component in it, its own and ours, Gradio writes a stub (.pyi) at each start, for which it
parses them all: about a quarter of the work until the page is there, and files among our sources that nobody reads.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

WRITER = "gradio.component_meta"
"""The module whose `create_or_modify_pyi` writes them."""


def leave_out_stubs() -> None:
    """To be called before Gradio is imported for the first time: it then writes none."""
    sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds the one module, and everything about it where it is."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name == WRITER else None
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(name, spec.origin)
        return spec


class _Loader(SourceFileLoader):
    """Loads it as it is but for the writing."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        module.create_or_modify_pyi = lambda *_: None  # pyright: ignore[reportAttributeAccessIssue]

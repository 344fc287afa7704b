"""The files of this checkout, as the house tests look at them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PROGRAMS = ("app.py", "cli.py", "studio.py")
PACKAGES = ("pipeline", "training", "jobs", "workspaces", "verbs", "ui", "server", "commands")


@dataclass(frozen=True)
class Import:
    """One import statement's module. `runtime` is false under `if TYPE_CHECKING`."""

    module: str
    runtime: bool

    @property
    def top(self) -> str:
        """The outermost package."""
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class Source:
    """One Python file of ours."""

    path: Path

    @property
    def name(self) -> str:
        """The path inside the checkout, with slashes."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def module(self) -> str:
        """The dotted name it is imported by."""
        return self.name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def package(self) -> str:
        """The package it lies in."""
        return self.module.rpartition(".")[0]

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.path.read_text(encoding="utf-8"), self.name)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Every module imported anywhere in the file; `from a import b` counts as a and as a.b."""
        typing = {id(inner) for node in ast.walk(self.tree) if _is_type_checking(node) for inner in ast.walk(node)}
        return tuple(
            Import(module, id(node) not in typing) for node in ast.walk(self.tree) for module in _modules(node)
        )


@cache
def sources() -> tuple[Source, ...]:
    """Our programs and packages, read once; tests and benchmarks are not among them."""
    files = [ROOT / name for name in PROGRAMS]
    files += [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple(Source(path) for path in files if path.is_file())


def tracked() -> list[Path]:
    """Every file that is in the repository or would come in with the next commit."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []

"""A bare machine: an interpreter that can import the model libraries, what they need themselves, and nothing else."""

from __future__ import annotations

import os
import re
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.contract.checkout import ROOT

NEEDED = ("torch", "diffusers", "transformers", "peft", "numpy", "pydantic")
INTERPRETER = (sys.executable, "-S")
"""Without the folder that everything is installed in."""


def bare_environment(folder: Path) -> dict[str, str]:
    """Link the libraries into `folder`; returns the environment for INTERPRETER, in which our checkout lies, too."""
    folder.mkdir()
    for name in installed(NEEDED):
        files = distribution(name).files or []
        for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            if not (folder / top).exists():
                (folder / top).symlink_to(Path(str(distribution(name).locate_file(top))))
    shown = {"PYTHONPATH": os.pathsep.join((str(folder), str(ROOT))), "PYTHONDONTWRITEBYTECODE": "1"}
    return os.environ | shown | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}


def installed(names: tuple[str, ...]) -> set[str]:
    """These distributions and what they require, as far as it is installed; extras are not."""
    found: set[str] = set()
    waiting = [canonical(name) for name in names]
    while waiting:
        name = waiting.pop()
        try:
            required = [Requirement(text) for text in distribution(name).requires or []]
        except PackageNotFoundError:
            continue
        found.add(name)
        wanted = [r.name for r in required if r.marker is None or r.marker.evaluate({"extra": ""})]
        waiting += [one for one in map(canonical, wanted) if one not in found]
    return found


def canonical(name: str) -> str:
    """The name of a distribution as it is compared."""
    return re.sub(r"[-_.]+", "-", name).lower()

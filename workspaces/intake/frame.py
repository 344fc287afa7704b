"""Frames of sequences, and the lists that an engine writes beside them: read here as a render would read them."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.clip.exr import read_parts
from pipeline.clip.numbered import PICTURE_SUFFIXES
from pipeline.clip.values import read_values
from pipeline.errors import RefusedFile
from workspaces.intake.kinds import kind_of
from workspaces.intake.picture import EXPORT, check_picture
from workspaces.limits import Limits

LONGEST_LIST = 64_000_000
"""Bytes; the cameras of 100,000 frames have some 40 million."""


def check_frame(path: Path, limits: Limits) -> None:
    """Raise RefusedFile or FootageError unless this is a whole picture, named as what it is, within the limits."""
    if kind_of(path) != "picture" or path.suffix.lower() not in PICTURE_SUFFIXES:
        raise RefusedFile(f"{path.name} is no frame of a sequence.", EXPORT)
    check_picture(path, limits)
    if path.suffix.lower() == ".exr":
        read_parts(path)
    else:
        read_values(path)


def check_beside(path: Path, limits: Limits) -> None:
    """Raise RefusedFile unless this is whole JSON, and neither too long nor too deep."""
    if path.stat().st_size > LONGEST_LIST:
        raise RefusedFile(f"{path.name} is too large for a list.", "Write it with the script in docs/unity.")
    try:
        json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise RefusedFile(f"{path.name} is not JSON.", "Write it with the script in docs/unity.") from error

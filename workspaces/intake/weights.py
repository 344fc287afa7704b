"""Safetensors: the header must account for every byte of the file, and for no byte twice."""

from __future__ import annotations

from pathlib import Path

from pipeline.models.header import read_header
from workspaces.limits import Limits


def check_weights(path: Path, limits: Limits) -> None:
    """Raise RefusedFile unless this is a whole safetensors file. No tensor is read."""
    read_header(path)

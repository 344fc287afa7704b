"""Clips: how many streams, pixels, frames and seconds there are is known before more than two pictures are decoded."""

from __future__ import annotations

from pathlib import Path

from pipeline.clip.probe import probe
from pipeline.clip.source import opened, picture_stream
from pipeline.errors import RefusedFile
from workspaces.limits import Limits


def check_video(path: Path, limits: Limits) -> None:
    """Raise FootageError or RefusedFile unless this is a clip that can be rendered, within the limits."""
    with opened(path) as container:
        streams, stream = len(container.streams), picture_stream(container, path)
        pixels = stream.width * stream.height
        seconds = (container.duration or 0) / 1_000_000
    if streams > limits.streams:
        raise RefusedFile(f"{path.name} holds {streams} streams; {limits.streams} may be.", "Export picture and sound.")
    if pixels > limits.megapixels * 1e6:
        raise RefusedFile(
            f"{path.name} has more than {limits.megapixels:g} million pixels a picture.", "Export it smaller."
        )
    _check_length(path, seconds, limits)
    shot = probe(path)
    if len(shot.frames) > limits.frames:
        raise RefusedFile(f"{path.name} has {len(shot.frames)} frames; {limits.frames} may be.", "Cut it into shots.")
    _check_length(path, float(len(shot.frames) / shot.rate), limits)


def _check_length(path: Path, seconds: float, limits: Limits) -> None:
    if seconds > limits.seconds:
        raise RefusedFile(f"{path.name} is {seconds:.0f} s long; {limits.seconds:g} s may be.", "Cut it into shots.")

"""A shot: a clip that has been looked at, with everything the flow needs to know about it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pipeline.frames import FrameRange
from pipeline.keys import Key


@dataclass(frozen=True)
class Shot:
    """One clip on disk.

    name: the file's name without its suffix.
    frames: every frame, counted from 0 at the constant `rate`; frame n is the picture on screen at n / rate seconds.
    rate: frames a second.
    width, height: as shown: after the container's rotation, in stored pixels (pixel_aspect is carried to the delivery).
    pixel_aspect: width of a pixel over its height.
    colour_space: the matrix the file names or that was assumed, for instance "bt709".
    sound: whether there is a soundtrack.
    notes: what was assumed or changed when reading, in an artist's words (variable frame rate, alpha, ...).
    key: sha256 of the file.
    """

    name: str
    plate: Path
    frames: FrameRange
    rate: Fraction
    width: int
    height: int
    pixel_aspect: Fraction
    colour_space: str
    sound: bool
    notes: tuple[str, ...]
    key: Key

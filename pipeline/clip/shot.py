"""A shot: a clip that has been looked at, with everything the flow needs to know about it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pipeline.clip.pictures import PictureSequence
from pipeline.clip.rendered import Rendered
from pipeline.frames import FrameRange
from pipeline.keys import Key
from pipeline.recipe.footage import AS_FOUND, Footage


@dataclass(frozen=True)
class Shot:
    """One clip on disk: a movie, or a sequence of pictures.

    name: the file's name without its suffix, and without its number in a sequence.
    plate: the movie, or the first picture of the sequence.
    frames: every frame, counted from 0 at the constant `rate`; frame n is the picture on screen at n / rate seconds.
    rate: frames a second.
    width, height: as shown: after the container's rotation, in stored pixels (pixel_aspect is carried to the delivery).
    pixel_aspect: width of a pixel over its height.
    colour_space: the matrix the file names or that was assumed, for instance "bt709".
    sound: whether there is a soundtrack.
    notes: what was assumed or changed when reading, in an artist's words (variable frame rate, alpha, ...).
    key: sha256 of the file; of a sequence, or a movie whose pictures are made over when read, the key of that too.
    pictures: where the frames lie when the plate is a sequence; None for a movie.
    rendered: what the engine rendered beside the plate; None without.
    footage: the settings the files were read by.
    painted: the folder with the mattes painted for it; None = `painted` beside its plate.
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
    pictures: PictureSequence | None = None
    rendered: Rendered | None = None
    footage: Footage = AS_FOUND
    painted: Path | None = None

"""Views of one shot, frame by frame in one movie: the plate, and results, layers and mattes of versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.stacked import write_stacked
from pipeline.clip.still import decode_png
from pipeline.errors import FootageError
from pipeline.frames import FrameRange, Picture
from pipeline.keys import Key, key_of, key_of_file
from pipeline.version import OutFolder

Kind = Literal["plate", "result", "layer", "matte"]
GREY = 0.5
"""What a layer is shown over, display-referred, 0..1."""


@dataclass(frozen=True)
class View:
    """One side of a comparison. version: the folder of a delivered version; the plate has none. of: a pass's name."""

    kind: Kind = "plate"
    version: Path | None = None
    of: str = ""

    @property
    def out(self) -> OutFolder:
        """The version's files. Raises FootageError for the plate."""
        if self.version is None:
            raise FootageError("The plate is no version.")
        return OutFolder(self.version)


PLATE = View()


def views_of(version: Path) -> list[View]:
    """Everything of a delivered version that can be looked at: its result, and the layers and mattes of its passes."""
    found = [View("result", version)]
    for kind, folder in (("layer", "layers"), ("matte", "mattes")):
        names = sorted(path.name for path in (version / folder).glob("*") if path.is_dir())
        found += [View(kind, version, name) for name in names]  # pyright: ignore[reportArgumentType]
    return found


def compared_key(views: Sequence[View], shot: Shot, frames: FrameRange) -> Key:
    """The key of the movie of these views."""
    manifests = {str(at): key_of_file(view.out.manifest) for at, view in enumerate(views) if view.version is not None}
    what = [[view.kind, view.of] for view in views]
    return key_of("compared", 1, {"views": what, "frames": [frames.first, frames.last], **manifests}, (shot.key,))


def write_compared(path: Path, views: Sequence[View], shot: Shot, frames: FrameRange) -> None:
    """Write the views, from the top, as one movie of these frames of the shot. Raises FootageError, OutputError.

    frames: those that every version of the views was rendered for.
    """
    write_stacked(path, [pictures_of(view, shot, frames) for view in views], shot, frames)


def pictures_of(view: View, shot: Shot, frames: FrameRange) -> Iterator[Picture]:
    """A view frame by frame, at the plate's size."""
    if view.kind == "plate":
        return (frame.pixels for frame in read_frames(shot, frames))
    if view.kind == "result":
        rendered = probe(view.out.render)
        return (frame.pixels for frame in read_frames(rendered, rendered.frames))
    return (_still(view, number, (shot.height, shot.width)) for number in frames)


def _still(view: View, number: int, size: tuple[int, int]) -> Picture:
    """A layer over grey, or a matte; where the pass had nothing to do in this frame, nothing but what lies below."""
    layer = view.kind == "layer"
    path = view.out.layer(view.of, number) if layer else view.out.matte(view.of, number)
    below = GREY * 255 if layer else 0.0
    if not path.is_file():
        return np.full((*size, 3), round(below), np.uint8)
    picture = decode_png(path.read_bytes())
    if picture.ndim == 2:
        return np.repeat(picture[..., None], 3, axis=2)
    alpha = picture[..., 3:].astype(np.float32) / 255
    return np.round(picture[..., :3] * alpha + below * (1 - alpha)).astype(np.uint8)

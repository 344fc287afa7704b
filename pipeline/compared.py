"""Views of one shot, frame by frame in one movie: the plate, results, layers and mattes of versions, a reference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame, read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.stacked import write_stacked
from pipeline.clip.still import decode_png
from pipeline.errors import FootageError
from pipeline.frames import FrameRange, Picture
from pipeline.keys import Key, key_of, key_of_file
from pipeline.version import OutFolder

Kind = Literal["plate", "result", "layer", "matte", "reference"]
STILLS = (".png", ".jpg", ".jpeg", ".webp")
"""A reference that is a picture; every other one is a clip."""
GREY = 0.5
"""What a layer is shown over, display-referred, 0..1."""


@dataclass(frozen=True)
class View:
    """One side of a comparison. version: the folder of a delivered version; the plate has none. of: a pass's name.

    reference: the still or clip of a film that the shot is held against.
    """

    kind: Kind = "plate"
    version: Path | None = None
    of: str = ""
    reference: Path | None = None

    @property
    def out(self) -> OutFolder:
        """The version's files. Raises FootageError for the plate."""
        if self.version is None:
            raise FootageError("The plate is no version.")
        return OutFolder(self.version)


PLATE = View()


def first_of(version: Path) -> int:
    """The plate's number of a version's first frame. Raises FootageError when its manifest cannot be read."""
    try:
        return int(json.loads(OutFolder(version).manifest.read_text(encoding="utf-8"))["frames"][0])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FootageError(f"{version.name} has no manifest that can be read.", "Render the shot again.") from error


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
    manifests |= {str(at): key_of_file(view.reference) for at, view in enumerate(views) if view.reference is not None}
    return key_of("compared", 1, {"views": what, "frames": [frames.first, frames.last], **manifests}, (shot.key,))


def write_compared(path: Path, views: Sequence[View], shot: Shot, frames: FrameRange) -> None:
    """Write the views, from the top, as one movie of these frames of the shot. Raises FootageError, OutputError.

    frames: every version of the views was rendered for these, or for more.
    """
    write_stacked(path, [pictures_of(view, shot, frames) for view in views], shot, frames)


def pictures_of(view: View, shot: Shot, frames: FrameRange) -> Iterator[Picture]:
    """A view frame by frame, at the plate's size."""
    if view.kind == "plate":
        return (frame.pixels for frame in read_frames(shot, frames))
    if view.kind == "result":
        first = frames.first - first_of(view.out.path)
        part = FrameRange(first, first + len(frames) - 1)
        return (frame.pixels for frame in read_frames(probe(view.out.render), part))
    if view.reference is not None:
        return _reference(view.reference, frames, (shot.height, shot.width))
    return (_still(view, number, (shot.height, shot.width)) for number in frames)


def picture_of(view: View, shot: Shot, number: int) -> Picture:
    """One frame of a view at the plate's size, without loss. Raises FootageError."""
    return next(iter(pictures_of(view, shot, FrameRange(number, number))))


def _reference(path: Path, frames: FrameRange, size: tuple[int, int]) -> Iterator[Picture]:
    """A still for every frame, or a clip from its beginning, its last frame held; whole, with bars where it must be."""
    if path.suffix in STILLS:
        return repeat(_framed(decode_png(path.read_bytes())[..., :3], size), len(frames))
    clip = probe(path)
    last = min(frames.last, clip.frames.last)
    if frames.first >= last:
        return repeat(_framed(read_frame(clip, last).pixels, size), len(frames))
    held = repeat(_framed(read_frame(clip, last).pixels, size), frames.last - last)
    running = (_framed(frame.pixels, size) for frame in read_frames(clip, FrameRange(frames.first, last)))
    return chain(running, held)


def _framed(picture: Picture, size: tuple[int, int]) -> Picture:
    """A picture inside one of (height, width), as large as it fits, on black."""
    height, width = size
    scale = min(width / picture.shape[1], height / picture.shape[0])
    inner = (max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1))
    framed = np.zeros((height, width, 3), np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    framed[top : top + inner[1], left : left + inner[0]] = cv2.resize(picture, inner, interpolation=cv2.INTER_AREA)
    return framed


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

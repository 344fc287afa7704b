"""Putting a delivered version together anew from its own files: no model, no cache, nothing is rendered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.still import decode_png, encode_png
from pipeline.clip.write import write_movie
from pipeline.compared import View, pictures_of
from pipeline.composite.difference import difference_matte
from pipeline.composite.layer import edge
from pipeline.composite.over import over
from pipeline.errors import FootageError
from pipeline.files import atomic
from pipeline.frames import Frame, FrameRange, Layer, Picture
from pipeline.progress import Progress
from pipeline.version import OutFolder

CRF = 14
"""x264 quality of what is put together anew: that of a delivery."""


@dataclass(frozen=True)
class LayerEdit:
    """How a delivered layer is laid over this time.

    name: its pass. opacity: 0..1; 0 leaves it out. erode: plate pixels that it is shrunk by. feather: softness of the
    edge that it gets, sigma in plate pixels; None keeps the edge it has. A delivered layer holds no picture beyond its
    edge, so it can be made smaller and softer, not larger.
    """

    name: str
    opacity: float = 1.0
    erode: int = 0
    feather: float | None = None


def recomposite(version: Path, shot: Shot, edits: Sequence[LayerEdit], path: Path, progress: Progress) -> None:
    """Write a movie of a version's layers over its plate, from the bottom up in the order of `edits`.

    Raises FootageError for a folder that holds no version of this shot or lacks a layer, OutputError, Cancelled.
    """
    frames = frames_of(version, shot)
    folder = OutFolder(version)
    for edit in edits:
        if not folder.layers(edit.name):
            there = ", ".join(sorted(path.name for path in (version / "layers").glob("*"))) or "none"
            raise FootageError(f"{version.name} has no layer {edit.name}.", f"Its layers: {there}.")

    def pictures() -> Iterator[Picture]:
        for done, frame in enumerate(read_frames(shot, frames), 1):
            laid = (layer_of(folder, edit, frame) for edit in edits if edit.opacity > 0)
            progress.say("recomposite", done, len(frames))
            yield over(frame.pixels, (layer for layer in laid if layer is not None))

    write_movie(path, pictures(), shot, CRF, frames)


def frames_of(version: Path, shot: Shot) -> FrameRange:
    """The frames of a shot that a delivered version holds. Raises FootageError when it is of another clip or none."""
    try:
        manifest = json.loads((version / "manifest.json").read_text(encoding="utf-8"))
        plate, (first, last) = manifest["plate"], manifest["frames"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FootageError(f"{version} holds no delivered version.", "Choose the folder of a render.") from error
    if plate != shot.key:
        raise FootageError(f"{version.name} was rendered from another clip than {shot.name}.", "Give its own plate.")
    return FrameRange(first, last)


def layer_of(folder: OutFolder, edit: LayerEdit, frame: Frame) -> Layer | None:
    """A delivered layer as it is laid over this time; None where its pass had nothing to do."""
    path = folder.layer(edit.name, frame.number)
    if not path.is_file():
        return None
    rgba = decode_png(path.read_bytes())
    alpha = rgba[..., 3].astype(np.float32) / 255
    if edit.erode or edit.feather is not None:
        hard = np.where(rgba[..., 3] >= 128, 255, 0).astype(np.uint8)
        alpha = np.minimum(edge(hard, edit.erode, edit.feather or 0), alpha > 0)
    alpha = (alpha * edit.opacity).astype(np.float32)
    return Layer(frame.number, edit.name, rgba[..., :3].astype(np.float32) / 255 * alpha[..., None], alpha)


@dataclass(frozen=True)
class Difference:
    """How a difference matte is drawn, see `difference_matte`."""

    threshold: float = 4.0
    softness: float = 8.0


def write_difference(
    folder: Path, views: tuple[View, View], shot: Shot, frames: FrameRange, how: Difference, progress: Progress
) -> None:
    """Write where two views of a shot differ as one PNG a frame into `folder`, for any compositor.

    views: the plate, results or layers of versions, of these frames. Raises FootageError, OutputError, Cancelled.
    """
    pairs = zip(*(pictures_of(view, shot, frames) for view in views), strict=True)
    for done, (number, (one, other)) in enumerate(zip(frames, pairs, strict=True), 1):
        with atomic(folder / f"{number:06d}.png") as part:
            part.write_bytes(encode_png(difference_matte(one, other, how.threshold, how.softness)))
        progress.say("difference", done, len(frames))

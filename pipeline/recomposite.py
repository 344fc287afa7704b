"""Putting a delivered version together anew from its own files: no model, no cache, nothing is rendered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.still import decode_png, encode_png
from pipeline.clip.write import write_movie
from pipeline.compared import View, pictures_of
from pipeline.composite.difference import difference_matte
from pipeline.composite.layer import edge
from pipeline.composite.over import over
from pipeline.composite.surround import Stack, Stacked
from pipeline.errors import FootageError
from pipeline.files import atomic
from pipeline.frames import Frame, FrameRange, Layer, Picture
from pipeline.motion.cuts import Cuts, cuts_in, set_by_hand
from pipeline.progress import Progress
from pipeline.version import OutFolder

CRF = 14
"""x264 quality of what is put together anew: that of a delivery."""


@dataclass(frozen=True)
class LayerEdit:
    """How a delivered layer is laid over this time.

    name: its pass. opacity: 0..1; 0 leaves it out. erode: plate pixels that it is shrunk by. feather: softness of the
    edge that it gets, sigma in plate pixels; None keeps the edge it has. A delivered layer holds no picture beyond its
    edge, so it can be made smaller and softer, not larger. match: 0..1, how far its colours go towards those around it
    in what lies below.
    """

    name: str
    opacity: float = 1.0
    erode: int = 0
    feather: float | None = None
    match: float = 0.0


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

    passes = [Stacked(edit.match, partial(by_person, folder, edit)) for edit in edits if edit.opacity > 0]
    setup = _setups(shot, frames) if any(one.match > 0 for one in passes) else lambda number: frames
    stack = Stack(passes, partial(read_frames, shot), frames, setup, shot.rate)

    def pictures() -> Iterator[Picture]:
        for done, frame in enumerate(read_frames(shot, frames), 1):
            progress.say("recomposite", done, len(frames))
            yield over(frame.pixels, stack.layers(frame))

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


def by_person(folder: OutFolder, edit: LayerEdit, frame: Frame) -> dict[str | int | None, Layer]:
    """A layer as `layer_of` gives it, in a part for each person whose own matte was delivered; none where it is empty.

    Every pixel belongs to whose matte is nearest.
    """
    layer = layer_of(folder, edit, frame)
    if layer is None:
        return {}
    names = sorted(path.name for path in (folder.path / "mattes").glob(f"{edit.name}.*"))
    files = {name: folder.matte(name, frame.number) for name in names}
    there = {name: decode_png(path.read_bytes()) for name, path in files.items() if path.is_file()}
    if len(there) < 2:
        return {next(iter(there), edit.name): layer}
    apart = [
        cv2.distanceTransform(np.where(mask > 0, 0, 255).astype(np.uint8), cv2.DIST_L2, 3) for mask in there.values()
    ]
    nearest = np.argmin(apart, axis=0)
    parts = {name: (nearest == at).astype(np.float32) for at, name in enumerate(there)}
    return {
        name: Layer(frame.number, edit.name, layer.pixels * own[..., None], layer.alpha * own)
        for name, own in parts.items()
    }


def _setups(shot: Shot, frames: FrameRange) -> Callable[[int], FrameRange]:
    """The frames from cut to cut that a frame lies in, among these of a shot."""
    found = cuts_in(frame.pixels for frame in read_frames(shot, frames))
    return Cuts(frames, set_by_hand(shot, (frames.first + at for at in found))).setup


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

"""A painted matte carried over a range of frames: along with the face that it lies in, or else along the flow."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clip.rendered_motion import motion_key
from pipeline.clip.shot import Shot
from pipeline.frames import Crop, Flow, FrameRange, Mask, Matte
from pipeline.keys import Key
from pipeline.motion.cuts import cuts_key
from pipeline.motion.flow import compose, fetch, places
from pipeline.motion.source import Motion, estimated_key
from pipeline.people.faces import Faces
from pipeline.people.outline import Points, outline
from pipeline.people.track_stage import tracks_key
from pipeline.people.tracks import Run, Tracks
from pipeline.prepare.mattes import bounds, hull_matte
from pipeline.recipe.regions import Carried
from pipeline.stage import WHOLE_SHOT, FrameStore, Stage

PAINTED = Stage("painted", version=1, reach=WHOLE_SHOT)

IN_FACE = 0.8
"""Share of a matte that must lie in a face for the matte to go along with it."""
NEAREST = 48
"""Landmarks of the face that a matte goes along with: a tenth of them, the skin around it."""
LEAST_POINTS = 12
"""Pixels that must be followed for a matte's size to be known from them."""
STRIDE = 3
"""Of the pixels of a matte every so manieth row and column says how it moves as a whole."""


def painted_key(shot: Shot, region: Carried) -> Key:
    """The key of a painted matte as it is carried; padding, and what becomes of it, is the pass's affair."""
    exact = motion_key(shot)
    motion = estimated_key((shot.key, cuts_key(shot), *(() if exact is None else (exact,))))
    return PAINTED.key(region.model_dump(mode="json", exclude={"padding", "mode"}), (tracks_key(shot), motion))


@dataclass(frozen=True, eq=False)
class Placed:
    """Where a painted matte lies in a frame. middle, side: of a square round it that moves and grows with it."""

    mask: Mask
    middle: tuple[float, float]
    side: float


@dataclass(frozen=True, eq=False)
class PaintedMattes:
    """The matte of one pass by frame. Not thread-safe.

    mask: as it was painted. motion: of the clip as it came. room: plate pixels round the matte that the pass's square
    shows, its padding among them. store: where carried mattes are kept.
    """

    region: Carried
    mask: Mask
    motion: Motion
    tracks: Tracks
    faces: Faces
    store: FrameStore
    room: float
    walked: dict[int, Flow] = field(default_factory=dict, repr=False)

    def matte(self, frame: int) -> Matte | None:
        """The matte in a frame; None outside of its range, across a cut, and where nothing of it is left."""
        placed = self.placed(frame)
        if placed is None:
            return None
        height, width = placed.mask.shape
        side = min(placed.side + 2 * self.room, float(min(width, height)))
        x, y = (np.clip(at, side / 2, size - side / 2) for at, size in zip(placed.middle, (width, height), strict=True))
        return Matte(frame, placed.mask, 0.0, bounds(placed.mask), Crop(float(x), float(y), side, 0.0))

    def placed(self, frame: int) -> Placed | None:
        """Where it lies in a frame; None where `matte` has none."""
        if frame not in self.frames:
            return None
        if not self.store.has(frame):
            self._carry(frame)
        placed = _unpacked(self.store.read(frame))
        return placed if placed.mask.any() else None

    @property
    def frames(self) -> FrameRange:
        """The frames it is carried to: its range, as far as no cut lies between."""
        setup = self.motion.setup(self.region.frame)
        return FrameRange(max(self.region.first, setup.first), min(self.region.last, setup.last))

    @cached_property
    def face(self) -> Run | None:
        """The person in whose face the matte was painted; None when it lies elsewhere."""
        plate = (self.mask.shape[1], self.mask.shape[0])
        for run in self.tracks.at(self.region.frame):
            face = hull_matte(self.region.frame, outline(run, self.region.frame, self.faces), plate)
            if face is not None and (self.mask[face.mask > 0] > 0).sum() >= IN_FACE * (self.mask > 0).sum():
                return run
        return None

    @property
    def start(self) -> Placed:
        """The matte where it was painted."""
        box = bounds(self.mask)
        return Placed(self.mask, (box.x + box.width / 2, box.y + box.height / 2), float(max(box.width, box.height)))

    def _carry(self, frame: int) -> None:
        """Finish this frame and, along the flow, every one on the way to it."""
        self.store.use()
        if self.face is not None:
            self.store.write(frame, _packed(self._along(self.face, frame)))
        elif frame == self.region.frame:
            self.store.write(frame, _packed(self.start))
        else:
            self._walk(frame)

    def _along(self, run: Run, frame: int) -> Placed | None:
        if frame not in run.frames:
            return None
        here, there = (outline(run, number, self.faces) for number in (self.region.frame, frame))
        return along(self.start, here, there)

    def _walk(self, frame: int) -> None:
        towards = 1 if frame > self.region.frame else -1
        back = self.walked.get(towards)
        begin = self.region.frame if back is None or (back.frame - frame) * towards > 0 else back.frame
        back = None if begin == self.region.frame else back
        for at in range(begin + towards, frame + towards, towards):
            step = self.motion.step(at, at - towards)
            if step is None:
                raise ValueError(f"frame {at} lies behind a cut")
            back = step if back is None else compose(step, back)
            self.walked[towards] = back
            if not self.store.has(at):
                self.store.write(at, _packed(fetched(self.start, back)))


def along(painted: Placed, here: Points, there: Points) -> Placed:
    """A painted matte in another frame, moved as the landmarks nearest to it are: the affine map that fits them best.

    here, there: the landmarks of the face where it was painted and in the other frame, [n, 2] in pixels.
    """
    near = np.argsort(np.hypot(*(here - np.array(painted.middle)).T))[:NEAREST]
    columns = np.column_stack([here[near] - 0.5, np.ones(len(near))])
    index = np.linalg.lstsq(columns, there[near] - 0.5, rcond=None)[0].T
    height, width = painted.mask.shape
    mask = cv2.warpAffine(painted.mask, index, (width, height), flags=cv2.INTER_LINEAR)
    middle = index[:, :2] @ (np.array(painted.middle) - 0.5) + index[:, 2] + 0.5
    grows = float(np.abs(index[:, :2]).sum(axis=1).max())
    return Placed(_hard(mask), (float(middle[0]), float(middle[1])), painted.side * grows)


def fetched(painted: Placed, back: Flow) -> Placed | None:
    """A painted matte in the frame that a flow starts from; `back` leads to the frame it was painted on."""
    mask = fetch(painted.mask.astype(np.float32), places(back.vectors)) * back.seen
    mask = _hard(cv2.medianBlur(_hard(mask), 5))
    rows, columns = (at[::STRIDE] for at in np.nonzero(mask))
    if len(rows) < LEAST_POINTS:
        return None
    here = np.stack([columns, rows], axis=1).astype(np.float32)
    there = here + back.vectors[rows, columns]
    matrix, _ = cv2.estimateAffinePartial2D(there, here, ransacReprojThreshold=2.0)
    if matrix is None:
        box = bounds(mask)
        return Placed(mask, (box.x + box.width / 2, box.y + box.height / 2), float(max(box.width, box.height)))
    middle = matrix[:, :2] @ (np.array(painted.middle) - 0.5) + matrix[:, 2] + 0.5
    return Placed(mask, (float(middle[0]), float(middle[1])), painted.side * float(np.hypot(*matrix[:, 0])))


def _hard(mask: NDArray) -> Mask:
    return np.where(mask > 127, 255, 0).astype(np.uint8)


def _packed(placed: Placed | None) -> bytes:
    buffer = io.BytesIO()
    mask = np.zeros((0, 0), np.uint8) if placed is None else placed.mask
    place = np.zeros(3) if placed is None else np.array([*placed.middle, placed.side])
    np.savez_compressed(buffer, mask=mask, place=place)
    return buffer.getvalue()


def _unpacked(data: bytes) -> Placed:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        x, y, side = map(float, arrays["place"])
        return Placed(arrays["mask"], (x, y), side)

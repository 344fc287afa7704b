"""The hair of those who are followed: found once a frame, kept, and steadied along the head's own motion."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.window import Window
from pipeline.frames import Box, Mask, Matte
from pipeline.keys import Key
from pipeline.models.store import Annotator
from pipeline.people.faces import faces_key
from pipeline.people.hair import HairFinder, canvas_of
from pipeline.people.pose import Pose
from pipeline.people.seen import Seen, Sightings
from pipeline.people.tracks import NOT_SEEN, Run
from pipeline.stage import FrameStore, Stage

WEIGHTS = {-2: 1, -1: 4, 0: 6, 1: 4, 2: 1}
"""How hair is averaged over the frames next to it, so that its matte does not boil."""
SEGMENTER = "selfie_multiclass"
"""MediaPipe's multiclass segmenter by its name in the catalogue."""
HELD = 8
"""Frames of the clip that are kept at hand."""
HAIR = Stage("hair", version=1, reach=max(WEIGHTS))

BACK = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
"""The plate is asked where each of its pixels lies on the canvas."""
ROOM = (3.6, 3.6, 2.9, 4.4)
"""How far hair may reach to the left and right, up and down, in sizes of the face; a crop holds that much."""


def hair_key(shot: Shot, weights: Annotator | None) -> Key:
    """The key of the hair of a shot. weights: the segmenter's; None = by colour."""
    return HAIR.key({}, (faces_key(shot), *(() if weights is None else (weights.key,))))


def segmenter_of(weights: Annotator | None) -> Path | None:
    """The file of the segmenter; None when it is not here."""
    return None if weights is None else next(iter(sorted(weights.folder.glob("*.tflite"))), None)


def hair_run(run: Run) -> Run:
    """The run of a face, with the reach of its hair in place of the face's own."""
    return replace(run, reaches=np.array(ROOM) * run.poses[:, 2:3])


class HairMattes:
    """The mattes of hair by person and frame. Use it in a `with`. Not thread-safe."""

    def __init__(self, shot: Shot, cache: Path, faces: Sightings[Seen], weights: Annotator | None) -> None:
        """faces: those of the clip as it came. weights: the segmenter's; None = by colour. Raises ModelMissing."""
        self._faces, self._finder = faces, HairFinder(segmenter_of(weights))
        self._window = Window(lambda frames: read_frames(shot, frames), shot.frames, HELD)
        self._store = FrameStore(cache, hair_key(shot, weights), ".npz")
        self._store.use()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finder.__exit__(kind, error, trace)

    def matte(self, run: Run, frame: int, plate: tuple[int, int]) -> Matte | None:
        """The hair of a followed person in a plate (width, height); None where none is found. Raises OutputError."""
        total, weight = np.zeros((plate[1], plate[0]), np.float32), 0
        for at, share in self._near(run, frame):
            hair = self._hair(run, at)
            if hair.any():
                total += share * cv2.warpAffine(hair, self._move(run, frame, at), plate, flags=BACK).astype(np.float32)
                weight += share
        mask = np.where(total > 127 * weight, 255, 0).astype(np.uint8) if weight else total.astype(np.uint8)
        return Matte(frame, mask, 0.0, Box(*cv2.boundingRect(mask))) if mask.any() else None

    def _near(self, run: Run, frame: int) -> list[tuple[int, int]]:
        """The frames that show the face around a frame with their weights; where none does, the nearest that does."""
        around = [(frame + step, share) for step, share in WEIGHTS.items() if frame + step in run.frames]
        seen = [(at, share) for at, share in around if run.face(at) != NOT_SEEN]
        if seen:
            return seen
        every = run.frames.first + np.flatnonzero(run.faces != NOT_SEEN)
        return [(int(every[np.abs(every - frame).argmin()]), 1)]

    def _move(self, run: Run, frame: int, at: int) -> NDArray[np.float64]:
        """From pixels of the plate in a frame to the canvas of the face in another one, along the head's motion."""
        here, there = run.pose(frame), run.pose(at)
        turn = there.axes @ np.linalg.inv(here.axes)
        middle = np.array([there.x, there.y]) - turn @ np.array([here.x, here.y])
        canvas = canvas_of(Pose.of(self._faces.at(at)[run.face(at)].points))
        return canvas @ np.vstack([np.column_stack([turn, middle]), [0, 0, 1]])

    def _hair(self, run: Run, frame: int) -> Mask:
        """The hair of the face of a run in a frame that shows it, on its canvas."""
        if not self._store.has(frame):
            picture, faces = self._window.frame(frame).pixels, self._faces.at(frame)
            self._store.write(frame, _packed([self._finder.find(picture, face.points) for face in faces]))
        with np.load(io.BytesIO(self._store.read(frame)), allow_pickle=False) as arrays:
            return arrays["hair"][run.face(frame)]


def _packed(hair: list[Mask]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, hair=np.array(hair, np.uint8))
    return buffer.getvalue()

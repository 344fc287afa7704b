"""An engine's motion vectors as the flow between neighbouring frames, with what is hidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clip.depth import Depth, depth_of
from pipeline.clip.notes import recalled
from pipeline.clip.occlusion import fetched, hidden_behind, hidden_by_depth, mismatch, turned_round
from pipeline.clip.photometric import Verdict, test_vectors
from pipeline.clip.rendered import Rendered
from pipeline.clip.shot import Shot
from pipeline.clip.vectors import read_vectors
from pipeline.errors import FootageError
from pipeline.frames import Flow, Picture
from pipeline.keys import Key, key_of

VERSION = 1
"""Raised when the same files give another flow."""
KEPT = 8
"""Flows that stay in memory; one of 1920x1080 takes 19 MB."""


@dataclass(frozen=True)
class RenderedMotion:
    """The exact motion of a shot. verdict: what the vectors mean. depth: None where there is none.

    picture: the plate's pictures by frame number; they are looked at for what is hidden where there is no depth.
    """

    rendered: Rendered
    verdict: Verdict
    depth: Depth | None
    picture: Callable[[int], Picture]
    kept: dict[tuple[int, int], Flow | None] = field(default_factory=dict, repr=False, compare=False)

    def flow(self, frame: int, to: int) -> Flow | None:
        """The flow from a frame to the one before or after it; None where the engine does not say.

        vectors: as in the files, exact to their precision. seen: False where the pixel is hidden or has left the
        picture, by depth or, without it, by the plate's pictures, a pixel wider because plates have soft edges and
        passes hard ones; and where the file holds no number.
        Of the two directions one is in the files, the other is the same motion turned round.
        The newest few stay in memory. Raises FootageError when a file cannot be read.
        """
        if (frame, to) not in self.kept:
            found = self._flow(frame, to)
            for old in list(self.kept)[: -(KEPT - 1)]:
                del self.kept[old]
            self.kept[frame, to] = found
        return self.kept[frame, to]

    def _flow(self, frame: int, to: int) -> Flow | None:
        told = self.verdict.convention.towards
        if to == (frame - 1 if told == "previous" else frame + 1):
            return self._told(frame, to)
        if to == (frame + 1 if told == "previous" else frame - 1):
            other = self._told(to, frame)
            return None if other is None else Flow(frame, to, *turned_round(other.vectors, other.seen))
        return None

    def _told(self, frame: int, to: int) -> Flow | None:
        if frame not in self.rendered.frames or to not in self.rendered.frames:
            return None
        convention = self.verdict.convention
        read = read_vectors(self.rendered, convention.first + frame)
        if read is None or not read[0].any():
            return None
        motion = convention.pixels(read[0])
        vectors = -motion if convention.towards == "previous" else motion
        inside = fetched(np.zeros(vectors.shape[:2], np.float32), vectors)[1]
        hidden = cv2.dilate(self._hidden(vectors, frame, to).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        return Flow(frame, to, vectors, inside & read[1] & ~hidden)

    def _hidden(self, vectors: NDArray[np.float32], frame: int, to: int) -> NDArray[np.bool_]:
        here, there = (None if self.depth is None else self.depth.distance(number) for number in (frame, to))
        if here is not None and there is not None:
            return hidden_by_depth(vectors, here, there)
        if here is None:
            here = mismatch(vectors, *(_luma(self.picture(number)) for number in (frame, to)))
        return hidden_behind(vectors, here)


def motion_key(shot: Shot) -> Key | None:
    """The key of everything that decides a shot's exact motion: the plate, the vectors and the depth. None without."""
    rendered = shot.rendered
    if rendered is None or "motion" not in rendered.kinds:
        return None
    inputs = [rendered.key(found) for found in rendered.passes.found if found.kind in ("motion", "depth")]
    return key_of("motion.rendered", VERSION, {}, (shot.key, *inputs))


def motion_of(shot: Shot, picture: Callable[[int], Picture]) -> RenderedMotion:
    """The exact motion of a shot that brings motion vectors; their meaning is found out on the plate.

    Raises FootageError when the shot has none, or they do not fit the plate.
    """
    rendered = shot.rendered
    if rendered is None or "motion" not in rendered.kinds:
        raise FootageError(f"{shot.name} has no motion vectors.", "Export them, or let the motion be estimated.")
    first = rendered.first
    key = key_of("motion.meaning", VERSION, {"first": first}, (shot.key, rendered.key(rendered.get("motion"))))
    verdict = recalled(rendered.memory, key, Verdict, lambda: test_vectors(shot, (first, first - 1, first + 1)))
    depth = depth_of(rendered) if "depth" in rendered.kinds else None
    return RenderedMotion(rendered, verdict, depth, picture)


def _luma(picture: Picture) -> NDArray[np.float32]:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)

"""The landmarks of a followed face in any frame of its run: steadied where it is seen, carried where it is not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.people.seen import Seen, Sightings
from pipeline.people.tracks import NOT_SEEN, Run

WEIGHTS = {-1: 0.25, 0: 0.5, 1: 0.25}
"""How the outline of a face is averaged over the frames next to it, so that its matte does not tremble."""

Points = NDArray[np.float64]
"""float64 [n, 2], pixels of the plate."""


def outline(run: Run, frame: int, faces: Sightings[Seen]) -> Points:
    """The landmarks for the matte: averaged with the frames beside, or what the nearest frames saw, carried along."""
    if run.face(frame) == NOT_SEEN:
        return _carried(run, frame, faces)
    parts = [(weight, frame + step) for step, weight in WEIGHTS.items() if frame + step in run.frames]
    seen = [(weight, at) for weight, at in parts if run.face(at) != NOT_SEEN]
    own = sum(weight * _own(run, at, faces) for weight, at in seen) / sum(weight for weight, _ in seen)
    return run.pose(frame).outward(np.asarray(own))


def _own(run: Run, frame: int, faces: Sightings[Seen]) -> Points:
    """The landmarks of a frame in which the face is seen, in the face's own frame by the smoothed track."""
    return run.pose(frame).inward(faces.at(frame)[run.face(frame)].points[:, :2])


def _carried(run: Run, frame: int, faces: Sightings[Seen]) -> Points:
    """The landmarks of the nearest frames that saw the face, mixed by how near they are, moved along the track."""
    seen = run.frames.first + np.flatnonzero(run.faces != NOT_SEEN)
    after = int(np.searchsorted(seen, frame))
    near = [int(seen[at]) for at in (after - 1, after) if 0 <= at < len(seen)]
    shapes = [_shape(run, at, faces) for at in near]
    share = 0.0 if len(near) == 1 else (frame - near[0]) / (near[1] - near[0])
    return run.pose(frame).outward(shapes[0] if len(near) == 1 else (1 - share) * shapes[0] + share * shapes[1])


def _shape(run: Run, frame: int, faces: Sightings[Seen]) -> Points:
    """The landmarks of a frame in the frame of the face as it was found there."""
    points = faces.at(frame)[run.face(frame)].points
    return faces.pose(points).inward(points[:, :2])

"""What one picture shows, and the passes an engine exports beside it."""

from __future__ import annotations

from dataclasses import dataclass

from training.draft.kit.cameras import Camera
from training.draft.kit.palette import Values
from training.draft.kit.posing import Actor
from training.draft.kit.sets import Stage


@dataclass(frozen=True, eq=False)
class Scene:
    """What one picture shows."""

    actors: tuple[Actor, ...]
    stage: Stage
    camera: Camera


@dataclass(frozen=True, eq=False)
class Buffers:
    """An engine's passes, each [height, width, ...], not anti-aliased.

    depth: metres along the camera's axis, 0 where nothing is. normals: unit, in the set's axes. motion: from the frame
    before to this one as shares of width and height, x to the right and y up. objects: `figure.OBJECTS` + 16 x actor.
    """

    depth: Values
    normals: Values
    motion: Values
    objects: Values

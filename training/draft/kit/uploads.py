"""What goes to the graphics card: vertices in the layout of the shaders, and the lights."""

from __future__ import annotations

import numpy as np

from training.draft.kit.figure import Part
from training.draft.kit.lighting import ROLES
from training.draft.kit.meshes import triangles
from training.draft.kit.palette import Values
from training.draft.kit.sets import Stage

UNKNOWN_LIGHT = np.array([0, 0, 1.0])


def lights_of(stage: Stage) -> dict[str, Values]:
    """The uniforms of the three lights: directions, and colours times power (black for a light that is not there)."""
    out: dict[str, Values] = {}
    for role in ROLES:
        light = stage.lighting.by_role(role)
        out[role] = UNKNOWN_LIGHT if light is None else light.direction
        out[f"{role}_light"] = np.zeros(3) if light is None else light.colour * light.power
    return out


def of_the_set(rows: Values) -> Values:
    """Vertices of the set in the layout of both buffers: it stands still, is object 0, and has no open edges."""
    point, normal, uv, colour = np.split(rows, (3, 6, 8), 1)
    ends = np.tile(np.array([[0, 1]]), (len(rows), 1))
    return np.concatenate([point, normal, point, uv, colour, ends], 1).astype("f4")


def corners_of(part: Part) -> tuple[Values, Values, Values]:
    """(vertex of each distinct corner, what never changes there float32 [n, 7], index of the triangles uint32)."""
    tris, kept = triangles(part.faces)
    both = np.concatenate([part.uv_faces[:, [0, 1, 2]], part.uv_faces[:, [0, 2, 3]]])[kept]
    objects = np.repeat(np.concatenate([part.objects, part.objects])[kept], 3)
    key = (tris.astype(np.int64).ravel() * (len(part.uv) + 1) + both.ravel()) * 16 + objects
    _, first, index = np.unique(key, return_index=True, return_inverse=True)
    at = tris.ravel()[first]
    edge = np.ones(len(at)) if part.edge is None else part.edge[at]
    rows = [part.uv[both.ravel()[first]], part.colour[at], objects[first][:, None], edge[:, None]]
    return at, np.concatenate(rows, 1).astype("f4"), index.astype("u4").ravel()

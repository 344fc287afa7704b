"""Things: boxes, turned bodies and balls as plain meshes that both looks read. Metres, z up, linear colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from training.draft.kit.palette import Values

Material = Literal["paint", "wood", "metal", "fabric", "glow"]
MATERIALS: tuple[Material, ...] = ("paint", "wood", "metal", "fabric", "glow")

BOX_FACES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
BOX_AXES = ((1, 2), (1, 2), (0, 2), (0, 2), (0, 1), (0, 1))


@dataclass(frozen=True, eq=False)
class Prop:
    """One thing. vertices [n, 3]; faces of four corners, [m, 4]; uv [m, 4, 2] in metres; colour: linear rgb.

    smooth: shaded as a curved surface.
    """

    vertices: Values
    faces: Values
    uv: Values
    colour: Values
    material: Material = "paint"
    smooth: bool = False

    def moved(self, offset: ArrayLike, turn: float = 0.0) -> Prop:
        """The thing turned about z by `turn` degrees, then moved."""
        vertices = self.vertices @ about_z(turn).T + np.asarray(offset, float)
        return Prop(vertices, self.faces, self.uv, self.colour, self.material, self.smooth)


def about_z(degrees: float) -> Values:
    """The rotation about the upright axis, [3, 3], for columns."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def box(centre: ArrayLike, size: ArrayLike, colour: ArrayLike, material: Material = "paint") -> Prop:
    """An upright box; `size` along x, y and z."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    corners = signs * np.asarray(size, float) / 2
    faces = np.array(BOX_FACES)
    uv = np.stack([corners[face][:, axes] for face, axes in zip(faces, BOX_AXES, strict=True)])
    return Prop(corners + np.asarray(centre, float), faces, uv, np.asarray(colour, float), material)


def lathe(
    foot: ArrayLike,
    profile: Sequence[tuple[float, float]],
    colour: ArrayLike,
    material: Material = "paint",
    around: int = 24,
) -> Prop:
    """A body turned about the upright axis through `foot`, from (radius, height) pairs, bottom first."""
    angle = 2 * np.pi * np.arange(around) / around
    rings = [
        np.stack([radius * np.cos(angle), radius * np.sin(angle), np.full(around, height)], 1)
        for radius, height in profile
    ]
    here, there = np.arange(around), (np.arange(around) + 1) % around
    faces, uv = [], []
    for ring in range(len(profile) - 1):
        low, high = ring * around, (ring + 1) * around
        faces.append(np.stack([low + here, low + there, high + there, high + here], 1))
        left, right = here / around, (here + 1) / around
        below, above = (np.full(around, profile[end][1]) for end in (ring, ring + 1))
        corners = [(left, below), (right, below), (right, above), (left, above)]
        uv.append(np.stack([np.stack(corner, 1) for corner in corners], 1))
    vertices = np.concatenate(rings) + np.asarray(foot, float)
    return Prop(vertices, np.concatenate(faces), np.concatenate(uv), np.asarray(colour, float), material, True)


def ball(centre: ArrayLike, radius: float, colour: ArrayLike, material: Material = "glow") -> Prop:
    """A sphere."""
    turns = np.linspace(-np.pi / 2, np.pi / 2, 9)
    profile = [(max(1e-4, radius * float(np.cos(turn))), radius * float(np.sin(turn))) for turn in turns]
    return lathe(centre, profile, colour, material, 16)


def corners(props: Sequence[Prop]) -> dict[Material, Values]:
    """All things as loose triangles: for each material float32 [3 m, 11] of position, normal, uv and colour."""
    rows: dict[Material, list[Values]] = {}
    for prop in props:
        rows.setdefault(prop.material, []).append(_triangles(prop))
    return {material: np.concatenate(parts).astype(np.float32) for material, parts in rows.items()}


def _triangles(prop: Prop) -> Values:
    points = prop.vertices[prop.faces]
    flat = _unit(np.cross(points[:, 2] - points[:, 0], points[:, 3] - points[:, 1]))
    normals = _smoothed(prop, flat)[prop.faces] if prop.smooth else np.repeat(flat[:, None], 4, 1)
    colours = np.broadcast_to(prop.colour, points.shape)
    corner = np.concatenate([points, normals, prop.uv, colours], -1)
    return np.concatenate([corner[:, [0, 1, 2]], corner[:, [0, 2, 3]]]).reshape(-1, 11)


def _smoothed(prop: Prop, flat: Values) -> Values:
    sums = np.zeros_like(prop.vertices)
    for corner in range(4):
        np.add.at(sums, prop.faces[:, corner], flat)
    return _unit(sums)


def _unit(vectors: Values) -> Values:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)

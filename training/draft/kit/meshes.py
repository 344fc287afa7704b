"""Arithmetic of meshes: one step of subdivision, normals, borders, loose pieces, rotations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from training.draft.kit.formats import Face
from training.draft.kit.palette import Values

Matrix = Any
"""A sparse matrix of scipy, which has no types to speak of."""
HAIR_RINGS = 2
NARROW, NARROW_EDGE = 0.12, 0.75


@dataclass(frozen=True, eq=False)
class Subdivided:
    """matrix: new vertices from old ones. faces, uv_faces [n, 4], uv. origin: the old face of each new one."""

    matrix: Matrix
    faces: Values
    uv_faces: Values
    uv: Values
    origin: Values


def subdivide(faces: Sequence[Face], uv_faces: Sequence[Face], uv: Values, vertices: int) -> Subdivided:
    """One Catmull-Clark step (Catmull and Clark 1978); borders stay curves of their own; uvs are halved linearly."""
    sizes = np.array([len(face) for face in faces])
    face_of, corner = np.repeat(np.arange(len(faces)), sizes), np.concatenate(faces)
    after, before = _neighbours(sizes)
    edges, edge_of = np.unique(np.sort(np.stack([corner, corner[after]], 1), 1), axis=0, return_inverse=True)
    edge_of = edge_of.ravel()
    centres = _sparse(1 / sizes[face_of], face_of, corner, (len(faces), vertices))
    matrix = _catmull_clark(corner, face_of, edges, edge_of, centres)
    first_edge, first_face = vertices, vertices + len(edges)
    quads = np.stack([corner, first_edge + edge_of, first_face + face_of, first_edge + edge_of[before]], 1)
    uv_corner = np.concatenate(uv_faces)
    uv_edges, uv_edge_of = np.unique(
        np.sort(np.stack([uv_corner, uv_corner[after]], 1), 1), axis=0, return_inverse=True
    )
    uv_edge_of = uv_edge_of.ravel()
    middles = _sparse(1 / sizes[face_of], face_of, uv_corner, (len(faces), len(uv))) @ uv
    first_uv_edge, first_uv_face = len(uv), len(uv) + len(uv_edges)
    uv_quads = np.stack(
        [uv_corner, first_uv_edge + uv_edge_of, first_uv_face + face_of, first_uv_edge + uv_edge_of[before]], 1
    )
    return Subdivided(matrix, quads, uv_quads, np.concatenate([uv, uv[uv_edges].mean(1), middles]), face_of)


def _neighbours(sizes: Values) -> tuple[Values, Values]:
    """For every corner of every face, the next and the previous corner of the same face."""
    start = np.repeat(np.cumsum(sizes) - sizes, sizes)
    size, at = np.repeat(sizes, sizes), np.arange(sizes.sum())
    place = at - start
    return start + (place + 1) % size, start + (place - 1) % size


def _catmull_clark(corner: Values, face_of: Values, edges: Values, edge_of: Values, centres: Matrix) -> Matrix:
    """New vertices from old ones: moved old vertices, then edge points, then face points."""
    (faces, vertices), count = centres.shape, len(edges)
    ends, twice = edges.ravel(), np.repeat(np.arange(count), 2)
    middles = _sparse(np.full(2 * count, 0.5), twice, ends, (count, vertices))
    beside = _sparse(np.full(len(edge_of), 0.5), edge_of, face_of, (count, faces)) @ centres
    inner = np.bincount(edge_of, minlength=count) == 2
    inside = sparse.diags(inner.astype(float))
    edge_points = inside @ (middles * 0.5 + beside * 0.5) + (sparse.identity(count) - inside) @ middles
    valence = np.bincount(ends, minlength=vertices).astype(float)
    once = sparse.diags(1 / np.maximum(valence, 1))
    at_edge = _sparse(np.ones(2 * count), ends, twice, (vertices, count))
    at_face = _sparse(np.ones(len(corner)), corner, face_of, (vertices, faces))
    around = sparse.diags(1 / np.maximum(np.asarray(at_face.sum(1)).ravel(), 1)) @ at_face @ centres
    smooth = once @ (around + 2 * once @ at_edge @ middles) + sparse.diags((valence - 3) / np.maximum(valence, 1))
    moved = _with_borders(smooth, edges[~inner], valence)
    return sparse.vstack([moved, edge_points, centres]).tocsr().astype(np.float32)


def _sparse(values: Values, rows: Values, columns: Values, shape: tuple[int, int]) -> Matrix:
    return sparse.csr_matrix((values, (rows, columns)), shape)


def _with_borders(smooth: Matrix, border: Values, valence: Values) -> Matrix:
    """Vertices on one border follow it (1/8, 3/4, 1/8); those where borders meet, and loose ones, stay."""
    vertices = len(valence)
    borders = np.bincount(border.ravel(), minlength=vertices)
    still = (borders == 1) | (borders > 2) | (valence == 0)
    there, back = border.ravel(), border[:, ::-1].ravel()
    along = _sparse(np.full(len(there), 0.125), there, back, (vertices, vertices))
    same = sparse.identity(vertices)
    kinds = ((~still & (borders == 0), smooth), (~still & (borders == 2), along + same * 0.75), (still, same))
    first, second, third = (sparse.diags(where.astype(float)) @ matrix for where, matrix in kinds)
    return first + second + third


def quads(faces: Sequence[Face]) -> Values:
    """[n, 4]; a triangle names its last corner twice."""
    return np.array([face if len(face) == 4 else (*face, face[-1]) for face in faces])


def triangles(faces: Values) -> tuple[Values, Values]:
    """(triangles of four-cornered faces [m, 3], which of 2 n possible ones they are)."""
    both = np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
    kept = (both[:, 0] != both[:, 1]) & (both[:, 1] != both[:, 2]) & (both[:, 2] != both[:, 0])
    return both[kept], kept


def pieces(faces: Sequence[Face], vertices: int) -> Values:
    """The number of the loose piece each vertex belongs to, [vertices]."""
    one = np.concatenate([np.asarray(face) for face in faces])
    other = np.concatenate([np.roll(face, 1) for face in faces])
    graph = sparse.csr_matrix((np.ones(len(one)), (one, other)), (vertices, vertices))
    return connected_components(graph, directed=False)[1]


def border_fade(faces: Sequence[Face], vertices: int) -> Values:
    """0 on the open borders of a mesh, 1 from the second ring on; pieces that are nearly all border keep .75."""
    both = np.concatenate([np.sort(np.stack([face, np.roll(face, 1)], 1), 1) for face in map(np.asarray, faces)])
    edges, count = np.unique(both, axis=0, return_counts=True)
    rings = np.full(vertices, 9.0)
    rings[np.unique(edges[count == 1])] = 0
    for _ in range(HAIR_RINGS + 1):
        np.minimum.at(rings, edges[:, 0], rings[edges[:, 1]] + 1)
        np.minimum.at(rings, edges[:, 1], rings[edges[:, 0]] + 1)
    piece, used = pieces(faces, vertices), np.unique(edges)
    inner = np.bincount(piece[used], rings[used] >= HAIR_RINGS, piece.max() + 1)
    share = inner / np.maximum(np.bincount(piece[used], minlength=piece.max() + 1), 1)
    return np.where(share[piece] < NARROW, NARROW_EDGE, np.clip(rings / HAIR_RINGS, 0, 1))


def normals(vertices: Values, tris: Values) -> Values:
    """Smooth normals at the vertices, weighted by area, float32 [n, 3]."""
    a, b, c = (vertices[tris[:, corner]] for corner in range(3))
    areas, at = np.tile(np.cross(b - a, c - a), (3, 1)), tris.T.ravel()
    sums = np.stack([np.bincount(at, areas[:, axis], len(vertices)) for axis in range(3)], 1)
    return (sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)).astype(np.float32)


def rotation(axis: Sequence[float] | Values, degrees: float) -> Values:
    """The rotation about an axis, [3, 3], for columns (Rodrigues)."""
    x, y, z = np.asarray(axis, float) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross

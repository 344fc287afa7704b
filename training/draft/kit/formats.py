"""The file formats of the base mesh and of what it wears: .obj, .target and .mhclo. Facts of the formats, own code."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.draft.kit.palette import Values

Face = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Mesh:
    """vertices [n, 3], uv [m, 2]; each face lists vertices, uv_faces uvs alike; groups names each face's group."""

    vertices: Values
    uv: Values
    faces: list[Face]
    uv_faces: list[Face]
    groups: list[str]


@dataclass(frozen=True, eq=False)
class Fitting:
    """A mesh whose vertices hang on triples of body vertices.

    refs [n, 3] vertices of the body, weights [n, 3], offsets [n, 3] scaled by body measures: axis -> (vertex, vertex,
    distance on the base mesh). covers: body vertices that it hides.
    """

    mesh: Mesh
    refs: Values
    weights: Values
    offsets: Values
    measures: dict[int, tuple[int, int, float]]
    covers: frozenset[int]

    def on(self, body: Values, rest: Values) -> Values:
        """Its vertices on the body [n, 3]; sizes are taken from the body at rest."""
        scale = np.ones(3)
        for axis, (one, other, distance) in self.measures.items():
            scale[axis] = abs(rest[one, axis] - rest[other, axis]) / distance
        return (body[self.refs] * self.weights[:, :, None]).sum(1) + self.offsets * scale


def words_of(path: Path) -> Iterator[list[str]]:
    """The words of every line that has any; comments are left out."""
    with gzip.open(path, "rt", errors="replace") if path.suffix == ".gz" else path.open(errors="replace") as lines:
        for line in lines:
            words = line.split()
            if words and not words[0].startswith("#"):
                yield words


def read_obj(path: Path) -> Mesh:
    """A Wavefront file: vertices, uvs, faces and groups; faces without uvs get the first one."""
    vertices, uv, faces, uv_faces, groups, group = [], [], [], [], [], ""
    for kind, *values in words_of(path):
        if kind == "v":
            vertices.append([float(value) for value in values[:3]])
        elif kind == "vt":
            uv.append([float(value) for value in values[:2]])
        elif kind == "g":
            group = values[0]
        elif kind == "f":
            ends = [value.split("/") for value in values]
            faces.append(tuple(int(end[0]) - 1 for end in ends))
            uv_faces.append(tuple(int(end[1]) - 1 if len(end) > 1 and end[1] else 0 for end in ends))
            groups.append(group)
    return Mesh(np.array(vertices), np.array(uv) if uv else np.zeros((1, 2)), faces, uv_faces, groups)


def read_target(path: Path, vertices: int) -> Values:
    """A morph target as offsets, float32 [vertices, 3]. Raises FileNotFoundError when there is no such file."""
    offsets = np.zeros((vertices, 3), np.float32)
    for number, *offset in words_of(path if path.exists() else path.with_name(f"{path.name}.gz")):
        if number.isdigit() and int(number) < vertices:
            offsets[int(number)] = [float(value) for value in offset[:3]]
    return offsets


def read_fitting(path: Path) -> Fitting:
    """A .mhclo file with the mesh that it names."""
    rows: list[list[str]] = []
    covers: set[int] = set()
    measures, mesh, section = {}, path, ""
    for words in words_of(path):
        name = words[0]
        if name in ("x_scale", "y_scale", "z_scale"):
            measures["xyz".index(name[0])] = (int(words[1]), int(words[2]), float(words[3]))
        elif name == "obj_file":
            mesh = path.with_name(words[1])
        elif name in ("verts", "delete_verts"):
            section = name
        elif section == "verts" and name.isdigit():
            rows.append(words)
        elif section == "delete_verts":
            covers |= _numbers(words)
    refs = np.array([[int(n) for n in row[:3]] if len(row) > 1 else [int(row[0])] * 3 for row in rows])
    weights = np.array([[float(w) for w in row[3:6]] if len(row) > 1 else [1.0, 0.0, 0.0] for row in rows])
    offsets = np.array([[float(w) for w in row[6:9]] if len(row) > 8 else [0.0, 0.0, 0.0] for row in rows])
    return Fitting(read_obj(mesh), refs, weights, offsets, measures, frozenset(covers))


def _numbers(words: list[str]) -> set[int]:
    """Numbers and ranges as in "3 7 - 12 20"."""
    out: set[int] = set()
    for at, word in enumerate(words):
        if word == "-":
            out |= set(range(int(words[at - 1]), int(words[at + 1]) + 1))
        else:
            out.add(int(word))
    return out

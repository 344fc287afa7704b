"""Files of the base mesh and the arithmetic of meshes, on shapes whose answer is known."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from training.draft.kit.formats import read_fitting, read_obj, read_target
from training.draft.kit.meshes import border_fade, normals, pieces, quads, rotation, subdivide, triangles
from training.draft.kit.props import BOX_FACES

OBJ = """# a square and a triangle
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0 0
vt 1 0
vt 1 1
g square
f 1/1 2/2 3/3 4/1
g triangle
f 1 2 3
"""
MHCLO = """# clothes
obj_file shirt.obj
x_scale 0 1 2.0
verts 0
2
0 1 2 0.5 0.25 0.25 0.1 0 0
0 1 2 1 0 0
3
delete_verts
1 4 - 6 9
"""


def cube() -> np.ndarray:
    return np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)


def test_an_obj_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text(OBJ)
    mesh = read_obj(tmp_path / "a.obj")
    assert mesh.faces == [(0, 1, 2, 3), (0, 1, 2)]
    assert mesh.uv_faces == [(0, 1, 2, 0), (0, 0, 0)]
    assert mesh.groups == ["square", "triangle"]
    assert mesh.vertices.shape == (4, 3)


def test_a_target_is_read_packed_or_not(tmp_path: Path) -> None:
    text = "# offsets\n1 .5 0 -1\n9 1 1 1\n"
    (tmp_path / "a.target").write_text(text)
    with gzip.open(tmp_path / "b.target.gz", "wt") as file:
        file.write(text)
    for name in ("a.target", "b.target"):
        assert read_target(tmp_path / name, 3).tolist() == [[0, 0, 0], [0.5, 0, -1], [0, 0, 0]]
    with pytest.raises(FileNotFoundError):
        read_target(tmp_path / "c.target", 3)


def test_clothes_hang_on_the_body(tmp_path: Path) -> None:
    (tmp_path / "shirt.obj").write_text(OBJ)
    (tmp_path / "shirt.mhclo").write_text(MHCLO)
    fitting = read_fitting(tmp_path / "shirt.mhclo")
    assert fitting.covers == {1, 4, 5, 6, 9}
    rest = np.array([[0, 0, 0], [4, 0, 0], [0, 4, 0], [7, 7, 7]], float)
    worn = fitting.on(rest, rest)
    assert worn[1] == pytest.approx([1 + 0.1 * 4 / 2, 1, 0])
    assert worn[[0, 2, 3]] == pytest.approx(rest[[2, 0, 3]])
    moved = fitting.on(rest + np.array([0, 0, 5]), rest)
    assert moved - worn == pytest.approx(np.tile([0, 0, 5], (4, 1)))


def test_a_cube_gets_rounder() -> None:
    """Catmull-Clark: 8 + 12 + 6 vertices, 24 quads; corners move to 5/9, edge points to 3/4, face points to 1."""
    uv_faces = [(0, 1, 2, 3)] * 6
    fine = subdivide(BOX_FACES, uv_faces, np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float), 8)
    vertices = fine.matrix @ cube()
    assert fine.faces.shape == fine.uv_faces.shape == (24, 4)
    assert len(vertices) == 26
    assert np.abs(vertices[:8]) == pytest.approx(np.full((8, 3), 5 / 9), abs=1e-6)
    assert np.abs(vertices[8:20]).max(1) == pytest.approx(np.full(12, 0.75), abs=1e-6)
    assert np.abs(vertices[20:]).max(1) == pytest.approx(np.ones(6))
    assert sorted(np.bincount(fine.origin)) == [4] * 6
    assert fine.uv[fine.uv_faces].mean((0, 1)) == pytest.approx([0.5, 0.5])


def test_borders_stay_where_they_are() -> None:
    """A flat square's corners follow its border: 1/8, 3/4, 1/8."""
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
    fine = subdivide([(0, 1, 2, 3)], [(0, 1, 2, 3)], square[:, :2], 4)
    assert (fine.matrix @ square)[0] == pytest.approx([0.125, 0.125, 0])
    assert (fine.matrix @ square)[:, 2] == pytest.approx(np.zeros(9))


def test_triangles_of_triangles_and_quads() -> None:
    faces = quads([(0, 1, 2), (2, 3, 4, 5)])
    assert faces.tolist() == [[0, 1, 2, 2], [2, 3, 4, 5]]
    assert triangles(faces)[0].tolist() == [[0, 1, 2], [2, 3, 4], [2, 4, 5]]


def test_normals_of_a_cube_look_away_from_its_middle() -> None:
    corner = triangles(np.array(BOX_FACES))[0]
    outward = np.einsum("ni,ni->n", normals(cube(), corner), cube())
    assert (np.abs(outward) > 1).all()
    assert len(set(np.sign(outward))) == 1


def test_loose_pieces_and_borders() -> None:
    wide = 9
    at = range(wide - 1)
    grid = [(x + wide * y, x + 1 + wide * y, x + 1 + wide * (y + 1), x + wide * (y + 1)) for y in at for x in at]
    strip = [(81 + n, 82 + n, 86 + n) for n in range(3)]
    piece = pieces([*grid, *strip], 90)
    assert len(set(piece[:81])) == 1
    assert piece[82] != piece[0]
    fade = border_fade([*grid, *strip], 90)
    assert fade[[0, 10, 20, 40]] == pytest.approx([0, 0.5, 1, 1])
    assert fade[82] == 0.75


def test_a_rotation_turns_by_its_angle() -> None:
    assert rotation((0, 0, 2), 90) @ np.array([1, 0, 0]) == pytest.approx([0, 1, 0])
    assert rotation((1, 2, 3), 33) @ np.array([1, 2, 3]) == pytest.approx([1, 2, 3])

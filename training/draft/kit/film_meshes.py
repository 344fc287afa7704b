"""Meshes, lights and places in Blender's own types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from training.draft.kit.extras import library as optional
from training.draft.kit.figure import Part
from training.draft.kit.lighting import Light
from training.draft.kit.palette import Values
from training.draft.kit.props import MATERIALS, corners
from training.draft.kit.sets import Stage

AIMED = np.array([0, -0.05, 0.6])
"""Where lights point."""
RIM = 0.5
"""A rim light's share of the power that the engine gives it."""


def part_mesh(name: str, part: Part) -> Any:
    """The mesh of a character's part, its vertices still at nought."""
    attributes = {"Colour": part.colour}
    if part.edge is not None:
        attributes["Edge"] = np.repeat(part.edge[:, None], 3, 1)
    return _mesh(name, np.zeros((len(part.colour), 3)), (part.faces, part.uv[part.uv_faces]), attributes)


def set_mesh(stage: Stage, materials: Mapping[str, Any]) -> Any:
    """All props of a set as one mesh of loose triangles."""
    rows = corners(stage.props)
    every = np.concatenate(list(rows.values()))
    count = len(every) // 3
    triangle = np.arange(3 * count).reshape(count, 3)
    faces = np.c_[triangle, triangle[:, 2]]
    mesh = _mesh("set", every[:, :3], (faces, every[:, 6:8][faces]), {"Colour": every[:, 8:11]})
    mesh.normals_split_custom_set(every[:, 3:6].tolist())
    used = [material for material in MATERIALS if material in rows]
    for material in used:
        mesh.materials.append(materials[material])
    numbers = [np.full(len(part) // 3, used.index(material)) for material, part in rows.items()]
    mesh.polygons.foreach_set("material_index", np.concatenate(numbers).astype("i4"))
    return mesh


def area_light(light: Light) -> Any:
    """The data of a light: a disc, or a square for the fill."""
    data = optional("bpy").data.lights.new(light.role, "AREA")
    data.shape, data.size = "SQUARE" if light.role == "fill" else "DISK", light.size
    data.energy = np.pi**2 * light.distance**2 * light.power * (RIM if light.role == "rim" else 1.0)
    data.color = tuple(light.colour)
    return data


def light_place(light: Light) -> Any:
    """Where a light hangs and where it looks."""
    ahead = light.direction / np.linalg.norm(light.direction)
    across = np.cross((0, 0, 1.0), ahead)
    across = across / np.linalg.norm(across)
    place = np.eye(4)
    place[:3, :3] = np.stack([across, np.cross(ahead, across), ahead], 1)
    place[:3, 3] = ahead * light.distance + AIMED
    return matrix(place)


def matrix(values: Values) -> Any:
    """[4, 4] as Blender has it."""
    return optional("mathutils").Matrix(values.tolist())


def _mesh(name: str, vertices: Values, shape: tuple[Values, Values], attributes: Mapping[str, Values]) -> Any:
    """shape: faces [n, 4] and uvs [n, 4, 2]; a triangle names its last corner twice. attributes: [vertices, 3]."""
    faces, uv = shape
    mesh = optional("bpy").data.meshes.new(name)
    kept = np.ones(faces.shape, bool)
    kept[:, 3] = faces[:, 3] != faces[:, 2]
    mesh.from_pydata(vertices.tolist(), [], [face[has].tolist() for face, has in zip(faces, kept, strict=True)])
    mesh.uv_layers.new(name="UV").data.foreach_set("uv", uv[kept].astype("f4").ravel())
    for attribute, values in attributes.items():
        layer = mesh.color_attributes.new(attribute, "FLOAT_COLOR", "POINT")
        layer.data.foreach_set("color", np.c_[values, np.ones(len(values))].astype("f4").ravel())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(mesh.polygons), bool))
    return mesh

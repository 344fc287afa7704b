"""What a picture shows, in words and angles: left and right as seen in the picture."""

from __future__ import annotations

import numpy as np

from training.draft.kit.cameras import Camera
from training.draft.kit.palette import Values
from training.draft.kit.posing import Actor
from training.draft.kit.props import about_z
from training.draft.kit.scene import Scene

TURNED, TIPPED, AVERTED = 14.0, 12.0, 9.0
"""Degrees from which on a caption says so."""
COUNTS = {2: "two people", 3: "three people"}


def seen_angles(actor: Actor, camera: Camera, direction: tuple[float, float] = (0.0, 0.0)) -> tuple[float, float]:
    """(yaw, pitch) in degrees of the head, or of a gaze `direction` in it, as the camera sees it.

    Yaw > 0 is turned to picture right, pitch > 0 down.
    """
    aside, up = np.radians(direction)
    ahead = np.array([np.sin(aside) * np.cos(up), np.sin(up), np.cos(aside) * np.cos(up)])
    x, y, z = actor.head @ ahead
    standing = about_z(actor.place.turn) @ np.array([x, -z, y])
    right, above, near = camera.view()[:3, :3] @ standing
    return float(np.degrees(np.arctan2(right, near))), -float(np.degrees(np.arcsin(np.clip(above, -1, 1))))


def caption(scene: Scene, framing: str) -> str:
    """Clauses with commas: who, what they do, light, set, framing; the framing comes last."""
    stage, actors = scene.stage, scene.actors
    if not actors:
        where = [*(() if "street" in stage.words or "on a table" in stage.words else ("empty room",)), *stage.words]
        return ", ".join([*where, stage.lighting.words, framing])
    people = [actor.character.persona.words() for actor in actors]
    who = [COUNTS.get(len(actors), "several people"), *(f"a {words}" for words in people)]
    if len(actors) == 1:
        who = [*people, actors[-1].moment.words, *_head_and_gaze(actors[-1], scene.camera)]
    return ", ".join([*who, stage.lighting.words, stage.words[0], framing])


def face_box(actor: Actor, camera: Camera, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """The box of the face's skin in pixels: left, top, right, bottom; it may lie outside the picture."""
    part = actor.character.parts["body"]
    points = actor.positions["body"][np.unique(part.faces[part.objects == 2])]
    x, y = projected(points, camera, size).T
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def projected(points: Values, camera: Camera, size: tuple[int, int]) -> Values:
    """Pixel positions [n, 2] of points [n, 3]; size: width, height."""
    width, height = size
    clip = np.c_[points, np.ones(len(points))] @ (camera.projection(width / height) @ camera.view()).T
    flat = clip[:, :2] / clip[:, 3:]
    return np.stack([(flat[:, 0] * 0.5 + 0.5) * width, (0.5 - flat[:, 1] * 0.5) * height], 1)


def _head_and_gaze(actor: Actor, camera: Camera) -> list[str]:
    yaw, pitch = seen_angles(actor, camera)
    aside, down = seen_angles(actor, camera, actor.moment.gaze)
    if abs(yaw) > TURNED:
        head = f"head turned {'right' if yaw > 0 else 'left'}"
    else:
        head = "head up" if pitch < -TIPPED else "head down" if pitch > TIPPED else "facing the camera"
    if "eyes closed" in actor.moment.words:
        return [head]
    if abs(aside) < AVERTED and abs(down) < AVERTED:
        return [head, "looking at the camera"]
    sideways = abs(aside) >= abs(down)
    return [head, f"looking {('right' if aside > 0 else 'left') if sideways else ('down' if down > 0 else 'up')}"]

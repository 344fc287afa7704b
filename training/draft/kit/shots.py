"""A shot as an engine would hand it over: numbered plates and passes, some frames of film, and what is true in each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.files import atomic
from training.draft.kit.acting import Moment
from training.draft.kit.cameras import FRAMINGS, Camera, hand_held, random_camera
from training.draft.kit.describe import caption, face_box
from training.draft.kit.figure import Character
from training.draft.kit.pairs import person_of
from training.draft.kit.passes import write_passes
from training.draft.kit.performance import Part, Performance
from training.draft.kit.plan import MIDDLE, OF_NOBODY, Subject, set_of
from training.draft.kit.posing import Place, pose
from training.draft.kit.scene import Scene
from training.draft.kit.studio import Means, Studio, write_picture


@dataclass(frozen=True)
class ShotOrder:
    """One shot. seed: of set, camera and acting. character: who plays; None for a set without people.

    subject: the set where nobody plays. framing: as in `cameras.FRAMINGS`. film_every: of so many frames one is filmed
    too; 0 for none.
    """

    means: Means
    out: Path
    seed: int
    character: int | None = None
    subject: Subject = "room"
    framing: str = "close-up"
    frames: int = 48
    rate: float = 24.0
    film_every: int = 0


def make_shot(order: ShotOrder) -> None:
    """Write plate/, passes/, film/ and truth.json below the order's folder.

    Raises ModelMissing when a package or the assets are not here.
    """
    truth: list[dict[str, object]] = []
    framing, words = order.framing if order.character is not None else OF_NOBODY[order.subject], ""
    with Studio(order.means) as studio:
        before = None
        for frame, scene in scenes(order, studio):
            name = f"{order.out.name}_{frame:04d}"
            if frame >= 0:
                filmed = order.film_every > 0 and frame % order.film_every == 0
                plate, buffers = studio.engine.render(scene, before)
                if filmed:
                    write_picture(order.out / f"film/{name}.png", studio.both(scene, frame)[1])
                write_picture(order.out / f"plate/{name}.png", plate)
                write_passes(order.out / f"passes/{name}.exr", buffers, scene.camera)
                truth.append(_truth(frame, scene, order.means.size))
                words = words or caption(scene, framing)
            before = scene
    facts = {"rate": order.rate, "caption": words, "frames": truth}
    with atomic(order.out / "truth.json") as part:
        part.write_text(json.dumps(facts, indent=1) + "\n")


def scenes(order: ShotOrder, studio: Studio) -> Iterator[tuple[int, Scene]]:
    """Every frame's number and scene, from the one before the first on, which motion is measured from."""
    played = order.character is not None
    cast = studio.cast((order.character,)) if order.character is not None else ()
    stage = set_of("person" if played else order.subject, order.seed)
    acting = Performance(Part(order.seed, order.frames, order.rate, hands=float("hands" in order.framing)))
    for frame, camera in enumerate(_cameras(order, cast), -1):
        actors = tuple(pose(who, acting.moment(frame), Place()) for who in cast)
        yield frame, Scene(actors, stage, camera)


def _cameras(order: ShotOrder, cast: tuple[Character, ...]) -> list[Camera]:
    """A hand-held camera that drifts between two views of the same framing."""
    rng, (width, height) = np.random.default_rng([order.seed, 41]), order.means.size
    framing = FRAMINGS[order.framing if cast else OF_NOBODY[order.subject]]
    centre = np.array(MIDDLE.get(order.subject, (0, 0, 0)), float)
    if cast:
        waiting = pose(cast[0], Moment(), Place())
        centre = waiting.hands if "hands" in order.framing else waiting.face
    start, end = (random_camera(rng, framing, centre, width / height) for _ in range(2))
    return hand_held(rng, start, end, order.frames, order.rate)[: order.frames + 1]


def _truth(frame: int, scene: Scene, size: tuple[int, int]) -> dict[str, object]:
    people = [person_of(actor, scene.camera).model_dump(mode="json") for actor in scene.actors]
    boxes = [[round(value, 1) for value in face_box(actor, scene.camera, size)] for actor in scene.actors]
    return {"frame": frame, "people": people, "face_boxes": boxes, "view": scene.camera.view().round(6).tolist()}

"""Making pairs: the same scene in both looks, its passes and its row. What is there already is not made again."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import PhotoplayError
from pipeline.keys import key_of_folder
from training.draft.kit.cameras import Camera
from training.draft.kit.describe import caption, seen_angles
from training.draft.kit.extras import assets_folder, versions
from training.draft.kit.passes import write_passes
from training.draft.kit.plan import GROUP, Plan, plan_of, scene_of
from training.draft.kit.posing import Actor
from training.draft.kit.records import FILES, Manifest, Person, Row, append, begin, hashes, read_rows
from training.draft.kit.scene import Scene
from training.draft.kit.studio import Means, Studio, write_picture


@dataclass(frozen=True)
class Order:
    """What is to be made. first, count: numbers of the pairs. workers: processes at once.

    minutes: how long at most; None for no limit.
    """

    means: Means
    out: Path
    first: int = 0
    count: int = GROUP
    workers: int = 1
    minutes: float | None = None


def make(studio: Studio, plan: Plan, out: Path) -> Row:
    """Write the files of one pair below `out` and return its row."""
    scene = scene_of(plan, studio.cast(plan.cast))
    engine, film, buffers = studio.both(scene, plan.number)
    for look, picture in (("engine", engine), ("film", film)):
        write_picture(out / FILES[look].format(plan.id), picture)
    write_passes(out / FILES["passes"].format(plan.id), buffers, scene.camera)
    return row_of(plan, scene, hashes(out, plan.id))


def row_of(plan: Plan, scene: Scene, sha256: dict[str, str]) -> Row:
    """The row of a pair."""
    return Row(
        id=plan.id,
        split=plan.split,
        subject=plan.subject,
        framing=plan.framing,
        caption=caption(scene, plan.framing),
        people=tuple(person_of(actor, scene.camera) for actor in scene.actors),
        sha256=sha256,
    )


def make_pairs(order: Order) -> int:
    """Make the pairs of an order that are not there yet. Returns how many there are of it now.

    Raises ModelMissing when a package or the assets are not here, PhotoplayError when the folder holds another set or
    a worker died.
    """
    begin(order.out, manifest_of(order))
    if order.workers == 1:
        work(order, 0)
    else:
        context = multiprocessing.get_context("spawn")
        processes = [context.Process(target=work, args=(order, number)) for number in range(order.workers)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        codes = [process.exitcode for process in processes if process.exitcode]
        if codes:
            raise PhotoplayError(f"A worker of the kit died with {codes[0]}.", "The same command goes on.")
    wanted = range(order.first, order.first + order.count)
    return sum(row.id in {plan_of(number).id for number in wanted} for row in read_rows(order.out))


def manifest_of(order: Order) -> Manifest:
    """What the pictures of an order depend on besides their numbers."""
    means, assets = order.means, key_of_folder(assets_folder(order.means.assets))
    return Manifest(size=means.size, samples=means.samples, texels=means.texels, assets=assets, packages=versions())


def work(order: Order, worker: int) -> None:
    """Make this worker's share: whole groups, every `workers`-th."""
    done, began = {row.id for row in read_rows(order.out)}, time.monotonic()
    numbers = range(order.first, order.first + order.count)
    mine = [n for n in numbers if n // GROUP % order.workers == worker and plan_of(n).id not in done]
    if not mine:
        return
    with Studio(order.means) as studio:
        for made, number in enumerate(mine, 1):
            if order.minutes is not None and time.monotonic() - began > 60 * order.minutes:
                return
            append(order.out, make(studio, plan_of(number), order.out))
            if made % GROUP == 0 or made == len(mine):
                print(f"worker {worker}: {made} of {len(mine)} pairs, {time.monotonic() - began:.0f} s", flush=True)


def person_of(actor: Actor, camera: Camera) -> Person:
    """What is true of one person in a picture."""
    moment = actor.moment
    yaw, pitch = seen_angles(actor, camera)
    return Person(
        character=actor.character.persona.seed,
        weights={name: round(weight, 3) for name, weight in moment.weights.items() if weight > 5e-4},
        head=(round(moment.head[0], 2), round(moment.head[1], 2), round(moment.head[2], 2)),
        head_seen=(round(yaw, 2), round(pitch, 2)),
        gaze=(round(moment.gaze[0], 2), round(moment.gaze[1], 2)),
    )

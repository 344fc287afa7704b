"""Film pictures of one person with captions, to train a LoRA on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import PhotoplayError
from pipeline.files import atomic
from training.draft.kit.casting import PORTRAITS
from training.draft.kit.describe import caption
from training.draft.kit.plan import portrait_plan, scene_of
from training.draft.kit.studio import Means, Studio, write_picture


@dataclass(frozen=True)
class PortraitOrder:
    """Pictures of one person. character: a seed of `casting.PORTRAITS`. name: the word a LoRA is to learn."""

    means: Means
    out: Path
    character: int
    name: str
    count: int = 20


def make_portraits(order: PortraitOrder) -> None:
    """Write NN.jpg and NN.txt below the order's folder.

    Raises PhotoplayError for a character that is kept for something else, ModelMissing when a package or the assets
    are not here.
    """
    if order.character not in PORTRAITS:
        raise PhotoplayError(
            f"Character {order.character} is kept for training or for tests.",
            f"Take one from {PORTRAITS.start} to {PORTRAITS.stop - 1}.",
        )
    width, height = order.means.size
    with Studio(order.means) as studio:
        for number in range(order.count):
            plan = portrait_plan(order.character, number)
            scene = scene_of(plan, studio.cast(plan.cast), width / height)
            write_picture(order.out / f"{number:02d}.jpg", studio.both(scene, plan.number)[1])
            with atomic(order.out / f"{number:02d}.txt") as part:
                part.write_text(f"film still, {order.name}, {caption(scene, plan.framing)}\n")

"""Variations: one character trained in several ways on the same pictures, so that they can be compared."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from pipeline.errors import TrainingError
from pipeline.files import explained
from training.characters.captions import FILE as CAPTIONS
from training.characters.captions import write_edits
from training.characters.settings import Training
from verbs.training_orders import training_from

MOST = 12
"""Variations that are put in line at once."""


def variations(settings: Training, ranks: Sequence[int], rates: Sequence[float]) -> list[Training]:
    """The training with each rank and each rate, under names that say which: `ava-r8`, `ava-rate2e-05`.

    Those that differ from `settings` in nothing keep its name; the alpha follows the rank in the same proportion.
    Raises TrainingError for too many.
    """
    found = list(dict.fromkeys(product(ranks or (settings.rank,), rates or (settings.rate,))))
    if len(found) > MOST:
        raise TrainingError(f"{len(found)} variations are more than {MOST}.", "Leave some ranks or rates out.")
    return [_varied(settings, rank, rate) for rank, rate in found]


def trigger_alone(settings: Training) -> Training:
    """The training whose captions are the trigger and nothing else."""
    return settings.model_copy(update={"name": f"{settings.name}-trigger"})


def share_pictures(source: Path, target: Path) -> None:
    """Give another training the same prepared pictures with their captions, without a second copy of them.

    Raises OutputError.
    """
    part = target.with_name(f".{target.name}.part")
    with explained(target):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for path in sorted(source.iterdir()):
            if path.is_file() and not path.name.startswith("."):
                os.link(path, part / path.name)
        shutil.rmtree(target, ignore_errors=True)
        part.rename(target)


def speak_trigger_alone(pictures: Path, sources: Sequence[str], trigger: str) -> None:
    """Caption every one of these pictures with the trigger. Raises TrainingError, OutputError."""
    (pictures / CAPTIONS).unlink(missing_ok=True)
    write_edits(pictures, dict.fromkeys(sources, trigger))


def _varied(settings: Training, rank: int, rate: float) -> Training:
    name = settings.name
    if rank != settings.rank:
        name += f"-r{rank}"
    if rate != settings.rate:
        name += f"-rate{rate:g}".replace(".", "_")
    alpha = max(1, round(settings.alpha * rank / settings.rank))
    data = settings.model_dump() | {"name": name, "rank": rank, "rate": rate, "alpha": alpha}
    return training_from(data)

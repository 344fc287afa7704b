"""Trials of LoRAs on the artist's own shot: a sheet to choose from, a probe clip with and without. Both are jobs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from jobs.job import Job
from pipeline.clip.still import encode_png
from pipeline.errors import TrainingError
from pipeline.files import atomic
from pipeline.keys import key_of
from pipeline.progress import Progress, Step
from pipeline.version import OutFolder
from verbs.training_results import Result

if TYPE_CHECKING:
    from pipeline.models.store import ModelStore
    from pipeline.render import Order, Preview

SHEET, PROBE = "sheet", "probe"
"""The kinds of the jobs."""
STAGE = "trying on"
MOST = 64
"""Cells of a sheet."""
CELLS = "cells.json"
SIDES = ("without", "with")


@dataclass(frozen=True)
class Candidate:
    """A LoRA to try: of the training of this name, as it was at a saved step; 0 means as it is finished."""

    name: str
    step: int = 0

    @property
    def label(self) -> str:
        """What it is called on a sheet."""
        return f"{self.name} at {self.step}" if self.step else self.name


@dataclass(frozen=True)
class Cell:
    """One picture of a sheet: a candidate at a weight, with a seed. file: the picture's name."""

    candidate: Candidate
    weight: float
    seed: int
    file: str

    @property
    def label(self) -> str:
        """What stands below the picture."""
        return f"{self.candidate.label} · {self.weight:g} · seed {self.seed}"


@dataclass(frozen=True)
class Wearing:
    """A LoRA put on for a trial: its file, the words that call it, and how much it counts."""

    file: Path
    trigger: str
    weight: float


Preview_ = Callable[["Order", Progress], "Preview"]
Render = Callable[["Order", Progress], object]


def cells_of(candidates: Sequence[Candidate], weights: Sequence[float], seeds: Sequence[int]) -> list[Cell]:
    """Every candidate at every weight with every seed, row by row. Raises TrainingError for none or too many."""
    found = list(product(candidates, weights, seeds))
    if not found:
        raise TrainingError("There is nothing to try.", "Choose at least one LoRA, one weight and one seed.")
    if len(found) > MOST:
        raise TrainingError(f"{len(found)} pictures are more than {MOST}.", "Choose fewer weights, steps or seeds.")
    return [Cell(one, weight, seed, f"{at:03d}.png") for at, (one, weight, seed) in enumerate(found)]


def sheet_spec(
    out: Path, cells: Sequence[Cell], files: Mapping[str, Wearing], sample: Mapping[str, Any]
) -> dict[str, Any]:
    """A sheet as plain data. files: label of a candidate -> what is worn. sample: the frame's order, as plain data."""
    worn = {label: {"file": str(one.file), "trigger": one.trigger} for label, one in files.items()}
    plain = {"cells": [asdict(cell) for cell in cells], "worn": worn, "sample": sample}
    key = key_of("sheet", 1, {"sheet": json.dumps(plain, sort_keys=True)}, ())
    return plain | {"out": str((out / key[:16]).absolute())}


def carry_out_sheet(job: Job, order: Order, preview: Preview_, models: ModelStore, progress: Progress) -> None:
    """Render every cell that is not there yet. Raises PhotoplayError."""
    cells, worn, out = read_cells(job.spec), cast(dict[str, Any], job.spec["worn"]), Path(str(job.spec["out"]))
    with atomic(out / CELLS) as part:
        part.write_text(json.dumps({"cells": job.spec["cells"], "frame": order.frames.first}), encoding="utf-8")
    reused = 0
    for done, cell in enumerate(cells, 1):
        picture, path = None, out / cell.file
        if path.exists():
            reused += 1
        else:
            one = worn[cell.candidate.label]
            wearing = Wearing(Path(one["file"]), str(one["trigger"]), cell.weight)
            picture = picture_of(order, wearing, cell.seed, preview, models, progress)
            with atomic(path) as part:
                part.write_bytes(encode_png(picture))
        progress.say(STAGE, done, len(cells), reused, picture)


def picture_of(
    order: Order, worn: Wearing, seed: int, preview: Preview_, models: ModelStore, progress: Progress
) -> Any:
    """The order's first frame with a LoRA on: uint8 [height, width, 3]. Raises PhotoplayError."""
    from training.characters.sample import for_a_while, wearing

    name = f"{worn.file.stem}-step-0"
    with for_a_while(worn.file, name, models):
        recipe = wearing(order.recipe.model_copy(update={"seed": seed}), name, worn.trigger, worn.weight)
        return preview(replace(order, recipe=recipe), Progress(stop=progress.stop)).result


def carry_out_probe(job: Job, order: Order, render: Render, progress: Progress) -> None:
    """Render the frames without the LoRA and with it, each measured. Raises PhotoplayError."""
    from training.characters.sample import wearing

    out = Path(str(job.spec["out"]))
    worn = wearing(order.recipe, str(job.spec["lora"]), str(job.spec["trigger"]), float(str(job.spec["weight"])))
    for side, recipe in zip(SIDES, (order.recipe, worn), strict=True):
        render(replace(order, recipe=recipe, out=out / side), named(progress, side))


def named(progress: Progress, side: str) -> Progress:
    """The same listener, told which side each stage belongs to."""

    def listen(step: Step) -> None:
        progress.listen(replace(step, stage=f"{side} LoRA: {step.stage}"))

    return Progress(listen, progress.stop)


def read_cells(data: Mapping[str, Any]) -> list[Cell]:
    """The cells out of plain data."""
    return [Cell(**{**cell, "candidate": Candidate(**cell["candidate"])}) for cell in data["cells"]]


def sheets_of(result: Result) -> list[tuple[int, list[tuple[Cell, Path]]]]:
    """The sheets of a training, the newest first: the frame, and each finished cell with its picture."""
    files = sorted((result.folder / "sheets").glob(f"*/{CELLS}"), key=lambda path: path.stat().st_mtime, reverse=True)
    found: list[tuple[int, list[tuple[Cell, Path]]]] = []
    for file in files:
        data = json.loads(file.read_text(encoding="utf-8"))
        cells = [(cell, file.with_name(cell.file)) for cell in read_cells(data)]
        found.append((int(data["frame"]), [(cell, path) for cell, path in cells if path.exists()]))
    return found


def probes_of(result: Result) -> list[tuple[str, dict[str, Mapping[str, Any]]]]:
    """The finished probes of a training, the newest first: name, and side -> what was measured of it."""
    found: list[tuple[str, dict[str, Mapping[str, Any]]]] = []
    for folder in sorted((result.folder / "probes").glob("v*/"), reverse=True):
        files = {side: OutFolder(folder / side).measurements for side in SIDES}
        if all(file.is_file() for file in files.values()):
            found.append((folder.name, {side: json.loads(file.read_text("utf-8")) for side, file in files.items()}))
    return found

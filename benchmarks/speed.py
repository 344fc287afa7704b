"""Ours against the stock diffusers loop, in turn in one process, on the draft model and both passes of its preset.

    python benchmarks/speed.py [--pairs 5] [--plain 1] [--threads N] [--out FILE]

The batches are those of a real render: mattes, controls and all; with guidance, as full models are used, though the
preset does without. Presets as they are stand beside it. Ours takes a batch of eight frames at once; the stock
pipelines (ControlNet image to image, ControlNet inpaint for the face) take `--plain` of its frames one by one. Same
weights, steps, noise, noise levels, threads and memory format. The two runs of a pair follow each other, so a machine
that is not quiet slows both down; what counts is the ratio of seconds a frame, pair by pair, and its median. Beside it
stands the ratio of processor time. Calls, operators and bytes are counted in runs of their own.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from pipeline.engine.batch import Batch
    from pipeline.engine.residency import Residency

FIRST = 40
"""The frame of the sample shot that the batch begins with: she speaks and turns."""
GUIDED = ("passes.body.guidance_scale=2", "passes.face.guidance_scale=2")
BESIDE = ("draft", "draft-fast")
"""Presets that are measured beside the guided passes."""


@dataclass(frozen=True, eq=False)
class Took:
    """Seconds a frame: on the clock, and of processor time; and what was made."""

    wall: float
    cpu: float
    pictures: np.ndarray


def main() -> int:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--plain", type=int, default=1, help="frames of a batch that the stock loop takes")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--out", type=Path, default=None)
    chosen = parser.parse_args()

    import torch

    from benchmarks.loops.facts import facts, tell
    from pipeline.engine.residency import Residency
    from tests.engine.stock import Stock

    if chosen.threads is not None:
        torch.set_num_threads(chosen.threads)
    exact, beside = batches("draft", GUIDED), {preset: batches(preset) for preset in BESIDE}
    residency = Residency(torch.device("cpu"))
    stocks = [Stock.of(batch) for batch in exact]

    def ours(made: Sequence[Batch]) -> list[Took]:
        return [took(lambda b=b: driven(b, residency), len(b.frames)) for b in made]

    def plain(index: int) -> np.ndarray:
        frames = [exact[index].part(at, at + 1) for at in range(chosen.plain)]
        return np.concatenate([stocks[index].run(frame) for frame in frames])

    result: dict[str, Any] = facts() | {"exact": {}, "counts": counts(exact, stocks, residency)}
    rows, furthest = list[tuple[list[Took], list[Took], dict[str, Took]]](), dict[str, float]()
    for _ in range(chosen.pairs):
        own = ours(exact)
        theirs = [took(lambda i=i: plain(i), chosen.plain) for i in range(len(exact))]
        others = {preset: total(ours(made)) for preset, made in beside.items()}
        rows.append((own, theirs, others))
        for batch, one, other in zip(exact, own, theirs, strict=True):
            name = batch.noise.pass_name
            furthest[name] = max(furthest.get(name, 0.0), difference(one.pictures, other.pictures))
        shown = ", ".join(f"{preset} {one.wall:.2f}" for preset, one in others.items())
        print(f"pair: ours {total(own).wall:.2f}, stock {total(theirs).wall:.2f}, {shown} s a frame", flush=True)
    for place, batch in enumerate(exact):
        result["exact"][batch.noise.pass_name] = compared([(own[place], theirs[place]) for own, theirs, _ in rows])
    result["exact"]["body_face"] = compared([(total(own), total(theirs)) for own, theirs, _ in rows])
    result["exact"]["difference_in_levels"] = furthest
    result["beside"] = {
        preset: compared([(others[preset], total(own)) for own, _, others in rows]) for preset in BESIDE
    }
    tell(result, chosen.out)
    return 0


def batches(preset: str, changes: Sequence[str] = ()) -> list[Batch]:
    """One batch of each pass of a preset, with changes, on the sample shot."""
    from benchmarks.loops.captured import batches_of
    from pipeline.frames import FrameRange
    from studio import Studio

    with Studio() as studio:
        recipe = studio.recipe(preset, changes)
        shot = studio.shot(ROOT / "samples" / "interview" / "plate.mp4")
        return batches_of(shot, recipe, FrameRange(FIRST, FIRST + recipe.batch_size - 1), studio.models)


def driven(batch: Batch, residency: Residency) -> np.ndarray:
    """The batch's pictures, by the engine's own loop."""
    from pipeline.engine.img2img import img2img
    from tests.engine.batches import drive

    return drive(img2img(batch, residency))


def took(work: Callable[[], np.ndarray], frames: int) -> Took:
    """How long the work takes for each of its frames."""
    wall, cpu = time.perf_counter(), time.process_time()
    pictures = work()
    return Took((time.perf_counter() - wall) / frames, (time.process_time() - cpu) / frames, pictures)


def total(passes: Sequence[Took]) -> Took:
    """All passes of a frame."""
    return Took(sum(one.wall for one in passes), sum(one.cpu for one in passes), passes[-1].pictures)


def compared(pairs: Sequence[tuple[Took, Took]]) -> dict[str, Any]:
    """Seconds a frame of both, and how many times faster the first is, pair by pair."""
    walls = [other.wall / own.wall for own, other in pairs]
    cpus = [other.cpu / own.cpu for own, other in pairs]
    return {
        "ratio_median": round(statistics.median(walls), 3),
        "ratios": [round(ratio, 3) for ratio in walls],
        "cpu_ratio_median": round(statistics.median(cpus), 3),
        "cpu_ratios": [round(ratio, 3) for ratio in cpus],
        "seconds": round(statistics.median(own.wall for own, _ in pairs), 3),
        "seconds_other": round(statistics.median(other.wall for _, other in pairs), 3),
        "cpu_seconds": round(statistics.median(own.cpu for own, _ in pairs), 3),
        "cpu_seconds_other": round(statistics.median(other.cpu for _, other in pairs), 3),
    }


def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference of the frames that both made, as they are written: in levels of 255."""
    return float(np.abs(ours[: len(theirs)] - np.round(theirs.astype(np.float64) * 255)).max())


def counts(exact: Sequence[Batch], stocks: Sequence[Any], residency: Residency) -> dict[str, Any]:
    """What one batch of each pass calls, and what the stock loop calls for as many frames; loading does not count."""
    from benchmarks.loops.counted import counts_of

    found: dict[str, Any] = {}
    for batch, stock in zip(exact, stocks, strict=True):
        residency.checkpoint(batch.checkpoint)
        for hint in batch.hints:
            residency.control(hint.control, batch.checkpoint)
        own = counts_of(lambda b=batch: driven(b, residency))
        one = counts_of(lambda b=batch, s=stock: s.run(b.part(0, 1)))
        plain = {name: value * len(batch.frames) for name, value in one.items()}
        found[batch.noise.pass_name] = {"frames": len(batch.frames), "ours": own, "stock": plain}
    return found


if __name__ == "__main__":
    sys.exit(main())

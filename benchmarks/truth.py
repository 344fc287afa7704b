"""How well each curve tracks the truth: the true weights that moved the faces of the sample shots.

    python benchmarks/truth.py [--shots FOLDER] [--json FILE]

Prints for every person of every shot Pearson's r of each curve (each set-up's own mean taken away), beside the r of the
ceiling copy, and how far the truth moves: its amplitude, from the 2nd to the 98th percentile, and how many times that
is the curve's noise. The noise is the standard deviation of the ceiling copy's curve against the plate's, turned into
weights by the slope of the curve over the truth. Below 4 times its noise a truth does not move, and r says nothing.
FOLDER holds a folder for each shot with plate.mp4 and truth.npz; samples/ by default.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from pipeline.measure.acting import Person

Truth = dict[str, NDArray[np.float64]]
Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
GOALS = {"mouth": 0.97, "blink": 0.93, "smile": 0.88}
TIMES_NOISE = 4.0
FEWEST = 8


def true_curves(truth: dict[str, NDArray], actor: int) -> Truth:
    """What the curves should follow, by curve: [frames] of one actor."""
    names = truth["unit_names"].tolist()
    weights = truth["weights"][actor].astype(np.float64)

    def unit(name: str) -> NDArray[np.float64]:
        return weights[:, names.index(name)]

    def both(name: str) -> NDArray[np.float64]:
        return (unit(f"{name}Left") + unit(f"{name}Right")) / 2

    return {
        "mouth": unit("jawOpen"),
        "smile": both("mouthSmile"),
        "blink": both("eyeBlink"),
        "brow": unit("browInnerUp") - both("browDown"),
        "blink left": unit("eyeBlinkLeft"),
        "blink right": unit("eyeBlinkRight"),
        "gaze": truth["gaze"][actor, :, 0].astype(np.float64),
    }


def actor_of(person: Person, places: NDArray[np.float64], truth: dict[str, NDArray]) -> int:
    """Whose face a person's is: the actor whose true face box is nearest. places: [n, 2], middles in pixels."""
    boxes = truth["face_box"][:, list(person.frames)].astype(np.float64)
    middles = (boxes[..., :2] + boxes[..., 2:]) / 2
    return int(np.argmin(np.nanmedian(np.linalg.norm(middles - places, axis=-1), axis=1)))


@dataclass(frozen=True)
class Tracked:
    """How one curve tracks the truth. r, ceiling: of plate and ceiling copy. amplitude: of the truth, in its own unit.
    noise: of the curve, in the truth's unit. moves: whether the one is at least four times the other.
    """

    name: str
    r: float
    ceiling: float
    amplitude: float
    noise: float
    moves: bool


def tracked(name: str, truths: Sequence[NDArray[np.float64]], plates: Sequence[Pair]) -> Tracked | None:
    """One curve of one actor over all set-ups. plates: curve of the plate and of its ceiling copy, per set-up."""
    parts: list[NDArray[np.float64]] = []
    for truth, (plate, copy) in zip(truths, plates, strict=True):
        known = np.isfinite(plate) & np.isfinite(copy)
        if known.sum() >= FEWEST:
            parts.append(np.stack([one[known] - one[known].mean() for one in (truth, plate, copy)]))
    if not parts:
        return None
    truth, plate, copy = np.concatenate(parts, axis=1)
    low, high = np.percentile(truth, (2, 98))
    slope = float(truth @ plate) / max(float(truth @ truth), 1e-12)
    noise = float(np.std(copy - plate)) / max(abs(slope), 1e-9)
    moves = high - low >= max(TIMES_NOISE * noise, 1e-6)
    r, ceiling = (float(np.corrcoef(truth, one)[0, 1]) if moves else float("nan") for one in (plate, copy))
    return Tracked(name, r, ceiling, float(high - low), noise, bool(moves))


def show(title: str, figures: Sequence[Tracked]) -> None:
    """One table."""
    print(f"\n{title:24}{'r':>8}{'ceiling':>9}{'goal':>7}{'amplitude':>11}{'x noise':>9}")
    for one in figures:
        goal = f"{GOALS[one.name]:.2f}" if one.name in GOALS else ""
        r, ceiling = (f"{value:.3f}" if one.moves else "still" for value in (one.r, one.ceiling))
        times = one.amplitude / one.noise if one.noise else float("inf")
        print(f"{one.name:24}{r:>8}{ceiling:>9}{goal:>7}{one.amplitude:>11.2f}{times:>9.1f}")


def figures_of(folder: Path) -> dict[int, list[Tracked]]:
    """The figures of every actor of a shot, measured against itself."""
    from pipeline.clip.probe import probe
    from pipeline.measure.acting import CEILING, PLATE
    from pipeline.measure.aids import NOTHING_KNOWN, Aids
    from pipeline.measure.expression import NAMES
    from pipeline.measure.report import measure
    from pipeline.measure.whom import whom
    from pipeline.progress import Progress

    shot = probe(folder / "plate.mp4")
    seen = whom(shot, shot.frames, NOTHING_KNOWN, Progress())
    report = measure(shot, shot, shot.frames, Progress(), Aids(seen.tracks, tuple(seen.cuts)))
    truth = dict(np.load(folder / "truth.npz"))
    by_actor: dict[int, list[Person]] = {}
    for person in report.acting.people:
        boxes = [next(one.box for one in seen.at(frame) if one.person == person.person) for frame in person.frames]
        places = np.array([(box.x + box.width / 2, box.y + box.height / 2) for box in boxes])
        by_actor.setdefault(actor_of(person, places, truth), []).append(person)
    figures: dict[int, list[Tracked]] = {}
    for actor, people in sorted(by_actor.items()):
        true = true_curves(truth, actor)
        for index, name in enumerate(NAMES):
            truths = [true[name][list(person.frames)] for person in people]
            pairs = [(person.curves[PLATE, :, index], person.curves[CEILING, :, index]) for person in people]
            found = tracked(name, truths, pairs)
            figures.setdefault(actor, []).extend([found] if found else [])
    return figures


def main() -> int:
    """Measure every shot against itself and print one table for each actor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shots", type=Path, default=ROOT / "samples")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results: dict[str, dict[int, list[dict[str, object]]]] = {}
    for folder in sorted(path.parent for path in options.shots.glob("*/truth.npz")):
        for actor, figures in figures_of(folder).items():
            show(f"{folder.name}, actor {actor}", figures)
            results.setdefault(folder.name, {})[actor] = [asdict(one) for one in figures]
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

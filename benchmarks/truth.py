"""How well each curve tracks the truth: the true weights that moved the faces of the sample shots.

    python benchmarks/truth.py [--shots FOLDER]

Prints Pearson's r of every curve for each set-up and over the whole shot (each set-up's own mean taken away), and "-"
where the truth does not move. FOLDER holds a folder for each shot with plate.mp4 and truth.npz; samples/ by default.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

Truth = dict[str, NDArray[np.float64]]
GOALS = {"mouth": 0.97, "blink": 0.93, "smile": 0.88}
LEAST_TRUTH = {"gaze": 2.0}
"""Standard deviation below which the truth does not move: degrees for the gaze, elsewhere 0.02 of a weight."""


def true_curves(folder: Path, actor: int) -> Truth:
    """What the curves should follow, by curve: [frames] of one actor."""
    truth = np.load(folder / "truth.npz")
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


def tracked(name: str, pairs: list[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> str:
    """Pearson's r of curves against truths over all set-ups, as text."""
    known = [(curve[ok], truth[ok]) for curve, truth in pairs if (ok := np.isfinite(curve)).sum() > 2]
    if not known:
        return "-"
    curve, truth = (np.concatenate([one - one.mean() for one in column]) for column in zip(*known, strict=True))
    if truth.std() < LEAST_TRUTH.get(name, 0.02):
        return "-"
    return f"{np.corrcoef(curve, truth)[0, 1]:.3f}"


def main() -> int:
    """Measure every shot against itself and print one table a shot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=Path, default=ROOT / "samples")
    options = parser.parse_args()

    from pipeline.clip.probe import probe
    from pipeline.measure.acting import PLATE
    from pipeline.measure.expression import NAMES
    from pipeline.measure.report import measure
    from pipeline.progress import Progress

    for folder in sorted(path.parent for path in options.shots.glob("*/truth.npz")):
        shot = probe(folder / "plate.mp4")
        report = measure(shot, shot, shot.frames, Progress())
        truth = true_curves(folder, 0)
        ends = [f"{person.frames[0]}-{person.frames[-1]}" for person in report.people]
        print(f"\n{folder.name:14}" + "".join(f"{end:>12}" for end in ends) + f"{'whole':>12}{'goal':>8}")
        for index, name in enumerate(NAMES):
            pairs = [(one.curves[PLATE, :, index], truth[name][list(one.frames)]) for one in report.people]
            parts = [tracked(name, [pair]) for pair in pairs]
            goal = f"{GOALS[name]:.2f}" if name in GOALS else ""
            print(f"{name:14}" + "".join(f"{part:>12}" for part in (*parts, tracked(name, pairs))) + f"{goal:>8}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

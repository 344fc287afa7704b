"""How steady the tracks are, and whether people are ever swapped: both sample shots and made-up crossings, with truth.

    python benchmarks/tracks.py [--home DIR]

For each run of a person: the largest second difference of the middle of the face along x and y, in pixels, of the faces
as they are found, of the track, and of the head itself; and by how much the track's jump exceeds the head's in any
frame. For the made-up clips: how far each track strays from its own head, and in how many frames it is nearer to the
other one.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from pipeline.people.faces import Faces
    from pipeline.people.finder import FaceFinder
    from pipeline.people.tracks import Run
    from tests.people.crossing import Head

SHOTS = ("interview", "stairwell")
COUNT = 48


def jumps(places: NDArray[np.floating]) -> NDArray[np.floating]:
    """The second difference of places [n, 2], without its sign."""
    return np.abs(np.diff(places, 2, axis=0))


def found_middles(run: Run, faces: Faces) -> NDArray[np.floating]:
    """The middle of the box of the mesh, as found, of every frame of a run that saw the face."""
    boxes = [faces.at(frame)[run.face(frame)].found.box for frame in run.frames if run.face(frame) >= 0]
    return np.array([(box.x + box.width / 2, box.y + box.height / 2) for box in boxes])


def clips() -> dict[str, list[Head]]:
    """Made-up clips of him and her, she in front: crossing, meeting and turning back, leaving and coming back."""
    from tests.people.crossing import HER, HIM, Head, straight

    half = COUNT // 2

    def there_and_back(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
        return straight(start, end, half) + straight(end, start, COUNT - half)

    return {
        "cross": [Head(HIM, straight((90, 130), (390, 140), COUNT)), Head(HER, straight((400, 150), (80, 130), COUNT))],
        "turn back": [
            Head(HIM, there_and_back((100, 130), (240, 140))),
            Head(HER, there_and_back((390, 140), (250, 135))),
        ],
        "leave": [
            Head(HIM, straight((330, 130), (360, 140), COUNT)),
            Head(HER, there_and_back((140, 150), (-80, 140))),
        ],
    }


def report_shot(name: str, home: Path, finder: FaceFinder) -> None:
    """Print a line for each run of a sample shot."""
    from pipeline.clip.probe import probe
    from pipeline.people.faces import Faces
    from pipeline.people.track_stage import TrackStage
    from pipeline.progress import Progress

    folder = ROOT / "samples" / name
    faces = Faces(probe(folder / "plate.mp4"), home / "cache", finder)
    boxes = np.array(json.loads((folder / "truth.json").read_text())["face_box"][0])
    truth = (boxes[:, :2] + boxes[:, 2:]) / 2
    for run in TrackStage.of(faces).tracks(Progress()).runs:
        head = jumps(truth[run.frames.first : run.frames.last + 1])
        ours, raw = jumps(run.middles), jumps(found_middles(run, faces))
        figures = (raw.max(), ours.max(), head.max(), (ours - head).max(), int((run.faces < 0).sum()))
        print(f"{name:12}{run.person:>7}" + "".join(f"{figure:>12.2f}" for figure in figures))


def report_clip(name: str, heads: list[Head], home: Path, finder: FaceFinder) -> None:
    """Print a line for each run of a made-up clip."""
    from pipeline.clip.probe import probe
    from pipeline.people.faces import Faces
    from pipeline.people.track_stage import TrackStage
    from pipeline.progress import Progress
    from tests import footage
    from tests.people.crossing import pictures

    with tempfile.TemporaryDirectory() as folder:
        shot = probe(footage.write_clip(Path(folder) / f"{name}.mp4", pictures(heads)))
        runs = TrackStage.of(Faces(shot, home / "cache", finder)).tracks(Progress()).runs
    owners: dict[int, set[int]] = {}
    for run in runs:
        frames = np.arange(run.frames.first, run.frames.last + 1)
        away = [np.hypot(*(run.middles - np.array(head.places)[frames]).T)[run.faces >= 0] for head in heads]
        nearest = int(np.argmin([one.mean() for one in away]))
        owners.setdefault(run.person, set()).add(nearest)
        swapped = int((away[nearest] > np.minimum(*away) + 1e-9).sum()) if len(heads) > 1 else 0
        print(f"{name:12}{run.person:>7}{('him', 'her')[nearest]:>12}{away[nearest].max():>12.1f}{swapped:>12}")
    assert all(len(owner) == 1 for owner in owners.values()), "a person was two people"


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=ROOT / "workspace")
    home = parser.parse_args().home

    from pipeline.people.finder import FaceFinder

    with FaceFinder() as finder:
        print(
            f"{'shot':12}{'person':>7}" + "".join(f"{w:>12}" for w in ("found", "track", "head", "excess", "carried"))
        )
        for name in SHOTS:
            report_shot(name, home, finder)
        print(f"\n{'clip':12}{'person':>7}{'is':>12}{'strays px':>12}{'swapped':>12}")
        for name, heads in clips().items():
            report_clip(name, heads, home, finder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

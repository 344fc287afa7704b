"""How steady the tracks are, and whether people are ever swapped: both sample shots and made-up crossings, with truth.

    python benchmarks/tracks.py [--home DIR] [--people FOLDER]

For each run of a person: the largest second difference of the middle of the face along x and y, in pixels, of the faces
as they are found, of the track, and of the head itself; and by how much the track's jump exceeds the head's in any
frame. For the made-up clips: how far each track strays from its own head, and in how many frames it is nearer to the
other one. FOLDER holds a folder of pictures for each of several people: of every two a clip is made in which they cross
while their heads turn from one side to the other, a picture for every three frames, in whatever light it was taken.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from pipeline.frames import Picture
    from pipeline.people.faces import Faces
    from pipeline.people.finder import FaceFinder
    from pipeline.people.tracks import Run
    from tests.people.crossing import Head

SHOTS = ("interview", "stairwell")
COUNT = 48
HELD = 3
"""Frames for which a picture of a person is shown."""
CHEEKS, NOSE = (234, 454), 1
"""Points of the mesh that say how far a head is turned."""
Cut = tuple[NDArray[np.uint8], NDArray[np.float32]]
"""A head and its matte."""


def jumps(places: NDArray[np.floating]) -> NDArray[np.floating]:
    """The second difference of places [n, 2], without its sign."""
    return np.abs(np.diff(places, 2, axis=0))


def found_middles(run: Run, faces: Faces) -> NDArray[np.floating]:
    """The middle of the box of the mesh, as found, of every frame of a run that saw the face."""
    boxes = [faces.at(frame)[run.face(frame)].found.box for frame in run.frames if run.face(frame) >= 0]
    return np.array([(box.x + box.width / 2, box.y + box.height / 2) for box in boxes])


def clips() -> dict[str, list[Head]]:
    """Made-up clips of him and her, she in front: crossing, meeting and turning back, leaving and coming back."""
    from tests.people.crossing import HER, HIM, Head, straight, wave

    half = COUNT // 2

    def there_and_back(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
        return straight(start, end, half) + straight(end, start, COUNT - half)

    return {
        "cross": [Head(HIM, straight((90, 130), (390, 140), COUNT)), Head(HER, straight((400, 150), (80, 130), COUNT))],
        "turn back": [
            Head(HIM, there_and_back((100, 130), (240, 140))),
            Head(HER, there_and_back((390, 140), (250, 135))),
        ],
        "tilt": [Head(HER, straight((200, 130), (280, 140), COUNT), rolls=wave((0, 50, 0, -50, 0), COUNT))],
        "turn away": [Head(HIM, straight((200, 130), (280, 140), COUNT), widths=wave((1, 1, 0.35, 1, 1), COUNT))],
        "leave": [
            Head(HIM, straight((330, 130), (360, 140), COUNT)),
            Head(HER, there_and_back((140, 150), (-80, 140))),
        ],
    }


def faces_of(clip: Path, home: Path, finder: FaceFinder) -> Faces:
    """The faces of a clip."""
    from pipeline.clip.probe import probe
    from pipeline.people.faces import Faces

    return Faces(probe(clip), home / "cache", finder)


def runs_of(faces: Faces) -> Sequence[Run]:
    """Everybody's runs through a clip."""
    from pipeline.people.track_stage import TrackStage
    from pipeline.progress import Progress

    return TrackStage.of(faces).tracks(Progress()).runs


def report_shot(name: str, home: Path, finder: FaceFinder) -> None:
    """Print a line for each run of a sample shot."""
    folder = ROOT / "samples" / name
    faces = faces_of(folder / "plate.mp4", home, finder)
    boxes = np.array(json.loads((folder / "truth.json").read_text())["face_box"][0])
    truth = (boxes[:, :2] + boxes[:, 2:]) / 2
    for run in runs_of(faces):
        head = jumps(truth[run.frames.first : run.frames.last + 1])
        ours, raw = jumps(run.middles), jumps(found_middles(run, faces))
        figures = (raw.max(), ours.max(), head.max(), (ours - head).max(), int((run.faces < 0).sum()))
        print(f"{name:12}{run.person:>7}" + "".join(f"{figure:>12.2f}" for figure in figures))


def report_clip(name: str, heads: list[Head], home: Path, finder: FaceFinder) -> None:
    """Print a line for each run of a made-up clip."""
    from tests import footage
    from tests.people.crossing import HIM, pictures

    with tempfile.TemporaryDirectory() as folder:
        clip = footage.write_clip(Path(folder) / f"{name}.mp4", pictures(heads))
        runs = runs_of(faces_of(clip, home, finder))
    names = ["him" if head.source == HIM else "her" for head in heads]
    print_runs(name, runs, dict(zip(names, (head.places for head in heads), strict=True)))


def print_runs(name: str, runs: Sequence[Run], places: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """Print a line for each run: whose head it follows, how far it strays, and in how many frames another is nearer."""
    owners: dict[int, set[str]] = {}
    for run in runs:
        frames = np.arange(run.frames.first, run.frames.last + 1)
        away = {who: np.hypot(*(run.middles - np.array(own)[frames]).T)[run.faces >= 0] for who, own in places.items()}
        nearest = min(away, key=lambda who: float(away[who].mean()))
        owners.setdefault(run.person, set()).add(nearest)
        swapped = int((away[nearest] > np.min([*away.values()], axis=0) + 1e-9).sum())
        seen = int((run.faces >= 0).sum())
        print(f"{name:18}{run.person:>7}{nearest:>12}{seen:>8}{away[nearest].max():>12.1f}{swapped:>12}")
    if any(len(owner) > 1 for owner in owners.values()):
        print(f"{name:18} a person was two people: {owners}")


def heads_of(folder: Path, finder: FaceFinder) -> list[Cut]:
    """The heads in a person's pictures, all of one size, the middle of the face in the middle, sorted by their turn."""
    import cv2

    from tests.people.crossing import HEAD

    size, found = (round(1.5 * HEAD), round(1.9 * HEAD)), list[tuple[float, NDArray[np.uint8]]]()
    for path in sorted(folder.glob("*.jpg")):
        picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB).astype(np.uint8)
        for face in finder.find(picture, 40)[:1]:
            scale = HEAD / max(face.box.height, face.box.width)
            x, y = face.box.x + face.box.width / 2, face.box.y + face.box.height / 2
            place = np.array([[scale, 0, size[0] / 2 - scale * x], [0, scale, size[1] / 2 - scale * y]])
            head = cv2.warpAffine(picture, place, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
            found.append((turn_of(face.points), head.astype(np.uint8)))
    oval = np.zeros(size[::-1], np.float32)
    cv2.ellipse(oval, (size[0] // 2, size[1] // 2), (size[0] // 2 - 6, size[1] // 2 - 6), 0, 0, 360, (1.0,), -1)
    matte = cv2.GaussianBlur(oval, (9, 9), 2).astype(np.float32)
    return [(head, matte) for _, head in sorted(found, key=lambda one: one[0])]


def turn_of(points: NDArray[np.float32]) -> float:
    """How far a head is turned, -1..1: where the nose lies between the cheeks."""
    left, right = points[CHEEKS[0], 0], points[CHEEKS[1], 0]
    return float(2 * (points[NOSE, 0] - left) / (right - left) - 1)


def turning(cuts: Sequence[Sequence[Cut]], places: Sequence[Sequence[tuple[float, float]]]) -> Iterator[Picture]:
    """A clip of heads that turn as their pictures do, later heads in front of earlier ones."""
    from tests.people.crossing import lay, wall

    for number in range(len(places[0])):
        picture = wall()
        for own, way in zip(cuts, places, strict=True):
            lay(picture, *own[min(number // HELD, len(own) - 1)], way[number])
        yield np.round(picture).astype(np.uint8)


def report_people(folder: Path, finder: FaceFinder) -> None:
    """Print a line for each run of the clips of every two people."""
    from tests import footage
    from tests.people.crossing import straight

    heads = {path.name: heads_of(path, finder) for path in sorted(folder.glob("*/"))}
    for one, other in combinations((name for name, cuts in heads.items() if cuts), 2):
        count = HELD * min(len(heads[one]), len(heads[other]))
        ways = {one: straight((100, 130), (380, 140), count), other: straight((390, 145), (90, 130), count)}
        with tempfile.TemporaryDirectory() as home:
            pictures = turning([heads[one], heads[other]], list(ways.values()))
            clip = footage.write_clip(Path(home) / "clip.mp4", pictures)
            runs = runs_of(faces_of(clip, Path(home), finder))
        print_runs(f"{one}, {other}", runs, ways)


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=ROOT / "workspace")
    parser.add_argument("--people", type=Path)
    options = parser.parse_args()
    home = options.home

    from pipeline.people.finder import FaceFinder

    with FaceFinder() as finder:
        print(
            f"{'shot':12}{'person':>7}" + "".join(f"{w:>12}" for w in ("found", "track", "head", "excess", "carried"))
        )
        for name in SHOTS:
            report_shot(name, home, finder)
        print(f"\n{'clip':18}{'person':>7}{'is':>12}{'seen':>8}{'strays px':>12}{'swapped':>12}")
        for name, heads in clips().items():
            report_clip(name, heads, home, finder)
        if options.people:
            report_people(options.people, finder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

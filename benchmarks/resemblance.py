"""What a LoRA does to hair and skin, and what it costs in acting: the same frames without it and with it.

    python benchmarks/resemblance.py PICTURES --name noor [--shot interview] [--frames 40-63] [--set carried=0]
        [--recipe passes.face.denoising_strength=0.5] [--truth FOLDER --actor FOLDER] [--picture FILE]

Looks at the folder of pictures, trains on them, renders the frames with the draft preset, and prints how far skin and
hair of plate, render and render with the LoRA are from the pictures' (CIE76 of the mean colours; the deviation of the
fine L* beside it), the expression of both renders, and how much memory the training took up from its 50th step on.
Trainings and frames are kept in HOME; a training that is there already is neither repeated nor timed.

`--picture` keeps one of the character's pictures beside the middle frame's face in plate, render and render with the
LoRA.

The light of the shot is not that of the pictures: there the same person is far from their mean. So `--truth` takes
film pictures (PNG) of the character in the actor's place: frames of the shot as the kit renders it with the character's
seed. Each row then holds the distance to those, too, and a row of its own says how far they are from the pictures. With
film pictures of the actor beside them (`--actor`, the shot's film references) `way` says how much of the way from the
actor's skin and hair to the character's the LoRA goes, all in one light: 1 is all of it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.frames import Picture
    from pipeline.portraits.resemblance import Head

OWNER = "local"
EARLY = 50
"""The step from which on the memory of a training has to stay the same."""
TALL = 320
"""Rows of a face in the picture."""


def faces_beside(pictures: Sequence[Picture]) -> Picture:
    """The largest face of each picture, cut out with its hair, side by side: uint8 [TALL, n * TALL, 3]."""
    import cv2
    import numpy as np

    from pipeline.measure.closeup import cut_square, square_around
    from pipeline.people.finder import FaceFinder

    with FaceFinder() as finder:
        boxes = [finder.find(picture, 20)[0].box for picture in pictures]
    squares = [cut_square(one, square_around(box, (0.0, 0.0, 1.0))) for one, box in zip(pictures, boxes, strict=True)]
    scaled = [cv2.resize(one, (TALL, TALL), interpolation=cv2.INTER_AREA) for one in squares]
    return np.concatenate(scaled, axis=1).astype(np.uint8)


def heads(pictures: Iterable[Picture]) -> list[Head]:
    """The heads of the largest faces of some pictures."""
    from pipeline.people.finder import FaceFinder
    from pipeline.people.hair import HairFinder
    from pipeline.people.silhouette import Silhouettes
    from pipeline.portraits.resemblance import head_of

    found: list[Head | None] = []
    with FaceFinder() as finder, Silhouettes() as silhouettes, HairFinder(None) as hair:
        for picture in pictures:
            for face in finder.find(picture, 20)[:1]:
                people, locks = silhouettes.find(picture), hair.find(picture, face.points)
                found.append(head_of(picture, face, people, locks))
    return [head for head in found if head is not None]


def heads_in(folder: Path) -> list[Head]:
    """The heads of the largest faces of a folder of PNG files."""
    from pipeline.clip.still import decode_png

    return heads(decode_png(path.read_bytes()) for path in sorted(folder.glob("*.png")))


def measured(made: Sequence[Head], to: Head, truth: Head | None) -> dict[str, float | None]:
    """How far heads are from a character's pictures, and from the character in the shot where that is known."""
    from pipeline.portraits.resemblance import resemblance

    found: dict[str, float | None] = asdict(resemblance(made, to))
    if truth is not None:
        found |= {f"{name}_there": value for name, value in asdict(resemblance(made, truth)).items()}
    return found


def main() -> int:
    """Train, render, compare; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--shot", default="interview")
    parser.add_argument("--frames", default="40-63")
    parser.add_argument("--preset", default="draft")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--recipe", action="append", default=[], help="a change of the preset, as KEY=VALUE")
    parser.add_argument("--home", type=Path, default=ROOT / "workspace")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--actor", type=Path)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()

    from benchmarks.loops.resident import Resident, worst
    from pipeline.clip.probe import probe
    from pipeline.clip.read import read_frames
    from pipeline.clip.still import decode_png
    from pipeline.frames import FrameRange
    from pipeline.portraits.resemblance import character, way
    from pipeline.progress import Progress
    from pipeline.render import Order
    from studio import Studio
    from training.characters.sample import wearing
    from verbs.training_orders import training_from

    given = dict(change.split("=", 1) for change in options.set)
    settings = training_from(
        {"name": options.name, "trigger": options.name, "steps": 300, "consent": "made up", **given}
    )
    results: dict[str, Any] = {
        "settings": settings.model_dump(mode="json"),
        "shot": options.shot,
        "frames": options.frames,
        "recipe": options.recipe,
    }
    with Studio(options.home) as studio, tempfile.TemporaryDirectory() as folder:
        prepared = studio.trainings.prepare_pictures(OWNER, options.pictures, settings, Progress())
        begun, resident = time.monotonic(), Resident()
        studio.trainings.train(OWNER, settings, None, Progress(resident.listen))
        if trained := resident.growth(EARLY):
            results |= {"seconds": round(time.monotonic() - begun, 1), "growth_mib": worst(trained)}
        to = character(
            heads(decode_png((prepared.folder / one.file).read_bytes()) for one in prepared.portraits.pictures)
        )
        assert to is not None
        there, actor = (heads_in(folder) if folder else [] for folder in (options.truth, options.actor))
        truth = character(there)
        if truth is not None:
            results["there"] = measured(there, to, truth)
        shot, frames = studio.shot(ROOT / "samples" / options.shot / "plate.mp4"), FrameRange.parse(options.frames)
        results["plate"] = measured(heads(f.pixels for f in read_frames(shot, frames)), to, truth)
        looks: dict[str, Head | None] = {}
        recipe, middle = studio.recipe(options.preset, options.recipe), len(frames) // 2
        beside = [decode_png((prepared.folder / prepared.portraits.pictures[0].file).read_bytes())]
        beside.append(studio.frame(shot, frames.first + middle))
        for label, worn in {"without": recipe, "with": wearing(recipe, options.name, settings.trigger)}.items():
            done = studio.render(Order(shot, worn, frames, Path(folder) / label), Progress())
            rendered = probe(done.out.render)
            made = heads(f.pixels for f in read_frames(rendered, rendered.frames))
            looks[label] = character(made)
            beside.append(studio.frame(rendered, middle))
            curves = {name: curve["timing"]["value"] for name, curve in done.report.to_json()["expression"].items()}
            results[label] = {
                **measured(made, to, truth),
                "kept": done.report.to_json()["expression_kept"]["value"],
                **curves,
            }
        before, after, played = looks["without"], looks["with"], character(actor)
        if before and after and played and truth:
            results["way"] = asdict(way((before, after), (played, truth)))
    for label in (label for label in ("there", "plate", "without", "with", "way") if label in results):
        figures = {name: "-" if value is None else f"{value:.3f}" for name, value in results[label].items()}
        print(f"{label:8}", *(f"{name} {value}" for name, value in figures.items()))
    if "seconds" in results:
        print(results["seconds"], "s of training,", results["growth_mib"], "MiB more from its 50th step to its last")
    if options.picture:
        from PIL import Image

        Image.fromarray(faces_beside(beside)).save(options.picture, quality=88)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

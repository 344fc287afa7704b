"""What each stage of the full workflow does to flicker, expression, detail and time; and the figures of the filters.

    python benchmarks/stages.py shots SHOT.mp4 FIRST-LAST [SHOT.mp4 FIRST-LAST ...] [--out DIR] [--preset NAME]
    python benchmarks/stages.py filters [--shots SHOT.mp4 ...]

`shots` renders the preset stage by stage, each stage over those before it, measures every one against the clip as it
came, and prints a table; pictures of the first and the last stage lie in DIR. `filters` measures the local deflicker on
a clip whose truth is known, drawn frames against blended ones on the shots with every second frame left out, and how
many frames a second are read, filtered and written at 1280x720. A figure that misses its bound ends with exit code 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipeline.clip.read import read_frames  # noqa: E402
from pipeline.clip.write import write_movie  # noqa: E402
from pipeline.composite.over import over  # noqa: E402
from pipeline.filters.chain import filtered  # noqa: E402
from pipeline.filters.stream import Moment, Scene, closed, opened  # noqa: E402
from pipeline.frames import FloatPicture, Frame, FrameRange  # noqa: E402
from pipeline.measure.regions import FACE, WHOLE  # noqa: E402
from pipeline.parts import stack_of  # noqa: E402
from pipeline.progress import Progress  # noqa: E402

if TYPE_CHECKING:
    from pipeline.clip.shot import Shot
    from pipeline.recipe.filters import AnyFilter
    from pipeline.recipe.recipe import Recipe
    from pipeline.work import Work
    from studio import Studio

REMOVED, COST, BETTER, FRAMES_A_SECOND = 0.8, 0.01, 3.0, 8.0
"""The bounds: share of the flicker removed, share of motion or detail lost, decibels over blending, frames a second."""
MOVES = 1.0
"""Pixels that a place must move from one kept frame to the next to count as a moving part."""


@dataclass(frozen=True)
class Measured:
    """A stage's figures. seconds: of processor time a frame that the stage itself took."""

    stage: str
    flicker: float | None
    kept: float | None
    detail: float | None
    face: float | None
    seconds: float


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    shots = commands.add_parser("shots")
    shots.add_argument("shots", nargs="+", metavar="SHOT FIRST-LAST")
    shots.add_argument("--out", type=Path, default=Path("out/stages"))
    shots.add_argument("--preset", default="full-workflow")
    shots.set_defaults(run=run_shots)
    filters = commands.add_parser("filters")
    filters.add_argument("--shots", nargs="*", type=Path, default=[ROOT / "samples" / "interview" / "plate.mp4"])
    filters.set_defaults(run=run_filters)
    options = parser.parse_args()
    return options.run(options)


def run_shots(options: argparse.Namespace) -> int:
    """The table of stages, a line as soon as it is known."""
    from studio import Studio

    with Studio(options.out / "home", "cpu") as studio:
        recipe = studio.recipe(options.preset)
        for path, frames in zip(options.shots[::2], options.shots[1::2], strict=True):
            shot = studio.shot(Path(path))
            print(f"\n{path}, frames {frames}\n\n{HEAD}", flush=True)
            for line in staged(studio, shot, recipe, FrameRange.parse(frames), options.out / Path(path).parent.name):
                print(row(line), flush=True)
    return 0


HEAD = """| stage | flicker, the clip's = 1 | expression kept | detail | detail in faces | CPU seconds a frame |
|---|---|---|---|---|---|"""


def row(one: Measured) -> str:
    """A line of the table."""
    figures = (one.flicker, one.kept, one.detail, one.face)
    shown = " | ".join("–" if value is None else f"{value:.2f}" for value in figures)
    return f"| {one.stage} | {shown} | {one.seconds:.3f} |"


def staged(studio: Studio, shot: Shot, recipe: Recipe, frames: FrameRange, out: Path) -> Iterator[Measured]:
    """Every stage of a recipe over the ones before it, measured against the clip."""
    from pipeline.engine.engine import Priority
    from pipeline.plan import plan_render
    from pipeline.scenery import scene_of
    from pipeline.work import open_work

    tools = studio._tools
    plan = plan_render(shot, recipe, tools.models, tools.cache)
    with open_work(plan, tools.engine, Priority.RENDER, Progress()) as work:
        clip = {frame.number: frame.pixels for frame in read_frames(shot, frames)}
        before = [Moment(number, pixels.astype(np.float32) / 255) for number, pixels in clip.items()]
        asked = scene_of(plan, work.crew, lambda number: work.plate.frame(number).pixels)
        stages: list[tuple[str, Callable[[], list[Moment]]]] = [("as it came", lambda: before)]
        held = {"now": before}

        def through(settings: AnyFilter) -> list[Moment]:
            return list(filtered(iter(held["now"]), [settings], asked))

        stages += [(f"prepare: {f.kind}", partial(through, f)) for f in recipe.prepare]
        stages += [("passes", lambda: composites(work, frames))]
        stages += [(f"finish: {f.kind}", partial(through, f)) for f in recipe.finish]
        for number, (name, made) in enumerate(stages):
            began = time.process_time()
            held["now"] = made()
            seconds = (time.process_time() - began) / len(frames)
            path = out / f"{number:02d}-{name.replace(': ', '-').replace(' ', '-')}.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_movie(path, (frame.pixels for frame in closed(iter(held["now"]))), shot, 4, None)
            yield measured(studio, shot, frames, path, name, seconds)


def composites(work: Work, frames: FrameRange) -> list[Moment]:
    """All passes over the prepared plate."""
    reader = work.plate.frames(frames)
    for numbers in frames.batches(work.plan.recipe.batch_size):
        work.finish(list(islice(reader, len(numbers))))
    stack = stack_of(work, frames)
    return list(opened(Frame(f.number, over(f.pixels, stack.layers(f))) for f in work.plate.frames(frames)))


def measured(studio: Studio, shot: Shot, frames: FrameRange, path: Path, name: str, seconds: float) -> Measured:
    """The figures of one written stage."""
    figures: dict[str, Any] = studio.measure(shot, studio.shot(path), frames, Progress()).to_json()
    flicker, detail, face = figures["flicker"][WHOLE], figures["detail"][WHOLE], figures["detail"][FACE]
    return Measured(
        name,
        flicker["ratio"]["value"],
        figures["expression_kept"]["value"],
        detail["figure"]["value"],
        face["figure"]["value"],
        seconds,
    )


def run_filters(options: argparse.Namespace) -> int:
    """The figures of the filters, each beside its bound."""
    removed, motion, detail = local_deflicker()
    print(f"local deflicker: {removed:.1%} of the flicker removed (at least {REMOVED:.0%}),", end=" ")
    print(f"{motion:.2%} of the motion and {detail:.2%} of the detail lost (at most {COST:.0%})", flush=True)
    held = removed >= REMOVED and max(motion, detail) <= COST
    for path in options.shots:
        gained = over_blending(path)
        print(f"frames between, {path}: {gained:.1f} dB over blending on what moves (at least {BETTER})", flush=True)
        held &= gained >= BETTER
    rate, seconds = throughput(options.shots[0])
    print(
        f"1280x720: {seconds:.3f} CPU seconds a frame, on two cores at most {2 / seconds:.1f} frames a second;", end=" "
    )
    print(f"here and now {rate:.1f} (at least {FRAMES_A_SECOND})", flush=True)
    return 0 if held and 2 / seconds >= FRAMES_A_SECOND else 1


def local_deflicker() -> tuple[float, float, float]:
    """Shares of the flicker removed, of the motion lost and of the detail lost, of a clip whose truth is known.

    The clip slides over a still with structure of many sizes, a patch goes the other way, and a coarse pattern of
    light, new in every frame, is added. Flicker is what of the result is not in the truth and changes from frame to
    frame (as everywhere here, a root mean square). Motion is what changes between frames of the truth: lost is the
    share of it that the result no longer has, by regression. Detail is the same for what is finer than two pixels.
    """
    from pipeline.filters.local_deflicker import locally_deflickered
    from pipeline.recipe.filters import LocalDeflicker
    from tests.filters.clips import panned

    truth, random = panned(24, 1.5), np.random.default_rng(7)
    light = [cv2.resize(random.normal(0, 0.02, (6, 10)).astype(np.float32), (320, 180)) for _ in truth]
    flickering = [
        (t * (1 + light_now[..., None])).astype(np.float32) for t, light_now in zip(truth, light, strict=True)
    ]
    plate = [(t.clip(0, 1) * 255).round().astype(np.uint8) for t in truth]
    scene = Scene(plate.__getitem__, lambda number: None, lambda pixels: None, frozenset())
    stream = (Moment(number, pixels) for number, pixels in enumerate(flickering))
    made = [m.pixels for m in locally_deflickered(stream, LocalDeflicker(), scene)]
    left, was = (
        np.mean([np.square(change(added, at)).mean() for at in range(5, len(truth) - 6)])
        for added in ([a - t for a, t in zip(clip, truth, strict=True)] for clip in (made, flickering))
    )
    return 1 - float(np.sqrt(left / was)), 1 - regression(truth, made, change), 1 - regression(truth, made, fine)


def regression(truth: list[FloatPicture], made: list[FloatPicture], part: Callable[..., FloatPicture]) -> float:
    """How much of a part of the truth is in the result: 1 is all of it."""
    pairs = [(part(truth, at), part(made, at)) for at in range(5, len(truth) - 5)]
    return sum(float((t * m).sum()) for t, m in pairs) / sum(float((t * t).sum()) for t, _ in pairs)


def change(clip: list[FloatPicture], at: int) -> FloatPicture:
    """What changes to the next frame."""
    return clip[at + 1] - clip[at]


def fine(clip: list[FloatPicture], at: int) -> FloatPicture:
    """What is finer than two pixels."""
    return (clip[at] - cv2.GaussianBlur(clip[at], (0, 0), 2)).astype(np.float32)


def over_blending(path: Path) -> float:
    """Decibels by which drawn frames beat blended ones on moving parts, every second frame left out."""
    from pipeline.clip.probe import probe
    from pipeline.filters.between import Pair
    from pipeline.motion.cuts import cuts_in

    shot = probe(path)
    cuts = set(cuts_in(frame.pixels for frame in read_frames(shot, shot.frames)))
    errors, three = np.zeros(2), list[FloatPicture]()
    for number, moment in enumerate(opened(read_frames(shot, shot.frames))):
        three = ([] if number in cuts else three[-2:]) + [moment.pixels]
        if len(three) < 3 or number % 2:
            continue
        before, true, after = three
        pair = Pair(before, after)
        moving = np.hypot(*np.moveaxis(pair.flows[0].vectors, -1, 0)) > MOVES
        for at, made in enumerate((pair.at(0.5), (before + after) / 2)):
            errors[at] += float(np.square(made - true)[moving].sum())
    return float(10 * np.log10(errors[1] / errors[0]))


def throughput(path: Path) -> tuple[float, float]:
    """Frames a second here and now, and the processor's seconds a frame, of reading, filtering and writing at 1280x720.

    The processor's seconds are those of this program and of the encoder. Faces come from where they are kept.
    """
    import resource

    from pipeline.clip.probe import probe
    from pipeline.people.faces import Faces
    from pipeline.people.finder import FaceFinder
    from pipeline.prepare.mattes import filled
    from pipeline.recipe.filters import Clarity, Deband, Deflicker, Sharpen

    def spent() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used)

    with tempfile.TemporaryDirectory() as folder, FaceFinder() as finder:
        small, frames = probe(path), FrameRange(0, 95)
        large = (cv2.resize(f.pixels, (1280, 720)).astype(np.uint8) for f in read_frames(small, frames))
        write_movie(Path(folder) / "large.mp4", large, small, 14, None)
        shot = probe(Path(folder) / "large.mp4")
        faces = Faces(shot, Path(folder), finder)
        for frame in faces.ahead(read_frames(shot, frames)):
            faces.of(frame)
        plate = {frame.number: frame.pixels for frame in read_frames(shot, frames)}
        scene = Scene(
            plate.__getitem__,
            lambda number: filled([face.found for face in faces.at(number)], 720, 1280),
            lambda pixels: None,
            frozenset(),
        )
        chain = [Deflicker(), Deband(), Clarity(), Sharpen()]
        began, used = time.perf_counter(), spent()
        stream = closed(filtered(opened(read_frames(shot, frames)), chain, scene))
        write_movie(Path(folder) / "made.mp4", (frame.pixels for frame in stream), shot, 14, None)
        return len(frames) / (time.perf_counter() - began), (spent() - used) / len(frames)


if __name__ == "__main__":
    raise SystemExit(main())

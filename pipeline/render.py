"""The flow: clip -> mattes and passes -> composite -> deliver -> measure."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from pipeline.clip.compare import write_before_after
from pipeline.clip.master import MasterFrame, write_master
from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.still import encode_png
from pipeline.clip.write import write_movie
from pipeline.composite.layer import straight_rgba
from pipeline.composite.over import blended, over
from pipeline.engine.engine import Engine, Priority
from pipeline.errors import FootageError
from pipeline.files import atomic, explained
from pipeline.forecast import check_room
from pipeline.frames import Frame, FrameRange, Picture
from pipeline.measure.page import page_of
from pipeline.measure.report import Report, measure
from pipeline.models.store import ModelStore
from pipeline.parts import keep_parts, parts_of
from pipeline.people.cast import CastMember, SeenPerson, cast_of, people_at, with_numbers
from pipeline.people.faces import Faces
from pipeline.people.finder import FaceFinder
from pipeline.people.track_stage import TrackStage
from pipeline.plan import PlannedPass, RenderPlan, plan_render
from pipeline.progress import Progress
from pipeline.recipe.passes import ControlKind, Object
from pipeline.recipe.recipe import Recipe
from pipeline.sound.mix import make_soundtrack
from pipeline.version import OutFolder, RenderVersion, version_of
from pipeline.work import Work, open_work


@dataclass(frozen=True)
class Tools:
    """What every render borrows: the accelerator, the models, and the folder where finished frames are kept."""

    engine: Engine
    models: ModelStore
    cache: Path


@dataclass(frozen=True)
class Order:
    """What is asked for: which frames of which shot, how, and where to."""

    shot: Shot
    recipe: Recipe
    frames: FrameRange
    out: Path


@dataclass(frozen=True)
class Preview:
    """One frame with everything that led to it. Pictures are at the plate's size, controls on their pass's canvas.

    layers: pass -> uint8 RGBA, straight. mattes: pass -> uint8 [h, w]. controls: pass -> kind -> picture.
    people: who is seen where, in a recipe that follows people; the numbers are those of the recipe's `people`.
    """

    frame: int
    plate: Picture
    result: Picture
    layers: dict[str, Picture]
    mattes: dict[str, Picture]
    controls: dict[str, dict[ControlKind, Picture]]
    people: tuple[SeenPerson, ...] = ()


@dataclass(frozen=True)
class Rendered:
    """A delivered render: its manifest, what was measured, and the folder with its files."""

    version: RenderVersion
    report: Report
    out: OutFolder


def render(order: Order, tools: Tools, progress: Progress) -> Rendered:
    """Render a shot and deliver it. What is finished already is reused; what is finished is never lost.

    Raises FootageError, ModelMissing, OutputError (NotWritable when there is no room for it) or Cancelled.
    """
    check_frames(order.shot, order.frames)
    plan = plan_render(order.shot, order.recipe, tools.models, tools.cache)
    out, made = OutFolder(order.out), version_of(plan, order.frames)
    check_room(plan, order.frames, out)
    with out.claimed(made), open_work(plan, tools.engine, Priority.RENDER, progress) as work:
        warnings = finish_passes(work, order.frames, progress)
        deliver(work, order.frames, out, progress)
        report = measure(order.shot, probe(out.render), order.frames, progress)
        made = replace(made, warnings=(*order.shot.notes, *warnings), measurements=report.to_json())
        out.write_json(out.measurements, report.to_json())
        out.write_text(out.report, page_of(report))
        out.write_manifest(made)
    return Rendered(made, report, out)


def preview(order: Order, tools: Tools, progress: Progress) -> Preview:
    """Render the first frame of the order alone, ahead of any render, and write nothing into its folder."""
    number = order.frames.first
    check_frames(order.shot, FrameRange(number, number))
    alone = order.recipe.for_one_frame
    plan = plan_render(order.shot, alone, tools.models, tools.cache)
    with open_work(plan, tools.engine, Priority.PREVIEW, progress) as work:
        frame = work.plate.frame(number)
        work.finish([frame])
        parts = parts_of(work, frame)
        return Preview(
            frame=number,
            plate=frame.pixels,
            result=over(frame.pixels, parts.layers),
            layers={layer.pass_name: straight_rgba(layer) for layer in parts.layers},
            mattes=parts.mattes,
            controls={p.name: work.controls(p, frame) for p in plan.passes},
            people=people_at(work.crew.tracks, number),
        )


def write_preview(made: Preview, folder: Path) -> dict[str, Path]:
    """Write every picture of a preview as PNG. Returns name -> path. Raises OutputError."""
    pictures = {"plate": made.plate, "result": made.result}
    pictures |= {f"layer-{name}": picture for name, picture in made.layers.items()}
    pictures |= {f"matte-{name}": picture for name, picture in made.mattes.items()}
    pictures |= {f"control-{name}-{kind}": p for name, kinds in made.controls.items() for kind, p in kinds.items()}
    pictures |= {"people": with_numbers(made.plate, made.people)} if made.people else {}
    files = {name: folder / f"{made.frame:06d}-{name}.png" for name in pictures}
    for name, picture in pictures.items():
        with atomic(files[name]) as part:
            part.write_bytes(encode_png(picture))
    return files


def finish_passes(work: Work, frames: FrameRange, progress: Progress) -> tuple[str, ...]:
    """Finish every pass for every frame, one batch of the absolute grid at a time. Returns warnings for the artist."""
    reader = work.plate.frames(frames)
    done = reused = 0
    regional = [planned for planned in work.plan.passes if planned.regional]
    faceless = Counter[str]()
    progress.say("passes", 0, len(frames), 0)
    for numbers in frames.batches(work.plan.recipe.batch_size):
        batch = list(islice(reader, len(numbers)))
        reused += 0 if work.finish(batch) else len(batch)
        for planned in regional:
            faceless[planned.name] += sum(not work.subjects(planned, frame) for frame in batch)
        done += len(batch)
        progress.say("passes", done, len(frames), reused, over(batch[-1].pixels, work.layers(batch[-1])))
    without = [_absent_warning(p, faceless[p.name], len(frames)) for p in regional if faceless[p.name]]
    return (*without, *suspects(chain.from_iterable(map(work.crew.shares, work.plan.passes)), frames))


def suspects(passes: Iterable[PlannedPass], frames: FrameRange) -> Iterator[str]:
    """A warning for every finished frame of the passes that looks like a fault, although it was rendered twice."""
    for planned in passes:
        whom = f" for person {planned.plan.person}" if planned.plan.person else ""
        for frame in sorted(planned.marks.finished().intersection(frames)):
            yield f"Frame {frame} of the pass {planned.name}{whom} is {planned.marks.read(frame).decode()}: look at it."


def deliver(work: Work, frames: FrameRange, out: OutFolder, progress: Progress) -> None:
    """Write layers, mattes, the finished movie, the master and the before/after movie."""
    shot, delivery = work.plan.shot, work.plan.recipe.delivery
    with _soundtrack(work, frames, out) as sound:
        write_movie(out.render, _composites(work, frames, out, progress), shot, delivery.crf, frames, sound)
    if delivery.master != "none":
        write_master(out.path, delivery.master, _master_frames(work, frames, progress), shot, frames)
    rendered = probe(out.render)
    after = (frame.pixels for frame in read_frames(rendered, rendered.frames))
    before = (frame.pixels for frame in read_frames(shot, frames))
    write_before_after(out.before_after, before, after, shot, frames)


def people_in(shot: Shot, tools: Tools, progress: Progress) -> tuple[CastMember, ...]:
    """Who is in a shot: the numbers that a recipe's `people` speak of. The whole shot is looked at the first time.

    Raises FootageError, OutputError or Cancelled.
    """
    with FaceFinder() as finder:
        return cast_of(TrackStage.of(Faces(shot, tools.cache, finder)).tracks(progress))


def check_order(shot: Shot, recipe: Recipe, frames: FrameRange, tools: Tools) -> RenderPlan:
    """What a render of these frames will do. Raises FootageError or ModelMissing when it would be refused."""
    check_frames(shot, frames)
    return plan_render(shot, recipe, tools.models, tools.cache)


def check_frames(shot: Shot, frames: FrameRange) -> None:
    """Raise FootageError when the shot does not have these frames."""
    if frames.last not in shot.frames:
        raise FootageError(
            f"{shot.name} has frames 0-{shot.frames.last}, so {frames.first}-{frames.last} is not all there.",
            "Choose frames inside the shot.",
        )


@contextmanager
def _soundtrack(work: Work, frames: FrameRange, out: OutFolder) -> Iterator[Path | None]:
    """The file with the sound that the recipe asks for, while the block runs; None for the plate's own, untouched."""
    if work.plan.recipe.sound.untouched:
        yield None
        return
    folder = out.path / ".sound"
    shutil.rmtree(folder, ignore_errors=True)
    with explained(folder):
        folder.mkdir()
    try:
        yield make_soundtrack(work.plan.shot, frames, work.plan.recipe.sound, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _composites(work: Work, frames: FrameRange, out: OutFolder, progress: Progress) -> Iterator[Picture]:
    def composited() -> Iterator[Frame]:
        for frame in work.plate.frames(frames):
            parts = parts_of(work, frame)
            keep_parts(parts, frame.number, out)
            yield Frame(frame.number, over(frame.pixels, parts.layers))

    for done, frame in enumerate(work.finished(composited()), 1):
        progress.say("deliver", done, len(frames))
        yield frame.pixels


def _master_frames(work: Work, frames: FrameRange, progress: Progress) -> Iterator[MasterFrame]:
    for done, frame in enumerate(work.plate.frames(frames), 1):
        parts = parts_of(work, frame)
        progress.say("master", done, len(frames))
        pixels = blended(frame.pixels, parts.layers)
        yield MasterFrame(frame.number, pixels, None, tuple(parts.layers), parts.mattes)


def _absent_warning(planned: PlannedPass, count: int, total: int) -> str:
    region = planned.plan.spec.region
    sought = f"{region.name} was not" if isinstance(region, Object) else "No face was"
    if count == total:
        return f"{sought} found in the shot, so the pass {planned.name} had nothing to do."
    return f"{sought} found in {count} of {total} frames; the pass {planned.name} left them alone."

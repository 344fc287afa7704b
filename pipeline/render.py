"""The flow: clip -> mattes and passes -> composite -> deliver -> measure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from pipeline.clip.compare import write_before_after
from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame, read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.still import encode_png
from pipeline.clip.write import write_movie
from pipeline.composite.layer import straight_rgba
from pipeline.composite.over import over
from pipeline.engine.engine import Engine, Priority
from pipeline.errors import FootageError
from pipeline.files import atomic
from pipeline.forecast import check_room
from pipeline.frames import Frame, FrameRange, Layer, Picture
from pipeline.measure.page import page_of
from pipeline.measure.report import Report, measure
from pipeline.models.store import ModelStore
from pipeline.plan import RenderPlan, plan_render
from pipeline.progress import Progress
from pipeline.recipe.passes import ControlKind
from pipeline.recipe.recipe import Recipe
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
    """

    frame: int
    plate: Picture
    result: Picture
    layers: dict[str, Picture]
    mattes: dict[str, Picture]
    controls: dict[str, dict[ControlKind, Picture]]


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
    with out.claimed(made), open_work(plan, tools.engine, Priority.RENDER, progress.stop) as work:
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
    alone = order.recipe.model_copy(update={"batch_size": 1})
    plan = plan_render(order.shot, alone, tools.models, tools.cache)
    with open_work(plan, tools.engine, Priority.PREVIEW, progress.stop) as work:
        frame = read_frame(order.shot, number)
        work.finish([frame])
        layers = work.layers(frame)
        mattes = {p.name: matte.mask for p in plan.passes if (matte := work.matte(p, frame)) is not None}
        return Preview(
            frame=number,
            plate=frame.pixels,
            result=over(frame.pixels, layers),
            layers={layer.pass_name: straight_rgba(layer) for layer in layers},
            mattes=mattes,
            controls={p.name: work.controls(p, frame) for p in plan.passes},
        )


def write_preview(made: Preview, folder: Path) -> dict[str, Path]:
    """Write every picture of a preview as PNG. Returns name -> path. Raises OutputError."""
    pictures = {"plate": made.plate, "result": made.result}
    pictures |= {f"layer-{name}": picture for name, picture in made.layers.items()}
    pictures |= {f"matte-{name}": picture for name, picture in made.mattes.items()}
    pictures |= {f"control-{name}-{kind}": p for name, kinds in made.controls.items() for kind, p in kinds.items()}
    files = {name: folder / f"{made.frame:06d}-{name}.png" for name in pictures}
    for name, picture in pictures.items():
        with atomic(files[name]) as part:
            part.write_bytes(encode_png(picture))
    return files


def finish_passes(work: Work, frames: FrameRange, progress: Progress) -> tuple[str, ...]:
    """Finish every pass for every frame, one batch of the absolute grid at a time. Returns warnings for the artist."""
    reader = read_frames(work.plan.shot, frames)
    done = reused = 0
    faceless: dict[str, int] = {}
    progress.say("passes", 0, len(frames))
    for numbers in frames.batches(work.plan.recipe.batch_size):
        batch = list(islice(reader, len(numbers)))
        reused += 0 if work.finish(batch) else len(batch)
        for name in work.finders:
            planned = next(p for p in work.plan.passes if p.name == name)
            faceless[name] = faceless.get(name, 0) + sum(work.matte(planned, frame) is None for frame in batch)
        done += len(batch)
        progress.say("passes", done, len(frames), reused, over(batch[-1].pixels, work.layers(batch[-1])))
    without = [_faceless_warning(name, count, len(frames)) for name, count in faceless.items() if count]
    return (*without, *suspects(work.plan, frames))


def suspects(plan: RenderPlan, frames: FrameRange) -> Iterator[str]:
    """A warning for every finished frame that looks like a fault, although it was rendered twice."""
    for planned in plan.passes:
        for frame in (frame for frame in frames if planned.marks.has(frame)):
            yield f"Frame {frame} of the pass {planned.name} is {planned.marks.read(frame).decode()}: look at it."


def deliver(work: Work, frames: FrameRange, out: OutFolder, progress: Progress) -> None:
    """Write layers, mattes, the finished movie and the before/after movie."""
    shot, crf = work.plan.shot, work.plan.recipe.delivery.crf
    write_movie(out.render, _composites(work, frames, out, progress), shot, crf, frames)
    rendered = probe(out.render)
    after = (frame.pixels for frame in read_frames(rendered, rendered.frames))
    before = (frame.pixels for frame in read_frames(shot, frames))
    write_before_after(out.before_after, before, after, shot, frames)


def check_order(shot: Shot, recipe: Recipe, frames: FrameRange, tools: Tools) -> None:
    """Raise FootageError or ModelMissing when a render of these frames would be refused."""
    check_frames(shot, frames)
    plan_render(shot, recipe, tools.models, tools.cache)


def check_frames(shot: Shot, frames: FrameRange) -> None:
    """Raise FootageError when the shot does not have these frames."""
    if frames.last not in shot.frames:
        raise FootageError(
            f"{shot.name} has frames 0-{shot.frames.last}, so {frames.first}-{frames.last} is not all there.",
            "Choose frames inside the shot.",
        )


def _composites(work: Work, frames: FrameRange, out: OutFolder, progress: Progress) -> Iterator[Picture]:
    for done, frame in enumerate(read_frames(work.plan.shot, frames), 1):
        layers = work.layers(frame)
        _keep_parts(work, frame, layers, out)
        progress.say("deliver", done, len(frames))
        yield over(frame.pixels, layers)


def _keep_parts(work: Work, frame: Frame, layers: Sequence[Layer], out: OutFolder) -> None:
    for layer in layers:
        path = out.layer(layer.pass_name, frame.number)
        if not path.exists():
            with atomic(path) as part:
                part.write_bytes(encode_png(straight_rgba(layer)))
    for planned in work.plan.passes:
        path = out.matte(planned.name, frame.number)
        matte = work.matte(planned, frame)
        if matte is not None and not path.exists():
            with atomic(path) as part:
                part.write_bytes(encode_png(matte.mask))


def _faceless_warning(pass_name: str, count: int, total: int) -> str:
    if count == total:
        return f"No face was found in the shot, so the pass {pass_name} had nothing to do."
    return f"No face was found in {count} of {total} frames; the pass {pass_name} left them alone."

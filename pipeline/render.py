"""The flow: clip -> mattes and passes -> composite -> deliver -> measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from pipeline.ahead import prepared_ahead, read_ahead
from pipeline.clip.probe import probe
from pipeline.clip.shot import Shot
from pipeline.clip.still import encode_png
from pipeline.composite.layer import straight_rgba
from pipeline.composite.over import over
from pipeline.deliver import deliver
from pipeline.engine.engine import Engine, Priority
from pipeline.errors import FootageError
from pipeline.files import atomic
from pipeline.forecast import check_room
from pipeline.frames import FrameRange, Picture
from pipeline.infotexts import Infotexts, infotexts_of
from pipeline.measure.aids import Aids, aids_for
from pipeline.measure.page import page_of
from pipeline.measure.report import Report, measure
from pipeline.models.store import ModelStore
from pipeline.motion.cuts import CutStore
from pipeline.parts import parts_of, stack_of
from pipeline.people.cast import CastMember, SeenPerson, cast_of, people_at, with_numbers
from pipeline.people.faces import Faces
from pipeline.people.finder import FaceFinder
from pipeline.people.track_stage import TrackStage
from pipeline.plan import PlannedPass, RenderPlan, plan_render
from pipeline.progress import Progress
from pipeline.recipe.passes import ControlKind
from pipeline.recipe.recipe import Recipe
from pipeline.recipe.regions import Hands, Object, Painted, Region, of_hair
from pipeline.version import OutFolder, Patch, RenderVersion, version_of
from pipeline.work import Work, open_work


@dataclass(frozen=True)
class Tools:
    """What every render borrows: the accelerator, the models, and the folder where finished frames are kept."""

    engine: Engine
    models: ModelStore
    cache: Path


@dataclass(frozen=True)
class Order:
    """What is asked for: which frames of which shot, how, and where to.

    patch: of a version of these frames the stretch that alone is rendered (`patched`); None for all of them.
    """

    shot: Shot
    recipe: Recipe
    frames: FrameRange
    out: Path
    patch: Patch | None = None


@dataclass(frozen=True)
class Preview:
    """One frame with everything that led to it. Pictures are at the plate's size, controls on their pass's canvas.

    layers: pass -> uint8 RGBA, straight. mattes: pass -> uint8 [h, w]. controls: pass -> kind -> picture.
    people: who is seen where, in a recipe that follows people; the numbers are those of the recipe's `people`.
    texts: what the result and the layers say of themselves.
    """

    frame: int
    plate: Picture
    result: Picture
    layers: dict[str, Picture]
    mattes: dict[str, Picture]
    controls: dict[str, dict[ControlKind, Picture]]
    people: tuple[SeenPerson, ...] = ()
    texts: Infotexts | None = None


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
        made = replace(made, warnings=(*order.shot.notes, *warnings))
        return conclude(work, order, made, tools.models, progress)


def conclude(work: Work, order: Order, made: RenderVersion, models: ModelStore, progress: Progress) -> Rendered:
    """Measure what was delivered and write figures, report and manifest. Raises as `measure` does, OutputError."""
    out = OutFolder(order.out)
    report = measure(order.shot, probe(out.render), order.frames, progress, known_of(work, models))
    made = replace(made, measurements=report.to_json())
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
        parts = parts_of(work, stack_of(work, FrameRange(number, number)), frame)
        return Preview(
            frame=number,
            plate=frame.pixels,
            result=over(frame.pixels, parts.layers),
            layers={layer.pass_name: straight_rgba(layer) for layer in parts.layers},
            mattes=parts.mattes,
            controls={p.name: work.controls(p, frame) for p in plan.passes},
            people=people_at(work.crew.tracks, number),
            texts=infotexts_of(plan),
        )


def write_preview(made: Preview, folder: Path) -> dict[str, Path]:
    """Write every picture of a preview as PNG. Returns name -> path. Raises OutputError."""
    pictures = {"plate": made.plate, "result": made.result}
    pictures |= {f"layer-{name}": picture for name, picture in made.layers.items()}
    pictures |= {f"matte-{name}": picture for name, picture in made.mattes.items()}
    pictures |= {f"control-{name}-{kind}": p for name, kinds in made.controls.items() for kind, p in kinds.items()}
    pictures |= {"people": with_numbers(made.plate, made.people)} if made.people else {}
    files = {name: folder / f"{made.frame:06d}-{name}.png" for name in pictures}
    passes = {"result": None} | {f"layer-{name}": name for name in made.layers}
    for name, picture in pictures.items():
        data = encode_png(picture)
        with atomic(files[name]) as part:
            part.write_bytes(made.texts.on(data, passes[name]) if made.texts and name in passes else data)
    return files


def finish_passes(work: Work, frames: FrameRange, progress: Progress) -> tuple[str, ...]:
    """Finish every pass for every frame, one batch of the absolute grid at a time. Returns warnings for the artist."""
    done = reused = 0
    regional = [p for p in work.plan.passes if p.regional and not isinstance(p.plan.spec.region, Painted)]
    faceless = Counter[str]()
    progress.say("passes", 0, len(frames), 0)
    sizes = [len(numbers) for numbers in frames.batches(work.plan.recipe.batch_size)]
    with (
        read_ahead(work.plate, frames) as plate,
        prepared_ahead(work.crew.ahead(plate), sizes, work.prepare, work.turns) as batches,
    ):
        for batch in batches:
            reused += 0 if work.finish(batch) else len(batch)
            for planned in regional:
                faceless[planned.name] += sum(not work.subjects(planned, frame) for frame in batch)
            done += len(batch)
            progress.say("passes", done, len(frames), reused, over(batch[-1].pixels, work.layers(batch[-1])))
    without = [_absent_warning(p, faceless[p.name], len(frames)) for p in regional if faceless[p.name]]
    return (*without, *suspects(chain.from_iterable(map(work.crew.shares, work.plan.passes)), frames))


def known_of(work: Work, models: ModelStore) -> Aids:
    """What a render knows of its plate that helps to measure it: people and cuts, the engine's vectors, face models."""
    shot, tracks = work.plan.shot, work.crew.tracks
    cuts = () if tracks is None else CutStore.of(shot, work.plan.cache).cuts().starts
    return aids_for(shot, models, tracks, cuts)


def suspects(passes: Iterable[PlannedPass], frames: FrameRange) -> Iterator[str]:
    """A warning for every finished frame of the passes that looks like a fault, although it was rendered twice."""
    for planned in passes:
        whom = f" for person {planned.plan.person}" if planned.plan.person else ""
        for frame in sorted(planned.marks.finished().intersection(frames)):
            yield f"Frame {frame} of the pass {planned.name}{whom} is {planned.marks.read(frame).decode()}: look at it."


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


def _absent_warning(planned: PlannedPass, count: int, total: int) -> str:
    sought = _not_there(planned.plan.spec.region)
    if count == total:
        return f"{sought} found in the shot, so the pass {planned.name} had nothing to do."
    return f"{sought} found in {count} of {total} frames; the pass {planned.name} left them alone."


def _not_there(region: Region) -> str:
    """What of a region was not there, as a sentence begins."""
    if isinstance(region, Hands):
        return "No hand was"
    if isinstance(region, Object):
        return f"{region.name} was not"
    return "No hair was" if of_hair(region) else "No face was"

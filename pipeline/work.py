"""The passes of a plan at work: batch by batch, each frame finished once, layers on demand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Event

from pipeline.clip.still import decode_png, encode_png
from pipeline.composite.layer import box_alpha, edge, make_layer
from pipeline.composite.over import over
from pipeline.engine.engine import Engine, Priority
from pipeline.frames import Frame, Layer, Matte, Picture
from pipeline.passes.placement import Placement, automatic_blur
from pipeline.passes.run import Runner, Slot, control_pictures, run_pass
from pipeline.people.finder import FaceFinder
from pipeline.plan import PlannedPass, RenderPlan
from pipeline.prepare.controls import Annotator
from pipeline.prepare.matte_stage import MatteStage
from pipeline.recipe.passes import ControlKind, Face


@dataclass(frozen=True)
class Work:
    """A plan with the tools to carry it out. Not thread-safe: each render opens its own."""

    plan: RenderPlan
    finders: Mapping[str, MatteStage]
    runner: Runner

    def finish(self, frames: Sequence[Frame]) -> bool:
        """Finish every pass for the frames of one batch. Says whether a model had to run."""
        for store in (store for planned in self.plan.passes for store in planned.stores):
            store.use()
        ran = [self._finish_pass(planned, frames) for planned in self.plan.passes]
        return any(ran)

    def matte(self, planned: PlannedPass, frame: Frame) -> Matte | None:
        """The matte of a pass in a frame; None when its region is the whole frame or is not in the frame."""
        finder = self.finders.get(planned.name)
        return None if finder is None else finder.matte(frame)

    def layers(self, frame: Frame, passes: Sequence[PlannedPass] | None = None) -> list[Layer]:
        """The finished layers of a frame, bottom first; a pass whose region is not in the frame has none."""
        layers = (self._layer(planned, frame) for planned in (self.plan.passes if passes is None else passes))
        return [layer for layer in layers if layer is not None]

    def controls(self, planned: PlannedPass, frame: Frame) -> dict[ControlKind, Picture]:
        """What each control of a pass sees in a frame, on the pass's canvas."""
        slot = self._slot(planned, frame)
        if slot is None:
            return {}
        pictures = control_pictures(planned.plan, [slot], self.runner.hint)[frame.number]
        return {spec.kind: picture for (spec, _), picture in zip(planned.plan.controls, pictures, strict=True)}

    def _finish_pass(self, planned: PlannedPass, frames: Sequence[Frame]) -> bool:
        slots = [slot for frame in frames if (slot := self._slot(planned, frame)) is not None]
        if all(planned.frames.has(slot.frame) for slot in slots):
            return False
        result = run_pass(planned.plan, slots, self.runner)
        for frame, mark in result.marks.items():
            planned.marks.write(frame, mark.encode())
        for frame, picture in result.pictures.items():
            planned.frames.write(frame, encode_png(picture))
        return True

    def _slot(self, planned: PlannedPass, frame: Frame) -> Slot | None:
        matte = self.matte(planned, frame)
        placement = self._placement(planned, matte)
        if placement is None:
            return None
        source = frame.pixels
        if planned.plan.spec.source == "below":
            below = self.plan.passes[: self.plan.passes.index(planned)]
            source = over(frame.pixels, self.layers(frame, below))
        return Slot(frame.number, source, frame.pixels, matte, placement)

    def _layer(self, planned: PlannedPass, frame: Frame) -> Layer | None:
        matte = self.matte(planned, frame)
        placement = self._placement(planned, matte)
        if placement is None:
            return None
        spec, size = planned.plan.spec, (self.plan.shot.width, self.plan.shot.height)
        picture = placement.lay_back(decode_png(planned.frames.read(frame.number)), frame.pixels)
        if matte is None:
            alpha = box_alpha(placement.box, *size)
        else:
            alpha = edge(matte.mask, spec.erode, automatic_blur(size) if spec.feather is None else spec.feather)
        return make_layer(frame.number, planned.name, picture, alpha)

    def _placement(self, planned: PlannedPass, matte: Matte | None) -> Placement | None:
        return planned.plan.place((self.plan.shot.width, self.plan.shot.height), matte)


@contextmanager
def open_work(plan: RenderPlan, engine: Engine, priority: Priority, stop: Event | None) -> Iterator[Work]:
    """The tools for a plan, closed again at the end of the block."""
    with ExitStack() as stack:
        annotator = stack.enter_context(Annotator(plan.openpose.folder if plan.openpose else None))
        finder = stack.enter_context(FaceFinder())
        mattes = {
            p.name: MatteStage(p.plan.spec.region, p.mattes, finder)
            for p in plan.passes
            if p.mattes is not None and isinstance(p.plan.spec.region, Face)
        }
        yield Work(plan, mattes, Runner(engine, annotator.hint, priority, stop))

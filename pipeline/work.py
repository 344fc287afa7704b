"""The passes of a plan at work: batch by batch, each frame finished once, layers on demand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cached_property, lru_cache

from pipeline.ahead import Drawn, Turns
from pipeline.clip.still import decode_png, encode_png
from pipeline.clip.window import Window
from pipeline.composite.over import over
from pipeline.crew import Crew, open_crew
from pipeline.engine.engine import Engine, Priority
from pipeline.files import at_once
from pipeline.filters.chain import filtered
from pipeline.filters.stream import closed, opened
from pipeline.frames import Frame, FrameRange, Layer, Picture
from pipeline.keys import Key
from pipeline.motion.source import Motion
from pipeline.passes.placement import Placement
from pipeline.passes.request import Aids, Slot, control_pictures
from pipeline.passes.run import Result, Runner, run_pass
from pipeline.passes.suspect import Made
from pipeline.passes.temporal import Chain
from pipeline.plan import PlannedPass, RenderPlan
from pipeline.progress import Progress
from pipeline.recipe.passes import ControlKind
from pipeline.scenery import motion_in, plate_of, scene_of
from pipeline.subject import Subject

NEAR = 8
"""Frames that are kept at hand beyond those of two batches and of what they look at."""


class Work:
    """A plan with the crew that carries it out. Not thread-safe: each render opens its own.

    turns: whose it is while a second thread prepares frames (see `ahead`). drawn: controls that are drawn ahead.
    """

    def __init__(self, plan: RenderPlan, crew: Crew, runner: Runner) -> None:
        self.plan, self.crew, self.turns = plan, crew, Turns()
        drawn = 2 * plan.recipe.batch_size * sum(len(p.plan.controls) for p in plan.passes)
        self.drawn = Drawn(runner.hint, drawn, self.turns)
        self.runner = replace(runner, hint=self.drawn.hint, away=self.turns.away)
        self._around = 2 * max(p.plan.spec.looks_ahead for p in plan.passes)
        self._near = NEAR + self._around + 2 * plan.recipe.batch_size
        self.plate = plate_of(plan, crew)
        self._window = Window(self.plate.frames, plan.shot.frames, self._near)
        self._chains: dict[Key, Chain] = {}
        self._subjects: OrderedDict[tuple[str, int], tuple[Subject, ...]] = OrderedDict()
        self._ends: dict[Key, Slot] = {}

    def finish(self, frames: Sequence[Frame]) -> bool:
        """Finish every pass for the frames of one batch. Says whether a model had to run."""
        self.crew.use()
        for frame in frames:
            self._window.keep(frame)
        ran = [self._finish_pass(planned, frames) for planned in self.plan.passes]
        return any(ran)

    def prepare(self, frame: Frame) -> None:
        """Find what the passes work at in a frame that is to be finished, and draw its controls."""
        for planned in self.plan.passes:
            for subject in self.subjects(planned, frame):
                own = subject.planned
                if not own.frames.has(frame.number):
                    plate = frame.pixels
                    self.drawn.draw(own.plan, Slot(frame.number, plate, plate, subject.matte, subject.placement))

    def subjects(self, planned: PlannedPass, frame: Frame) -> tuple[Subject, ...]:
        """What a pass works at in a frame, in the order it is laid over; nothing when its region is not there."""
        at = (planned.name, frame.number)
        if at not in self._subjects:
            self._subjects[at] = tuple(self._looked_for(planned, frame))
            while len(self._subjects) > len(self.plan.passes) * self._near:
                self._subjects.popitem(last=False)
        return self._subjects[at]

    def finished(self, composites: Iterator[Frame]) -> Iterator[Frame]:
        """Composites in order, with the recipe's last filters over them. Raises FootageError."""
        scene = scene_of(self.plan, self.crew, self._picture)
        filters = [settings for settings in self.plan.recipe.finish if settings.enabled]
        return closed(filtered(opened(composites), filters, scene)) if filters else composites

    def layers(self, frame: Frame, passes: Sequence[PlannedPass] | None = None) -> list[Layer]:
        """The finished layers of a frame, bottom first, one for each subject."""
        chosen = self.plan.passes if passes is None else passes
        return [subject.laid_over(frame) for planned in chosen for subject in self.subjects(planned, frame)]

    def controls(self, planned: PlannedPass, frame: Frame) -> dict[ControlKind, Picture]:
        """What each control of a pass sees in a frame, on the pass's canvas; of several people the nearest one's."""
        subjects = self.subjects(planned, frame)
        if not subjects:
            return {}
        slot = self._slot(subjects[-1], frame)
        pictures = control_pictures(planned.plan, [slot], self.runner.hint)[frame.number]
        return {spec.kind: picture for (spec, _), picture in zip(planned.plan.controls, pictures, strict=True)}

    def _looked_for(self, planned: PlannedPass, frame: Frame) -> Iterator[Subject]:
        plate = (self.plan.shot.width, self.plan.shot.height)
        if planned.follows:
            for person in self.crew.people(planned, frame):
                own = planned.of(person.person)
                if own.plan.spec.enabled:
                    placement = own.plan.follow(plate, person.crop)
                    yield Subject(own, placement, person.matte, person.presence, person.face)
            return
        matte = self.crew.matte(planned, frame)
        placement = planned.plan.place(plate, matte)
        if placement is not None:
            yield Subject(planned, placement, matte)

    @cached_property
    def _motion(self) -> Motion:
        return motion_in(self.plan, self._picture, limit=2 * (self._around + NEAR))

    def _picture(self, number: int) -> Picture:
        return self._window.frame(number).pixels

    def _finish_pass(self, planned: PlannedPass, frames: Sequence[Frame]) -> bool:
        """Finish a pass in the frames of one batch, and where it is steadied those around them before."""
        reach = planned.plan.spec.steady.reach
        if reach == 0:
            return self._make(planned, frames)
        undone = [
            (subject.planned, frame.number)
            for frame in frames
            for subject in self.subjects(planned, frame)
            if subject.planned.steadied is not None and not subject.planned.steadied.has(frame.number)
        ]
        if not undone:
            return False
        setup, size = self._motion.setup, self.plan.recipe.batch_size
        first = max(frames[0].number - reach, setup(frames[0].number).first)
        last = min(frames[-1].number + reach, setup(frames[-1].number).last)
        whole = FrameRange(first // size * size, min(last // size * size + size - 1, self.plan.shot.frames.last))
        for numbers in whole.batches(size):
            if planned.plan.spec.source == "below":
                self._finish_below(planned, numbers.first)
            self._make(planned, [self._window.frame(number) for number in numbers])
        for own, number in undone:
            self._steady(own, number)
        return True

    def _steady(self, planned: PlannedPass, number: int) -> None:
        picture = self._chain(planned).steady(number, planned.plan.spec.steady)
        if picture is not None and planned.steadied is not None:
            planned.steadied.use()
            planned.steadied.write(number, encode_png(picture))

    def _chain(self, planned: PlannedPass) -> Chain:
        """The pass along the shot, for one person where people are followed."""

        def subject(number: int) -> Subject | None:
            whole = next(p for p in self.plan.passes if p.name == planned.name)
            found = self.subjects(whole, self._window.frame(number))
            return next((one for one in found if one.planned.key == planned.key), None)

        def slot(number: int) -> Slot | None:
            one = subject(number)
            if one is not None and planned.plan.spec.source == "below":
                self._finish_below(planned, number)
            return None if one is None else self._slot(one, self._window.frame(number))

        def placement(number: int) -> Placement | None:
            one = subject(number)
            return None if one is None else one.placement

        def finished(number: int) -> Picture | None:
            return decode_png(planned.frames.read(number)) if planned.frames.has(number) else None

        if planned.key not in self._chains:
            kept = lru_cache(maxsize=self.plan.recipe.batch_size + NEAR)(slot)
            self._chains[planned.key] = Chain(
                plan=planned.plan,
                placement=placement,
                slot=kept,
                finished=finished,
                keep=lambda result: self._keep(planned, result),
                motion=self._motion,
                runner=self.runner,
                inverted=planned.inverted,
            )
        return self._chains[planned.key]

    def _make(self, planned: PlannedPass, frames: Sequence[Frame]) -> bool:
        """Finish a pass in the frames of one batch, as they are before they are steadied."""
        groups: dict[Key, list[tuple[Frame, Subject]]] = {}
        for frame in frames:
            for subject in self.subjects(planned, frame):
                groups.setdefault(subject.planned.key, []).append((frame, subject))
        ran = [self._finish_subject(group) for group in groups.values()]
        return any(ran)

    def _finish_subject(self, group: Sequence[tuple[Frame, Subject]]) -> bool:
        """Finish one pass, for one person where people are followed, in the frames of one batch."""
        planned = group[0][1].planned
        planned.frames.use()
        if planned.plan.spec.looks_around:
            return self._chain(planned).finish([frame.number for frame, _ in group])
        slots = [self._slot(subject, frame) for frame, subject in group]
        before, self._ends[planned.key] = self._ends.get(planned.key), slots[-1]
        if all(planned.frames.has(slot.frame) for slot in slots):
            return False
        aids = Aids(inverted=planned.inverted)
        self._keep(planned, run_pass(planned.plan, slots, self.runner, self._made(planned, before), aids))
        return True

    def _keep(self, planned: PlannedPass, result: Result) -> None:
        """Finish the frames of a result."""
        for frame, mark in result.marks.items():
            planned.marks.write(frame, mark.encode())
        with self.turns.away():
            at_once(lambda one: planned.frames.write(one[0], encode_png(one[1])), result.pictures.items())

    def _made(self, planned: PlannedPass, slot: Slot | None) -> dict[int, Made]:
        """The last frame of the batch before, finished."""
        return {} if slot is None else {slot.frame: Made(slot.canvas, decode_png(planned.frames.read(slot.frame)))}

    def _slot(self, subject: Subject, frame: Frame) -> Slot:
        source, planned = frame.pixels, subject.planned
        if planned.plan.spec.source == "below":
            names = [p.name for p in self.plan.passes]
            source = over(frame.pixels, self.layers(frame, self.plan.passes[: names.index(planned.name)]))
        return Slot(frame.number, source, frame.pixels, subject.matte, subject.placement, subject.face)

    def _finish_below(self, planned: PlannedPass, number: int) -> None:
        """Finish the passes below for a frame that may lie outside the batch at work."""
        size = self.plan.recipe.batch_size
        first, last = number // size * size, min(number // size * size + size - 1, self.plan.shot.frames.last)
        for lower in self.plan.passes:
            if lower.name == planned.name:
                return
            self._finish_pass(lower, [self._window.frame(at) for at in range(first, last + 1)])


@contextmanager
def open_work(plan: RenderPlan, engine: Engine, priority: Priority, progress: Progress) -> Iterator[Work]:
    """The tools for a plan, closed again at the end of the block.

    Where people are followed and the shot's tracks are not known yet, the whole shot is looked at first.
    Raises FootageError, OutputError or Cancelled.
    """
    with open_crew(plan, progress) as crew:
        work = Work(plan, crew, Runner(engine, crew.hint, priority, progress.stop))
        with closing(work.drawn):
            yield work

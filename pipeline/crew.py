"""Who finds things on the plate for a render: faces, tracks, mattes and control pictures, each looked for once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from pipeline.clip.painted import painted_of
from pipeline.clip.read import read_frames
from pipeline.clip.rendered_motion import motion_key, motion_of
from pipeline.clip.window import Window
from pipeline.frames import Frame, Mask, Matte, Picture
from pipeline.motion.cuts import CutStore
from pipeline.motion.source import Estimated, Given
from pipeline.passes.placement import automatic_blur, resized
from pipeline.passes.request import Slot
from pipeline.people.faces import Faces
from pipeline.people.finder import FaceFinder
from pipeline.people.hair_stage import HairMattes, hair_run
from pipeline.people.hands import HandFinder, hand_matte
from pipeline.people.hands import Hands as HandsSeen
from pipeline.people.landmarks import FacePoints
from pipeline.people.parts import part_matte, part_run
from pipeline.people.seen import NEAR
from pipeline.people.staging import Stand, staged
from pipeline.people.track_stage import TrackStage
from pipeline.people.tracks import Tracks
from pipeline.plan import PlannedPass, RenderPlan
from pipeline.prepare.controls import Annotator
from pipeline.prepare.corrected import CorrectedMattes, People, Stroke
from pipeline.prepare.given import GivenControls
from pipeline.prepare.matte_stage import MatteStage, PeopleMattes, PersonMatte, by_outline
from pipeline.prepare.mattes import growth, hull_matte
from pipeline.prepare.painted import PaintedMattes, painted_key
from pipeline.progress import Progress
from pipeline.recipe.filters import ReferenceHands
from pipeline.recipe.passes import ControlSpec
from pipeline.recipe.regions import Carried, Face, FacePart, Hands, Object, OfPerson, Painted
from pipeline.stage import FrameStore

HELD = 64
"""Frames of the clip that are kept at hand."""
BACK = 24
"""Frames that are read before the one that is asked for, where frames are asked for backwards."""
BLUR_REACH = 2.5
"""Sigmas that the automatic mask blur reaches (see `placement.blurred`)."""


@dataclass(frozen=True, eq=False)
class Crew:
    """The finders of a render. Not thread-safe.

    tracks: of the whole shot; None when no pass follows people. alone, followed: the mattes of each face pass by its
    name, of those that look at every frame alone and of those that follow people or hands. painted: the mattes of
    those that somebody painted. given: what the engine rendered. raw: the clip's own frames, where filters lie over the
    plate. hand_finder: for filters that look for hands. corrected: what was painted onto the mattes of passes.
    """

    plan: RenderPlan
    faces: Faces
    annotator: Annotator
    tracks: Tracks | None
    alone: Mapping[str, MatteStage]
    followed: Mapping[str, PeopleMattes]
    painted: Mapping[str, PaintedMattes]
    given: GivenControls | None = None
    raw: Callable[[int], Picture] | None = None
    hand_finder: HandFinder | None = None
    corrected: Mapping[str, CorrectedMattes] = field(default_factory=dict[str, CorrectedMattes])

    def _as_shot(self, frame: Frame) -> Frame:
        """The frame as the clip has it: faces are looked for there, whatever filters lie over the plate."""
        return frame if self.raw is None else Frame(frame.number, self.raw(frame.number))

    def ahead(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """The plate's frames in order, each when those that faces are looked for in beside it are at hand."""
        return self.faces.ahead(frames) if self.raw is None else frames

    def use(self) -> None:
        """Note that what is read is in use, which keeps it from being cleared away. Raises OutputError."""
        self.faces.store.use()
        for stage in (*self.alone.values(), *self.painted.values()):
            stage.store.use()
        for corrections in self.corrected.values():
            corrections.use()

    def shares(self, planned: PlannedPass) -> tuple[PlannedPass, ...]:
        """The pass for each person whom it follows, or the pass itself."""
        if planned.name not in self.followed:
            return (planned,)
        return tuple(planned.of(person) for person in self.followed[planned.name].people)

    def matte(self, planned: PlannedPass, frame: Frame) -> Matte | None:
        """The matte of a pass that follows nobody; None when it has the whole frame or its region is not there."""
        found = self._found(planned, frame)
        return self.corrected[planned.name].matte(frame.number, found) if planned.name in self.corrected else found

    def _found(self, planned: PlannedPass, frame: Frame) -> Matte | None:
        region = planned.plan.spec.region
        if isinstance(region, Object):
            return None if self.given is None else self.given.matte(region, frame.number)
        if isinstance(region, Painted):
            return self.painted[planned.name].matte(frame.number)
        stage = self.alone.get(planned.name)
        return None if stage is None else stage.matte(self._as_shot(frame))

    def people(self, planned: PlannedPass, frame: Frame) -> tuple[PersonMatte, ...]:
        """The people that a pass follows in a frame, the nearest last."""
        found = self.followed[planned.name].mattes(frame.number, (self.plan.shot.width, self.plan.shot.height))
        return self.corrected[planned.name].people(frame.number, found) if planned.name in self.corrected else found

    def mask(self, planned: PlannedPass, frame: Frame) -> Mask | None:
        """All that a pass works at in a frame: uint8 [height, width], 255 = inside; None where there is nothing."""
        if planned.follows:
            masks = [person.matte.mask for person in self.people(planned, frame)]
            return np.maximum.reduce(masks) if masks else None
        matte = self.matte(planned, frame)
        return None if matte is None else matte.mask

    def hint(self, spec: ControlSpec, slot: Slot) -> Picture:
        """What a control sees of a slot, at the size of its canvas's content."""
        size = (slot.placement.content.width, slot.placement.content.height)
        if spec.source == "rendered" and self.given is not None:
            picture = self.given.picture(spec, slot.frame, slot.placement.angle)
            return resized(slot.placement.cut(picture), size)
        faces = None
        if spec.kind != "canny":
            found = self.faces.of(self._as_shot(Frame(slot.frame, slot.plate)))
            placed = (slot.placement.on_content(face.points) for face in found)
            faces = [points for points in placed if inside(points, size)]
        return self.annotator.hint(spec.kind, slot.cut, size, faces)


@contextmanager
def open_crew(plan: RenderPlan, progress: Progress) -> Iterator[Crew]:
    """The finders that a plan needs, closed again at the end of the block. Raises FootageError, OutputError, Cancelled.

    Where people are followed and the shot's tracks are not known yet, the whole shot is looked at.
    """
    with ExitStack() as stack:
        finder = stack.enter_context(FaceFinder())
        faces = Faces(plan.shot, plan.cache, finder, HELD if plan.filters else NEAR)
        annotator = stack.enter_context(Annotator(plan.openpose.folder if plan.openpose else None, finder))
        stage = TrackStage.of(faces)
        tracks = stage.tracks(progress) if plan.follows else None
        hands = hand_stage(plan, stack) if plan.follows_hands else None
        hand_tracks = None if hands is None else hands.tracks(progress)
        alone, followed, painted = dict[str, MatteStage](), dict[str, PeopleMattes](), dict[str, PaintedMattes]()
        for planned in plan.passes:
            region = planned.plan.spec.region
            if isinstance(region, Face) and planned.mattes is not None:
                alone[planned.name] = MatteStage(region, planned.mattes, faces)
            elif isinstance(region, Face | FacePart) and tracks is not None:
                followed[planned.name] = people_mattes(plan, region, tracks, stage, stack)
            elif isinstance(region, Hands) and hand_tracks is not None and hands is not None:
                followed[planned.name] = people_mattes(plan, region, hand_tracks, hands, stack)
            elif isinstance(region, Painted) and tracks is not None:
                painted[planned.name] = painted_mattes(plan, planned.name, region, tracks, faces)
        corrected = corrected_mattes(plan, tracks, faces, followed) if tracks is not None else {}
        given = None if plan.shot.rendered is None else GivenControls(plan.shot.rendered)
        raw, finder_of_hands = raw_frames(plan, faces), reference_finder(plan, stack)
        yield Crew(plan, faces, annotator, tracks, alone, followed, painted, given, raw, finder_of_hands, corrected)


def reference_finder(plan: RenderPlan, stack: ExitStack) -> HandFinder | None:
    """Who finds hands in pictures, where a filter asks for it."""
    filters = (f for f in (*plan.recipe.prepare, *plan.recipe.finish) if f.enabled)
    asked = any(isinstance(settings, ReferenceHands) for settings in filters)
    return stack.enter_context(HandFinder()) if asked else None


def hand_stage(plan: RenderPlan, stack: ExitStack) -> TrackStage:
    """The tracks of the shot's hands; their finder is closed with the stack."""
    return TrackStage.of(HandsSeen(plan.shot, plan.cache, stack.enter_context(HandFinder())))


def people_mattes(
    plan: RenderPlan, region: OfPerson, tracks: Tracks, stage: TrackStage, stack: ExitStack
) -> PeopleMattes:
    """The mattes of a region that is followed. stage: where its tracks come from. stack: closes what finds hair."""
    rate = float(plan.shot.rate)
    stand = Stand((plan.shot.width, plan.shot.height), rate, margin(plan, region), stage.cuts.cuts())
    seen, part = stage.faces, None
    draw = by_outline(hand_matte if isinstance(region, Hands) else hull_matte, seen)
    if isinstance(region, FacePart) and region.part == "hair":
        hair = stack.enter_context(HairMattes(plan.shot, plan.cache, seen, plan.hair))
        draw, part = hair.matte, hair_run
    elif isinstance(region, FacePart):
        draw = by_outline(partial(part_matte, region.part), seen)
        part = partial(part_run, part=region.part, faces=seen, rate=rate)
    return PeopleMattes(tracks.people, staged(tracks, region, stand, part), draw)


def corrected_mattes(
    plan: RenderPlan, tracks: Tracks, faces: Faces, followed: Mapping[str, PeopleMattes]
) -> dict[str, CorrectedMattes]:
    """What was painted onto the mattes of each pass that has such corrections, by the pass's name."""
    plate, found = (plan.shot.width, plan.shot.height), dict[str, CorrectedMattes]()

    def people(name: str) -> People | None:
        return (lambda frame: followed[name].mattes(frame, plate)) if name in followed else None

    for name, corrections in ((planned.name, planned.plan.spec.corrections) for planned in plan.passes):
        if corrections:
            strokes = (Stroke(c.mode, painted_mattes(plan, name, c, tracks, faces), people(name)) for c in corrections)
            found[name] = CorrectedMattes(tuple(strokes), BLUR_REACH * automatic_blur(plate))
    return found


def painted_mattes(plan: RenderPlan, name: str, region: Carried, tracks: Tracks, faces: Faces) -> PaintedMattes:
    """What somebody painted for the pass of this name, carried along the clip as it came."""
    shot = plan.shot
    window = Window(lambda frames: read_frames(shot, frames), shot.frames, HELD)
    cuts = CutStore.of(shot, plan.cache).cuts()

    def picture(number: int) -> Picture:
        """Read a stretch at once: on the way back every frame would be sought by itself."""
        window.frame(max(number - BACK, cuts.setup(number).first))
        return window.frame(number).pixels

    estimated = Estimated(picture, cuts.setup, limit=4)
    motion = estimated if motion_key(shot) is None else Given(motion_of(shot, picture).flow, estimated)
    store = FrameStore(plan.cache, painted_key(shot, region), ".npz")
    room = margin(plan, region) if isinstance(region, Painted) else 0.0
    return PaintedMattes(region, painted_of(shot, name, region), motion, tracks, faces, store, room)


def raw_frames(plan: RenderPlan, faces: Faces) -> Callable[[int], Picture] | None:
    """The clip's own frames by number, asked for more or less in order; None where the plate is the clip."""
    return (lambda number: faces.frame(number).pixels) if plan.filters else None


def inside(points: FacePoints, size: tuple[int, int]) -> bool:
    """Whether the middle of a face lies in a picture of (width, height)."""
    middle = points[:, :2].mean(axis=0)
    return bool((middle >= 0).all() and (middle < size).all())


def margin(plan: RenderPlan, region: OfPerson | Painted) -> float:
    """Plate pixels round a region that its crop must show: growth and blur of the matte, and the padding."""
    plate = (plan.shot.width, plan.shot.height)
    grows = growth(plate[1]) if isinstance(region, Face) else 0
    return grows + BLUR_REACH * automatic_blur(plate) + region.padding

"""Who finds things on the plate for a render: faces, tracks, mattes and control pictures, each looked for once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from pipeline.clip.read import read_frames
from pipeline.clip.window import Window
from pipeline.frames import Frame, Matte, Picture
from pipeline.passes.placement import automatic_blur, resized
from pipeline.passes.run import Slot
from pipeline.people.faces import Faces
from pipeline.people.finder import FaceFinder
from pipeline.people.landmarks import FacePoints
from pipeline.people.staging import Stand, staged
from pipeline.people.track_stage import TrackStage
from pipeline.people.tracks import Tracks
from pipeline.plan import PlannedPass, RenderPlan
from pipeline.prepare.controls import Annotator
from pipeline.prepare.given import GivenControls
from pipeline.prepare.matte_stage import MatteStage, PeopleMattes, PersonMatte
from pipeline.prepare.mattes import growth
from pipeline.progress import Progress
from pipeline.recipe.passes import ControlSpec, Face, Object

HELD = 64
"""Frames of the clip that are kept at hand."""
BLUR_REACH = 2.5
"""Sigmas that the automatic mask blur reaches (see `placement.blurred`)."""


@dataclass(frozen=True, eq=False)
class Crew:
    """The finders of a render. Not thread-safe.

    tracks: of the whole shot; None when no pass follows people. alone, followed: the mattes of each face pass by its
    name, of those that look at every frame alone and of those that follow people. given: what the engine rendered.
    raw: the clip's own frames, where filters lie over the plate.
    """

    plan: RenderPlan
    faces: Faces
    annotator: Annotator
    tracks: Tracks | None
    alone: Mapping[str, MatteStage]
    followed: Mapping[str, PeopleMattes]
    given: GivenControls | None = None
    raw: Callable[[int], Picture] | None = None

    def _as_shot(self, frame: Frame) -> Frame:
        """The frame as the clip has it: faces are looked for there, whatever filters lie over the plate."""
        return frame if self.raw is None else Frame(frame.number, self.raw(frame.number))

    def use(self) -> None:
        """Note that what is read is in use, which keeps it from being cleared away. Raises OutputError."""
        self.faces.store.use()
        for stage in self.alone.values():
            stage.store.use()

    def shares(self, planned: PlannedPass) -> tuple[PlannedPass, ...]:
        """The pass for each person whom it follows, or the pass itself."""
        if not planned.follows or self.tracks is None:
            return (planned,)
        return tuple(planned.of(person) for person in self.tracks.people)

    def matte(self, planned: PlannedPass, frame: Frame) -> Matte | None:
        """The matte of a pass that looks at every frame alone; None when it has the whole frame or finds no face."""
        region = planned.plan.spec.region
        if isinstance(region, Object):
            return None if self.given is None else self.given.matte(region, frame.number)
        stage = self.alone.get(planned.name)
        return None if stage is None else stage.matte(self._as_shot(frame))

    def people(self, planned: PlannedPass, frame: Frame) -> tuple[PersonMatte, ...]:
        """The people that a pass follows in a frame, the nearest last."""
        return self.followed[planned.name].mattes(self._as_shot(frame))

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
        faces = Faces(plan.shot, plan.cache, finder)
        annotator = stack.enter_context(Annotator(plan.openpose.folder if plan.openpose else None, finder))
        stage = TrackStage.of(faces)
        tracks = stage.tracks(progress) if plan.follows else None
        alone, followed = dict[str, MatteStage](), dict[str, PeopleMattes]()
        for planned in plan.passes:
            region = planned.plan.spec.region
            if isinstance(region, Face) and planned.mattes is not None:
                alone[planned.name] = MatteStage(region, planned.mattes, faces)
            elif isinstance(region, Face) and tracks is not None:
                plate, rate = (plan.shot.width, plan.shot.height), float(plan.shot.rate)
                stand = Stand(plate, rate, margin(plan, region), stage.cuts.cuts())
                followed[planned.name] = PeopleMattes(staged(tracks, region, stand), faces)
        given = None if plan.shot.rendered is None else GivenControls(plan.shot.rendered)
        yield Crew(plan, faces, annotator, tracks, alone, followed, given, raw_frames(plan))


def raw_frames(plan: RenderPlan) -> Callable[[int], Picture] | None:
    """The clip's own frames by number, asked for more or less in order; None where the plate is the clip."""
    if not plan.filters:
        return None
    window = Window(lambda frames: read_frames(plan.shot, frames), plan.shot.frames, HELD)
    return lambda number: window.frame(number).pixels


def inside(points: FacePoints, size: tuple[int, int]) -> bool:
    """Whether the middle of a face lies in a picture of (width, height)."""
    middle = points[:, :2].mean(axis=0)
    return bool((middle >= 0).all() and (middle < size).all())


def margin(plan: RenderPlan, region: Face) -> float:
    """Plate pixels round a face that its crop must show: growth and blur of the matte, and the padding."""
    plate = (plan.shot.width, plan.shot.height)
    return growth(plate[1]) + BLUR_REACH * automatic_blur(plate) + region.padding

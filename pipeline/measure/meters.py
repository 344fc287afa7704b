"""Everything that is read from plate, render and ceiling copy, frame after frame."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from pipeline.frames import Picture
from pipeline.measure.acting import (
    Acting,
    CurveFigures,
    Person,
    curve_figures,
    expression_kept,
    faces_found,
    finer_figures,
)
from pipeline.measure.aids import NO_FACE_MODEL, Aids
from pipeline.measure.blendshapes import SHAPES, shapes_in
from pipeline.measure.blinks import Blinks, blinks_of
from pipeline.measure.closeup import look
from pipeline.measure.compare import Figure
from pipeline.measure.likeness import FaceLikeness, LikenessMeter
from pipeline.measure.pictures import PictureFigures, PictureMeter
from pipeline.measure.whom import Followed
from pipeline.people.blendshapes import FaceShapes
from pipeline.people.landmarks import FaceMesh
from pipeline.people.silhouette import Silhouettes


@dataclass(frozen=True, eq=False)
class Performance:
    """What the faces did.

    frames_with_face: in how many frames the plate shows a face. found: share of the plate's faces in the render.
    kept: see `acting.expression_kept`. curves: empty when the plate shows no face. finer: each eye alone and the gaze.
    people: the curves of every person in every set-up. shapes, shapes_reason: the blendshapes that move in the plate,
    and why there are none.
    """

    frames_with_face: int
    found: Figure
    kept: Figure
    curves: tuple[CurveFigures, ...]
    finer: tuple[CurveFigures, ...]
    blinks: tuple[Blinks, ...]
    people: tuple[Person, ...]
    shapes: tuple[CurveFigures, ...] = ()
    shapes_reason: str = NO_FACE_MODEL

    @classmethod
    def of(cls, people: Sequence[Person], shaped: Sequence[Person] | None = None) -> Performance:
        """The figures of everybody's mesh curves, and of their blendshapes where a model has read them."""
        curves = curve_figures(people)
        moving = [one for one in curve_figures(shaped or (), SHAPES.names) if one.kept.ceiling is not None]
        still = "nothing moves" if people else "no face in the plate"
        return cls(
            frames_with_face=len({frame for person in people for frame in person.frames}),
            found=faces_found(people),
            kept=expression_kept(curves),
            curves=curves,
            finer=finer_figures(people),
            blinks=blinks_of(people),
            people=tuple(people),
            shapes=tuple(moving),
            shapes_reason=NO_FACE_MODEL if shaped is None else "" if moving else still,
        )


class Meters:
    """All measures that need the pictures, with the models that are at hand. Use it in a `with`."""

    def __init__(self, aids: Aids) -> None:
        """Raises ModelMissing when the file of a face model cannot be read as one."""
        self._open = ExitStack()
        with ExitStack() as opening:
            self._mesh = opening.enter_context(FaceMesh())
            self._pictures = PictureMeter(opening.enter_context(Silhouettes()))
            self._likeness, self._flow = LikenessMeter(aids.models, aids.character), aids.flow
            weights = aids.models.landmarker
            self._shapes = None if weights is None else opening.enter_context(FaceShapes(weights))
            self._beside = opening.enter_context(ThreadPoolExecutor(1, "measure pictures"))
            self._open = opening.pop_all()
        self._acting, self._shaped = Acting(), Acting(SHAPES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def step(self, number: int, clips: Sequence[Picture], people: Sequence[Followed], cut: bool) -> None:
        """Look at frame `number` of plate, render and ceiling copy. cut: whether the plate begins a new set-up with it.

        Faces and pictures are read side by side, each on a thread of its own: neither needs the other.
        """
        known = None if cut or self._flow is None else self._flow(number, number - 1)
        pictures = self._beside.submit(self._pictures.step, clips, [one.box for one in people], cut, known)
        for one in people:
            self._acting.add(number, one.person, np.stack([look(clip, one.box, self._mesh) for clip in clips]))
            if self._shapes is not None:
                shapes = np.stack([shapes_in(clip, one.box, self._shapes) for clip in clips])
                self._shaped.add(number, one.person, shapes)
            self._likeness.step(number, one.person, clips, one.box)
        pictures.result()

    def performance(self) -> Performance:
        """What the faces did in all frames so far."""
        return Performance.of(self._acting.people(), None if self._shapes is None else self._shaped.people())

    def pictures(self) -> PictureFigures:
        """What the pictures say of all frames so far."""
        return self._pictures.figures()

    def likeness(self) -> FaceLikeness:
        """How much alike the faces are, or why that cannot be said."""
        return self._likeness.likeness()

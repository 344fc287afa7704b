"""What a pass works at in one frame, and the layer that comes of it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.clip.still import decode_png
from pipeline.composite.layer import box_alpha, edge, make_layer
from pipeline.frames import Crop, Frame, Layer, Matte, Picture
from pipeline.passes.placement import Placement
from pipeline.plan import PlannedPass


@dataclass(frozen=True, eq=False)
class Subject:
    """What a pass works at in one frame: the whole of it, all faces at once, or one person.

    planned: the pass, for that person where people are followed. presence: 0..1, how fully it is laid over. face: the
    square that keeps to the person's face.
    """

    planned: PlannedPass
    placement: Placement
    matte: Matte | None
    presence: float = 1.0
    face: Crop | None = None

    def laid_over(self, frame: Frame) -> Layer:
        """The finished layer of this subject in a plate frame."""
        spec, size = self.planned.plan.spec, (frame.pixels.shape[1], frame.pixels.shape[0])
        picture = self._finished(frame)
        if self.matte is None:
            alpha = box_alpha(self.placement.box, *size)
        else:
            feather = self.planned.plan.mask_blur(size) if spec.feather is None else spec.feather
            alpha = edge(self.matte.mask, spec.erode, feather)
        return make_layer(frame.number, self.planned.name, picture, alpha * self.presence)

    def _finished(self, frame: Frame) -> Picture:
        """The plate frame with what is finished in its place, steadied where the pass is."""
        if self.planned.steadied is None:
            return self.placement.lay_back(decode_png(self.planned.frames.read(frame.number)), frame.pixels)
        picture = frame.pixels.copy()
        self.placement.box.cut(picture)[:] = decode_png(self.planned.steadied.read(frame.number))
        return picture

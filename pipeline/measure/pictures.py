"""Everything that is read from the pictures themselves: flicker, detail, texture, structure and distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.frames import Box, Flow, Picture
from pipeline.measure.acting import PLATE
from pipeline.measure.detail import BANDS, DetailMeter, detail, texture
from pipeline.measure.detail import NOTHING as NO_DETAIL
from pipeline.measure.distance import NOTHING as NOWHERE
from pipeline.measure.distance import distance, distance_step
from pipeline.measure.flicker import FlickerMeter
from pipeline.measure.luma import luma_of
from pipeline.measure.motion import Motion
from pipeline.measure.regions import REGIONS, RegionFigures, Sums, parts_of, region_figures
from pipeline.measure.steadiness import RegionFlicker, region_flicker
from pipeline.measure.structure import NOTHING as NO_EDGES
from pipeline.measure.structure import PARTS, structure, structure_step
from pipeline.people.silhouette import Silhouettes


@dataclass(frozen=True)
class PictureFigures:
    """What the pictures say, by region. detail, texture: their bands are parts. structure: what is lost and added.
    distance: from the engine look, in levels of 255.
    """

    flicker: tuple[RegionFlicker, ...]
    detail: tuple[RegionFigures, ...]
    texture: tuple[RegionFigures, ...]
    structure: tuple[RegionFigures, ...]
    distance: tuple[RegionFigures, ...]


class PictureMeter:
    """Measures the clips of one plate side by side. Keeps sums of every frame, and pictures of one."""

    def __init__(self, silhouettes: Silhouettes) -> None:
        self._silhouettes = silhouettes
        self._motion, self._flicker, self._detail = Motion(), FlickerMeter(), DetailMeter()
        names = ("flicker", "detail", "texture", "structure", "distance")
        self._sums: dict[str, list[Sums | None]] = {name: [] for name in names}

    def step(self, clips: Sequence[Picture], faces: Sequence[Box], cut: bool, known: Flow | None = None) -> None:
        """Look at the next frame of the clips (uint8 RGB of one size, the plate first). faces: in the plate.

        known: the plate's flow from this frame to the one before, where somebody knows it.
        """
        motion = self._motion.step(clips[PLATE], cut, known)
        parts = parts_of(self._silhouettes.find(clips[PLATE]), faces)
        lumas = [luma_of(clip) for clip in clips]
        shared, staying = self._detail.step(lumas, motion, parts)
        self._sums["flicker"].append(self._flicker.step(clips, motion, parts))
        self._sums["detail"].append(shared)
        self._sums["texture"].append(staying)
        self._sums["structure"].append(structure_step(lumas, parts))
        self._sums["distance"].append(distance_step(clips, parts))

    def figures(self) -> PictureFigures:
        """What the frames so far say."""
        sums = self._sums
        return PictureFigures(
            flicker=tuple(region_flicker(name, sums["flicker"]) for name in REGIONS),
            detail=tuple(region_figures(name, sums["detail"], detail, BANDS, NO_DETAIL) for name in REGIONS),
            texture=tuple(region_figures(name, sums["texture"], texture, BANDS, NO_DETAIL) for name in REGIONS),
            structure=tuple(region_figures(name, sums["structure"], structure, PARTS, NO_EDGES) for name in REGIONS),
            distance=tuple(region_figures(name, sums["distance"], distance, (), NOWHERE) for name in REGIONS),
        )

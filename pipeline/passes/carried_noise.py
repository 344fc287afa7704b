"""Noise for a pass that lies on the plate's surfaces: the plate's flow as the pass's canvas sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.engine.batch import CarriedNoise
from pipeline.frames import Flow
from pipeline.motion.flow import fetch, inside
from pipeline.motion.noise import Carrier, Life, Origins, lives
from pipeline.motion.source import Motion
from pipeline.passes.placement import MULTIPLE, Placement


@dataclass(frozen=True, eq=False)
class NoiseOnSurfaces:
    """The carried noise of frames. Carriers go on from where they were last; one step of each is kept.

    placement: where the pass lies in a frame; None where it has nothing to do, and carriers begin anew behind.
    """

    motion: Motion
    placement: Callable[[int], Placement | None]
    newest: dict[int, Carrier] = field(default_factory=dict)

    def of(self, frames: Sequence[int], grid: tuple[int, int]) -> CarriedNoise:
        """The noise of these frames. grid: height and width in cells."""
        pairs = [lives(frame, self.motion.setup(frame).first) for frame in frames]
        made = {
            frame: np.stack([self._origins(life, frame, grid) for life in pair])
            for frame, pair in sorted(zip(frames, pairs, strict=True), key=lambda one: one[0])
        }
        origins = [made[frame] for frame in frames]
        carriers = tuple((older.carrier, newer.carrier) for older, newer in pairs)
        return CarriedNoise(np.stack(origins), carriers, tuple((older.share, newer.share) for older, newer in pairs))

    def _origins(self, life: Life, frame: int, grid: tuple[int, int]) -> Origins:
        carrier = self.newest.get(life.carrier)
        if carrier is None or not life.start <= carrier.frame <= frame:
            carrier = Carrier.fresh(life.start, *grid)
        while carrier.frame < frame:
            step = self.motion.step(carrier.frame, carrier.frame + 1)
            here, there = self.placement(carrier.frame), self.placement(carrier.frame + 1)
            if step is None or here is None or there is None:
                carrier = Carrier.fresh(carrier.frame + 1, *grid)
            else:
                carrier = carrier.moved(on_canvas(step, here, there, grid))
        self.newest[life.carrier] = carrier
        for old in [number for number in self.newest if number < life.carrier - 1]:
            del self.newest[old]
        return carrier.origins


def on_canvas(flow: Flow, here: Placement, there: Placement, grid: tuple[int, int]) -> Flow:
    """A flow of the plate, as it is seen on a pass's canvas, in cells of `grid` (height, width).

    here, there: where the pass lies in `flow.frame` and in `flow.to`.
    """
    rows, columns = np.indices(grid, dtype=np.float32)
    middles = np.stack((columns, rows), axis=-1).reshape(-1, 2) * MULTIPLE + (MULTIPLE - 1) / 2
    here_map, there_map = canvas_map(here), canvas_map(there)
    plate = (middles - here_map[:, 2]) @ np.linalg.inv(here_map[:, :2]).T
    at = tuple(plate[:, axis].reshape(grid).astype(np.float32) for axis in (0, 1))
    vectors = fetch(flow.vectors, (at[0], at[1])).reshape(-1, 2)
    moved = (plate + vectors) @ there_map[:, :2].T + there_map[:, 2]
    step = ((moved - middles) / MULTIPLE).reshape(*grid, 2).astype(np.float32)
    height, width = flow.seen.shape
    on_plate = (at[0] > -1) & (at[1] > -1) & (at[0] < width) & (at[1] < height)
    seen = fetch(flow.seen.astype(np.float32), (at[0], at[1])) > 0.5
    return Flow(flow.frame, flow.to, step, seen & on_plate & inside((columns + step[..., 0], rows + step[..., 1])))


def canvas_map(placement: Placement) -> np.ndarray:
    """float64 [2, 3]: from the index of a plate pixel to that of the canvas's. Whole numbers are middles of pixels."""
    cut = placement.upright_size
    content = placement.content
    scale = np.diag([content.width / cut[0], content.height / cut[1]])
    place = scale @ placement.onto_cut
    place[:, 2] += np.diag(scale) * 0.5 - 0.5 + np.array([content.x, content.y])
    return place

"""A pass along a shot: what its frames take over from each other, and how they are steadied afterwards.

Everything a frame hangs on lies in one set-up, on an absolute grid, and is read from finished frames in the store. So
it makes no difference where a render begins, stops and goes on (docs/decisions/0010-temporal-modes.md).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from pipeline.frames import Flow, FrameRange, Picture
from pipeline.motion.carry import KeyFrames, blended, carried, key_frames, spread
from pipeline.motion.source import Motion, between, walk
from pipeline.motion.steady import Look, steadied
from pipeline.motion.windows import Windows
from pipeline.passes.carried_noise import NoiseOnSurfaces
from pipeline.passes.placement import Placement
from pipeline.passes.plan import PassPlan
from pipeline.passes.request import Aids, Slot
from pipeline.passes.run import Result, Runner, run_pass
from pipeline.passes.suspect import Mark
from pipeline.recipe.temporal import AnimateDiff, GuidedStart, Propagated, SharedAttention, Steady
from pipeline.stage import FrameStore

WINDOWS = 4
"""Windows whose frames stay in memory; with an overlap of more than three quarters some are made twice."""
LEAST_HOLE = 16
"""Canvas pixels that no key frame shows, below which no model is asked: the guess from around them is enough."""


@dataclass(frozen=True, eq=False)
class Chain:
    """One pass along a shot, for one person where people are followed.

    placement, slot: where it lies in a frame, and the frame's slot; None when the pass has nothing to do there.
    finished: a finished frame on its canvas; None when it is not finished. keep: finishes the frames of a result.
    motion: the plate's. inverted: where noise that is read off the source is kept; None where noise is drawn.
    laid, made: frames laid back and windows made last.
    """

    plan: PassPlan
    placement: Callable[[int], Placement | None]
    slot: Callable[[int], Slot | None]
    finished: Callable[[int], Picture | None]
    keep: Callable[[Result], None]
    motion: Motion
    runner: Runner
    inverted: FrameStore | None = None
    laid: OrderedDict[int, tuple[Slot, Picture, np.ndarray]] = field(default_factory=OrderedDict)
    made: OrderedDict[FrameRange, Result] = field(default_factory=OrderedDict)

    def finish(self, frames: Sequence[int]) -> bool:
        """Finish the frames of one batch that lie in the pass. Says whether a model had to run."""
        undone = [frame for frame in frames if self.finished(frame) is None and self.slot(frame) is not None]
        mode = self.plan.spec.temporal
        if isinstance(mode, GuidedStart | Propagated):
            for frame in undone:
                self._finish_after_keys(frame, mode)
        elif isinstance(mode, AnimateDiff):
            for frame in undone:
                self._finish_in_windows(frame, mode)
        elif undone:
            self._finish_together(frames, mode.every if isinstance(mode, SharedAttention) else None)
        return bool(undone)

    def look(self, frame: int, kept: int = 4) -> Look | None:
        """What the pass makes of the plate in a finished frame; None where it has nothing to do."""
        if frame not in self.laid:
            slot, picture = self.slot(frame), self.finished(frame)
            if slot is None or picture is None:
                return None
            blank = np.zeros_like(slot.source)
            known = slot.placement.lay_back(np.full_like(picture, 255), blank)[..., 0] > 0
            self.laid[frame] = (slot, slot.placement.lay_back(picture, slot.source), known)
            while len(self.laid) > kept:
                self.laid.popitem(last=False)
        slot, result, known = self.laid[frame]
        return Look.of(result, slot.source, known)

    def steady(self, frame: int, settings: Steady) -> Picture | None:
        """A finished frame, steadied: uint8, what lies in its box on the plate; None where there is nothing to do."""
        kept = 2 * settings.reach + 2
        own, slot = self.look(frame, kept), self.slot(frame)
        if own is None or slot is None:
            return None
        around = self._around(frame, settings.reach, kept)
        look = steadied(own, around, settings.tolerance, slot.placement.box, settings.own_below)
        return slot.placement.box.cut(look.on(slot.source))

    def _around(self, frame: int, reach: int, kept: int) -> Iterator[tuple[Flow, Look]]:
        setup = self.motion.setup(frame)
        for end in (max(frame - reach, setup.first), min(frame + reach, setup.last)):
            for flow in walk(self.motion, frame, end):
                look = self.look(flow.to, kept)
                if look is not None:
                    yield flow, look

    def _finish_together(self, frames: Sequence[int], every: int | None) -> None:
        """A batch at once, with the key frames around it to look at."""
        slots = [slot for frame in frames if (slot := self.slot(frame)) is not None]
        aids = Aids(noise=self._noise, inverted=self.inverted)
        if every is not None:
            keys = {slot.frame: self._keys(slot.frame, every) for slot in slots}
            wanted = sorted({key for one in keys.values() for key in (one.before, one.after) if key is not None})
            leading = tuple(slot for key in wanted if (slot := self.slot(key)) is not None)
            aids = replace(aids, leading=leading, keys=keys)
        self.keep(run_pass(self.plan, slots, self.runner, None, aids))

    def _keys(self, frame: int, every: int) -> KeyFrames:
        return key_frames(frame, every, self.motion.setup(frame))

    @cached_property
    def _noise(self) -> NoiseOnSurfaces | None:
        return NoiseOnSurfaces(self.motion, self.placement) if self.plan.spec.noise == "warped" else None

    def _finish_in_windows(self, frame: int, mode: AnimateDiff) -> None:
        """A frame from the windows that it lies in, each counting by its share."""
        windows = Windows(self.motion.setup(frame), mode.window, mode.overlap)
        parts = [(self._window(window), share) for window, share in windows.shares(frame)]
        mixed = np.sum([share * made.pictures[frame].astype(np.float64) for made, share in parts], axis=0)
        suspect, _ = max(parts, key=lambda part: part[1])
        marked: dict[int, Mark] = {frame: suspect.marks[frame]} if frame in suspect.marks else {}
        self.keep(Result({frame: np.round(mixed).astype(np.uint8)}, marked))

    def _window(self, window: FrameRange) -> Result:
        """All frames of a window that lie in the pass, made together; the last few windows are remembered."""
        if window not in self.made:
            slots = [slot for number in window if (slot := self.slot(number)) is not None]
            self.made[window] = run_pass(self.plan, slots, self.runner, None, Aids(noise=self._noise, together=True))
            while len(self.made) > WINDOWS:
                self.made.popitem(last=False)
        self.made.move_to_end(window)
        return self.made[window]

    def _finish_after_keys(self, frame: int, mode: GuidedStart | Propagated) -> None:
        """A frame for which its key frames, and with a guided start those on the way to it, are finished first."""
        keys = self._keys(frame, mode.every)
        for key in (keys.before, keys.after):
            if key is not None:
                self._finish_one(key, None)
        if isinstance(mode, Propagated):
            self._propagate(frame, keys, mode)
            return
        for at in range(keys.before + 1, frame + 1):
            self._finish_one(at, lambda slot: self._guided(slot, self._keys(slot.frame, mode.every), mode.strength))

    def _finish_one(self, frame: int, started: Callable[[Slot], Slot] | None) -> None:
        """A frame alone in its batch, from its source or from what `started` makes of it."""
        slot = self.slot(frame)
        if slot is not None and self.finished(frame) is None:
            starts = {} if started is None else {frame: started(slot).canvas}
            aids = Aids(noise=self._noise, starts=starts, alone=True)
            self.keep(run_pass(self.plan, [slot], self.runner, None, aids))

    def _guided(self, slot: Slot, keys: KeyFrames, strength: float) -> Slot:
        """The slot, its source with the look of the frame before, and of the next key frame the nearer that is."""
        towards = [(slot.frame - 1, 1 - keys.share), (keys.after, keys.share)]
        look = self._brought(slot.frame, towards)
        if look is None:
            return slot
        change = look.change * (strength * look.known)[..., None]
        return replace(slot, source=Look(change, look.known).on(slot.source))

    def _brought(self, frame: int, towards: Sequence[tuple[int | None, float]]) -> Look | None:
        """The looks of other frames, brought to this one and blended by their shares; None when there are none."""
        looks: list[tuple[Look, float]] = []
        for other, share in towards:
            flow = None if other is None else between(self.motion, frame, other)
            look = None if other is None or flow is None else self.look(other)
            if flow is not None and look is not None:
                looks.append((carried(look, flow), share))
        return blended(looks) if looks else None

    def _propagate(self, frame: int, keys: KeyFrames, mode: Propagated) -> None:
        """A frame between key frames, from their looks; a model paints what none of them shows."""
        slot = self.slot(frame)
        if slot is None or self.finished(frame) is not None:
            return
        look = self._brought(frame, [(keys.before, 1 - keys.share), (keys.after, keys.share)])
        if look is None:
            self._finish_one(frame, None)
            return
        filled = replace(slot, source=spread(look).on(slot.source))
        holes = slot.placement.to_canvas(slot.placement.cut(np.where(look.known, 0, 255).astype(np.uint8)))
        if mode.fill_strength == 0 or np.count_nonzero(holes > 127) < LEAST_HOLE:
            self.keep(Result({frame: filled.canvas}, {}))
            return
        aids = Aids(noise=self._noise, strength=mode.fill_strength, holes={frame: holes}, alone=True)
        self.keep(run_pass(self.plan, [filled], self.runner, None, aids))

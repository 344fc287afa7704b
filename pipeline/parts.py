"""What a finished frame is put together from, and what of it is written beside the movie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.clip.still import encode_png
from pipeline.composite.layer import straight_rgba
from pipeline.composite.surround import Stack, Stacked
from pipeline.files import at_once, atomic
from pipeline.frames import Frame, FrameRange, Layer, Mask
from pipeline.infotexts import Infotexts
from pipeline.motion.cuts import CutStore
from pipeline.plan import PlannedPass
from pipeline.version import OutFolder
from pipeline.work import Work


@dataclass(frozen=True, eq=False)
class Parts:
    """What a frame is put together from. layers: one a pass, bottom first. mattes: name -> uint8 [h, w].

    A pass that follows several people has one layer and one matte of all of them under its name, and beside them the
    matte of each person as NAME.NUMBER.
    """

    layers: list[Layer]
    mattes: dict[str, Mask]


def stack_of(work: Work, frames: FrameRange) -> Stack:
    """The passes of frames that are delivered together, all of them finished."""
    plan = work.plan
    graded = any(planned.plan.spec.match > 0 for planned in plan.passes)
    setup = CutStore.of(plan.shot, plan.cache).cuts().setup if graded else lambda number: frames

    def layers(planned: PlannedPass, frame: Frame) -> dict[str | int | None, Layer]:
        return {subject.planned.plan.person: subject.laid_over(frame) for subject in work.subjects(planned, frame)}

    passes = [Stacked(planned.plan.spec.match, partial(layers, planned)) for planned in plan.passes]
    return Stack(passes, work.plate.frames, frames, setup, plan.shot.rate)


def parts_of(work: Work, stack: Stack, frame: Frame) -> Parts:
    """The finished layers of a frame, graded where the recipe asks for it, and its mattes."""
    mattes = dict[str, Mask]()
    for planned in work.plan.passes:
        subjects = work.subjects(planned, frame)
        found = {s.planned.plan.person: s.matte.mask for s in subjects if s.matte is not None}
        if found:
            mattes[planned.name] = np.maximum.reduce(list(found.values()))
        if len(work.crew.shares(planned)) > 1:
            mattes |= {f"{planned.name}.{person}": mask for person, mask in found.items()}
    return Parts(stack.layers(frame), mattes)


Assembly = Callable[[Frame], Parts]
"""How the frames of a version are put together; asked for them in order."""


def assembly_of(work: Work, frames: FrameRange) -> Assembly:
    """How frames that are delivered together, all of them finished, are put together."""
    return partial(parts_of, work, stack_of(work, frames))


def keep_parts(parts: Parts, frame: int, out: OutFolder, texts: Infotexts) -> None:
    """Write layers, with their texts, and mattes of a frame that are not there yet. Raises OutputError."""
    layers = {out.layer(layer.pass_name, frame): layer for layer in parts.layers}
    mattes = {out.matte(name, frame): mask for name, mask in parts.mattes.items()}

    def keep(path: Path) -> None:
        if path in layers:
            data = texts.on(encode_png(straight_rgba(layers[path])), layers[path].pass_name)
        else:
            data = encode_png(mattes[path])
        with atomic(path) as part:
            part.write_bytes(data)

    at_once(keep, [path for path in (*layers, *mattes) if not path.exists()])

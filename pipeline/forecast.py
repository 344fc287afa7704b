"""How much room a render will take, said before it starts and not when the disk is full."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

from pipeline.errors import NotWritable
from pipeline.filters.retime import Timeline
from pipeline.filters.upscale import scaled_size
from pipeline.frames import FrameRange
from pipeline.plan import PlannedPass, RenderPlan
from pipeline.stage import FrameStore
from pipeline.version import OutFolder

CANVAS = 1.0
"""Bytes a pixel of a pass's finished frame as PNG: the low end of the 1.1 to 2.0 measured with the draft model."""
NOISE = 0.25
"""The same for noise that is read off the source: four float32 numbers for 64 pixels."""
LAYER = 1.4
"""Bytes a plate pixel of a delivered layer over the whole frame as PNG (measured: 1.5 to 2.1)."""
FACE_LAYER = 0.15
"""The same with the matte for a face layer, which is empty for the most part (measured: 0.17 to 0.44)."""
MOVIES = 0.12
"""Bytes a plate pixel of the delivered movie and the before/after movie together (measured: 0.13 to 0.2)."""
FINAL = 0.015
"""Bytes a pixel of the movie at another rate, speed or size (measured: 0.016 at 60 frames a second to 0.029)."""
MASTERS = {"prores_422": 0.5, "prores_4444": 0.7, "dnxhr": 0.5, "ffv1": 2.0, "png": 2.0, "tiff": 3.0, "exr": 3.0}
"""Bytes a plate pixel of the large masters, at the low end."""

FIRST = 1
"""The person whose faces are counted for all that a pass follows."""


def check_room(plan: RenderPlan, frames: FrameRange, out: OutFolder) -> None:
    """Raise NotWritable when there is clearly not enough room for what is not finished yet."""
    for place, need in forecast(plan, frames, out).items():
        free = shutil.disk_usage(place).free
        if free < need:
            raise NotWritable(
                f"The render needs about {_told(need)} in {place}, and {_told(free)} are free.",
                "Make room and go on, clear the cache with `python cli.py jobs gc`, or choose fewer frames.",
                place,
                need,
            )


def forecast(plan: RenderPlan, frames: FrameRange, out: OutFolder) -> dict[Path, int]:
    """An existing folder on each disk concerned -> bytes that will be written there, by a low estimate.

    A face pass is counted as if every frame showed one face.
    """
    plate = plan.shot.width * plan.shot.height
    master = MASTERS.get(plan.recipe.delivery.master, 0.0)
    parts = [(out.path, len(frames) * plate * (MOVIES + master)), (out.path, _final(plan, frames))]
    for planned in plan.passes:
        layer = FACE_LAYER if planned.regional else LAYER
        own = planned.of(FIRST) if planned.follows else planned
        undone = _missing(own.frames, frames)
        if own.inverted is not None:
            parts.append((own.inverted.root, _missing(own.inverted, frames) * _canvas(planned, plan) * NOISE))
        delivered = out.layers(planned.name)
        undelivered = sum(frame not in delivered for frame in frames)
        parts.append((planned.frames.root, undone * _canvas(planned, plan) * CANVAS))
        parts.append((out.path, undelivered * plate * layer))
    needs: Counter[int] = Counter()
    places: dict[int, Path] = {}
    for folder, need in parts:
        place = _existing(folder)
        disk = os.stat(place).st_dev
        places.setdefault(disk, place)
        needs[disk] += int(need)
    return {places[disk]: need for disk, need in needs.items()}


def _final(plan: RenderPlan, frames: FrameRange) -> float:
    """Bytes of the movie at another rate, speed or size; 0 where none is asked for."""
    shot, final = plan.shot, plan.recipe.final
    if not final.wanted:
        return 0.0
    timeline = Timeline(len(frames), shot.rate, final.tempo, final.rate_of(shot.rate))
    width, height = scaled_size(shot.width, shot.height, final.scale)
    return timeline.frames * width * height * FINAL


def _missing(store: FrameStore, frames: FrameRange) -> int:
    finished = store.finished()
    return sum(frame not in finished for frame in frames)


def _canvas(planned: PlannedPass, plan: RenderPlan) -> int:
    """Pixels of a finished frame of a pass."""
    if planned.regional:
        return planned.plan.spec.size**2
    placement = planned.plan.place((plan.shot.width, plan.shot.height), None)
    return 0 if placement is None else placement.canvas[0] * placement.canvas[1]


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.absolute().parents) if folder.is_dir())


def _told(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"

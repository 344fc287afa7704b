"""An engine's depth pass: how far things are, and how near they are on one scale for the whole shot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clip.notes import recalled
from pipeline.clip.rendered import Rendered
from pipeline.clip.values import Values
from pipeline.errors import FootageError
from pipeline.keys import key_of

Plane = NDArray[np.float32]
"""float32 [height, width]."""
Meaning = Literal["near_white", "far_white", "metres"]

VERSION = 1
"""Raised when the same files give another scale."""
LOOKED_AT = 240
"""Frames, evenly spread and with the first and last, that the scale of a shot is taken from."""
POINTS = 4096
"""Pixels of each of these frames, on a grid."""
LOWEST, HIGHEST = 0.5, 99.5
"""Percentiles of the shot that become black and white."""
MOST_BROKEN = 0.5
"""Share of a frame that may be no number; infinity counts as far and is not broken."""


@dataclass(frozen=True)
class Scale:
    """meaning: what the files hold. low, high: the nearness that is black and white."""

    meaning: Meaning
    low: float
    high: float


@dataclass(frozen=True)
class Depth:
    """The depth of a shot on one scale."""

    rendered: Rendered
    scale: Scale

    def near(self, frame: int) -> Plane | None:
        """How near each pixel is, 0 = farthest to 1 = nearest of the whole shot, at the pass's own size.

        Of depth in metres it is the inverse, as in MiDaS, which ControlNet's depth learned from; of depth that is
        stored as white or black it is the stored value. None where the frame is missing and may be.
        Raises FootageError when the file cannot be read or is mostly no numbers.
        """
        values = self.rendered.values(self.rendered.get("depth"), frame)
        if values is None:
            return None
        low, high = self.scale.low, self.scale.high
        return np.clip((nearness(values, self.scale.meaning, frame) - low) / (high - low), 0, 1).astype(np.float32)

    def distance(self, frame: int) -> Plane | None:
        """Distance from the camera in a unit proportional to metres, at the plate's size; None where it is not known.

        Stored as white or black it is taken as proportional to the distance from white, since the near plane lies close
        to the camera. Files of 8 bits are too coarse for it.
        """
        found = self.rendered.get("depth")
        if self.rendered.first + frame not in found.files.files:
            return None
        values = self.rendered.values(found, frame)
        if values is None or values.pixels.dtype == np.uint8:
            return None
        raw = _single(values)
        raw = 1 - raw if self.scale.meaning == "near_white" else raw
        far = np.float32(np.finfo(np.float32).max)
        known = np.where(np.isfinite(raw) & (raw > 0), raw, far).astype(np.float32)
        size = (self.rendered.width, self.rendered.height)
        return cv2.resize(known, size, interpolation=cv2.INTER_NEAREST).astype(np.float32, copy=False)


def depth_of(rendered: Rendered) -> Depth:
    """The shot's depth: what the files hold, as set or found out, and the scale of the shot.

    Raises FootageError when there is no depth pass, a file cannot be read, or all of it is equally far.
    """
    key = key_of("depth.scale", VERSION, {}, (rendered.key(rendered.get("depth")),))
    return Depth(rendered, recalled(rendered.memory, key, Scale, lambda: scale_of(rendered)))


def scale_of(rendered: Rendered) -> Scale:
    """The scale over up to 240 frames of the shot: the half percent that is farthest is black, the nearest white."""
    found = rendered.get("depth")
    meaning: Meaning | None = None
    points: list[NDArray[np.float32]] = []
    for frame in rendered.spread(found, LOOKED_AT):
        values = rendered.values(found, frame)
        if values is not None:
            meaning = meaning or _meaning(values, rendered)
            near = nearness(values, meaning, frame)
            stride = max(int((near.size / POINTS) ** 0.5), 1)
            points.append(near[::stride, ::stride].ravel())
    low, high = np.percentile(np.concatenate(points), [LOWEST, HIGHEST])
    if meaning is None or not high > low:
        raise FootageError(f"{found.label} is the same everywhere.", "Check the camera's near and far plane.")
    return Scale(meaning, float(low), float(high))


def nearness(values: Values, meaning: Meaning, frame: int) -> Plane:
    """Larger = nearer, float32 at the pass's own size. What is not a number or infinitely far is 0.

    Raises FootageError when more than half of the frame is not a number.
    """
    raw = _single(values)
    if np.isnan(raw).mean() > MOST_BROKEN:
        raise FootageError(f"Most of the depth of frame {frame} is not a number.", "Export this frame again.")
    if meaning == "metres":
        seen = np.isfinite(raw) & (raw > 0)
        return np.where(seen, 1 / np.where(seen, raw, 1), 0).astype(np.float32)
    shown = np.nan_to_num(raw, nan=0.0 if meaning == "near_white" else 1.0, posinf=1.0, neginf=0.0)
    return (shown if meaning == "near_white" else 1 - shown).astype(np.float32)


def _meaning(values: Values, rendered: Rendered) -> Meaning:
    if rendered.footage.depth != "auto":
        return rendered.footage.depth
    if _metres_channel(values) is not None:
        return "metres"
    finite = _single(values)[np.isfinite(_single(values))]
    return "metres" if finite.size and float(finite.max()) > 1.001 else "near_white"


def _metres_channel(values: Values) -> Plane | None:
    """The channel Z that has no X and Y beside it: by the OpenEXR standard the distance from the camera."""
    if values.part is None or {"X", "Y"} & set(values.part.channels):
        return None
    return values.part.channels.get("Z")


def _single(values: Values) -> Plane:
    metres = _metres_channel(values)
    return np.asarray(values.scaled[..., 0] if metres is None else metres, np.float32)

"""What crosses between stages: frame ranges, boxes, frames, mattes and layers.

Pictures are numpy arrays, height first. `uint8` RGB pictures are display-referred (sRGB transfer, full range);
`float32` pictures have the same meaning scaled to 0..1 unless a docstring says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PhotoplayError

Picture = NDArray[np.uint8]
"""uint8 [height, width, 3], display-referred RGB."""
FloatPicture = NDArray[np.float32]
"""float32 [height, width, 3] in 0..1, display-referred RGB."""
Mask = NDArray[np.uint8]
"""uint8 [height, width], 255 = inside."""


@dataclass(frozen=True)
class FrameRange:
    """Frame numbers `first` to `last`, both included, counted from 0. A frame number is not an index into a list."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if self.first < 0 or self.last < self.first:
            raise PhotoplayError(
                f"Frames {self.first}-{self.last} is not a range.", "Give the first and the last frame, counted from 0."
            )

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last + 1))

    def __contains__(self, frame: int) -> bool:
        return self.first <= frame <= self.last

    @classmethod
    def parse(cls, text: str) -> FrameRange:
        """`"12-40"` or `"12"`. Raises PhotoplayError when the text is neither."""
        first, dash, last = text.partition("-")
        if not first.strip().isdecimal() or (dash and not last.strip().isdecimal()):
            raise PhotoplayError(f"{text!r} is not a frame range.", "Write it as FIRST-LAST, for instance 0-47.")
        return cls(int(first), int(last or first))

    def batches(self, size: int) -> Iterator[FrameRange]:
        """The parts of this range on the absolute grid 0, size, 2 * size, ..., the same however a shot is split."""
        for start in range(self.first // size * size, self.last + 1, size):
            yield FrameRange(max(start, self.first), min(start + size - 1, self.last))


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; it may reach over the edge of the picture it lies in."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column to the right of the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below the box."""
        return self.y + self.height

    def clipped(self, width: int, height: int) -> Box:
        """The part that lies inside a picture of this size."""
        x, y = min(max(self.x, 0), width), min(max(self.y, 0), height)
        return Box(x, y, max(min(self.right, width) - x, 0), max(min(self.bottom, height) - y, 0))

    def grown(self, pixels: int) -> Box:
        """The box with `pixels` added on each side."""
        return Box(self.x - pixels, self.y - pixels, self.width + 2 * pixels, self.height + 2 * pixels)

    def cut(self, picture: NDArray) -> NDArray:
        """The view of `picture` [h, w, ...] under this box, which must lie inside."""
        return picture[self.y : self.bottom, self.x : self.right]


@dataclass(frozen=True)
class Frame:
    """One frame of a clip: its number and its pixels."""

    number: int
    pixels: Picture


@dataclass(frozen=True)
class Crop:
    """A square of the plate that follows something from frame to frame.

    x, y: its middle in pixels of the plate, parts of pixels included; the first pixel's middle is at 0.5.
    side: in pixels. angle: how it is turned, in degrees anticlockwise, 0 = along the plate's sides.
    """

    x: float
    y: float
    side: float
    angle: float


@dataclass(frozen=True)
class Matte:
    """Where a region is in one frame.

    mask: hard-edged, at the plate's size.
    angle: how the region is turned, in degrees, counted anticlockwise; 0 = upright.
    box: the bounding box of the mask.
    crop: the square to work at, where it follows something; None = whatever the mask asks for in this frame.
    """

    frame: int
    mask: Mask
    angle: float
    box: Box
    crop: Crop | None = None


@dataclass(frozen=True)
class Layer:
    """What one pass adds to one frame.

    pixels: float32 [height, width, 3] in 0..1 at the plate's size, premultiplied with `alpha`.
    alpha: float32 [height, width] in 0..1.
    """

    frame: int
    pass_name: str
    pixels: FloatPicture
    alpha: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Flow:
    """Where the pixels of one frame are in another.

    frame, to: the two frame numbers.
    vectors: float32 [height, width, 2], x then y, in pixels: what is at p in `frame` is at p + vectors[p] in `to`.
    seen: bool [height, width]: whether the pixel is to be seen in both; False where it is hidden or has left.
    """

    frame: int
    to: int
    vectors: NDArray[np.float32]
    seen: NDArray[np.bool_]

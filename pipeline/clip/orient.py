"""How a stored picture is turned and mirrored before it is shown, as the container's display matrix says."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from av.sidedata.sidedata import SideDataContainer
from av.video.frame import VideoFrame

from pipeline.frames import Picture


@dataclass(frozen=True)
class Orientation:
    """Rows and columns change places if `swapped`; then columns, then rows run backwards if `mirrored`, `flipped`."""

    swapped: bool
    mirrored: bool
    flipped: bool

    def apply(self, pixels: Picture) -> Picture:
        """The picture as shown: uint8 [h, w, 3], or [w, h, 3] where rows and columns change places."""
        turned = pixels.transpose(1, 0, 2) if self.swapped else pixels
        turned = turned[:, ::-1] if self.mirrored else turned
        return np.ascontiguousarray(turned[::-1] if self.flipped else turned)


def orientation_of(frame: VideoFrame) -> Orientation:
    """The nearest of the eight right-angled orientations to the picture's display matrix; none means upright.

    The matrix (ISO/IEC 14496-12, 6.2.2) is a b u, c d v, x y w in 16.16 fixed point: the pixel at (p, q) is shown at
    (a p + c q + x, b p + d q + y), with y downwards. The frame's own `side_data` is not asked: the frame and it would
    hold each other, and the memory of decoded pictures would wait for the garbage collector.
    """
    sides: Any = SideDataContainer
    matrix = sides(frame).get("DISPLAYMATRIX")
    if matrix is None:
        return Orientation(False, False, False)
    a, b, _, c, d = struct.unpack("=9i", bytes(matrix))[:5]
    if abs(b) > abs(a):
        return Orientation(True, c < 0, b < 0)
    return Orientation(False, a < 0, d < 0)

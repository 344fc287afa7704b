"""A placement that follows a face: its square of the plate lies between pixels, and may be turned."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Box, Crop, Picture
from pipeline.passes.placement import Placement, resized


@dataclass(frozen=True)
class Followed(Placement):
    """crop: what the canvas shows, to parts of a pixel. box: the whole pixels of the plate that it touches."""

    crop: Crop

    @classmethod
    def of(cls, crop: Crop, plate: tuple[int, int], size: int) -> Followed:
        """A crop of a plate (width, height), seen by the model as a square of this size."""
        turn = math.radians(crop.angle)
        half = crop.side / 2 * (abs(math.cos(turn)) + abs(math.sin(turn)))
        left, top = math.floor(crop.x - half), math.floor(crop.y - half)
        right, bottom = math.ceil(crop.x + half), math.ceil(crop.y + half)
        box = Box(left, top, right - left, bottom - top).clipped(*plate)
        return cls(box, crop.angle, Box(0, 0, size, size), (size, size), crop)

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height of the cut: the crop's side in whole pixels."""
        side = max(math.ceil(self.crop.side), 2)
        return side, side

    def cut(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The crop cut out of a plate-sized picture or mask, upright, at about the plate's own resolution."""
        return _warped(picture, self.onto_cut, self.upright_size, cv2.INTER_LANCZOS4)

    def lay_back(self, canvas: Picture, below: Picture) -> Picture:
        """`below` [plate size] with the canvas laid over the crop, hard-edged and turned back."""
        cut, out = resized(canvas, self.upright_size), below.copy()
        size = (self.box.width, self.box.height)
        place = self.onto_cut.copy()
        place[:, 2] += place[:, :2] @ np.array([self.box.x, self.box.y])
        back = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
        inside = np.full(cut.shape[:2], 255, np.uint8)
        mask = cv2.warpAffine(inside, place, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
        np.copyto(self.box.cut(out), _warped(cut, place, size, back), where=(mask > 0)[..., None])
        return out

    @property
    def onto_cut(self) -> NDArray[np.float64]:
        """float64 [2, 3]: from the index of a plate pixel to that of the cut's. Whole numbers are middles of pixels."""
        turn, side = math.radians(self.crop.angle), self.upright_size[0]
        scale = side / self.crop.side
        place = np.zeros((2, 3))
        place[:, :2] = scale * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
        place[:, 2] = side / 2 - 0.5 - place[:, :2] @ np.array([self.crop.x - 0.5, self.crop.y - 0.5])
        return place


def _warped(
    picture: NDArray[np.uint8], place: NDArray[np.float64], size: tuple[int, int], flags: int
) -> NDArray[np.uint8]:
    return cv2.warpAffine(picture, place, size, flags=flags, borderMode=cv2.BORDER_REPLICATE).astype(
        np.uint8, copy=False
    )

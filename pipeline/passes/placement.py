"""Where a region lies on the plate, and at which size the model sees it. Cutting out and laying back are here.

The arithmetic for faces is Auto1111's "inpaint only masked" with "resize and fill"; for the whole frame it is a plain
resize, or Auto1111's "crop and resize" when the recipe asks for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.frames import Box, Mask, Picture

MULTIPLE = 8
"""Sides of what the model sees are multiples of this: Stable Diffusion's latents are eight times smaller."""


@dataclass(frozen=True)
class Placement:
    """box: on the plate. angle: how the region is turned, degrees anticlockwise; the model sees it upright.

    content: the part of the canvas that shows the box. canvas: width and height of what the model sees.
    """

    box: Box
    angle: float
    content: Box
    canvas: tuple[int, int]

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height, in plate pixels, of the box's surround once it is turned upright."""
        turn = math.radians(self.angle)
        across, along = abs(math.cos(turn)), abs(math.sin(turn))
        return (
            math.ceil(self.box.width * across + self.box.height * along),
            math.ceil(self.box.width * along + self.box.height * across),
        )

    def cut(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The box cut out of a plate-sized picture or mask, upright, at the plate's own resolution."""
        if self.angle == 0:
            return np.ascontiguousarray(self.box.cut(picture))
        size = self.upright_size
        return _turned(picture, self._turn(size), size)

    @property
    def onto_cut(self) -> NDArray[np.float64]:
        """float64 [2, 3]: from the index of a plate pixel to that of the cut's. Whole numbers are middles of pixels."""
        if self.angle == 0:
            return np.array([[1.0, 0.0, -self.box.x], [0.0, 1.0, -self.box.y]])
        return self._turn(self.upright_size)

    def on_content(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Points of the plate [n, 3] (x and y in pixels, z on their scale) on the content of the canvas."""
        cut, place = self.upright_size, self.onto_cut
        scale = np.array([self.content.width / cut[0], self.content.height / cut[1]])
        flat = ((points[:, :2] - 0.5) @ place[:, :2].T + place[:, 2] + 0.5) * scale
        depth = points[:, 2:] * np.sqrt(abs(np.linalg.det(place[:, :2])) * scale.prod())
        return np.concatenate([flat, depth], axis=1).astype(np.float32)

    def to_canvas(self, cut: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A cut picture or mask at the model's size; bands beside the content repeat its edge."""
        inner = resized(cut, (self.content.width, self.content.height))
        return self.framed(inner)

    def framed(self, inner: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A picture of the content's size on the canvas; bands repeat its edge."""
        width, height = self.canvas
        if (inner.shape[1], inner.shape[0]) == self.canvas:
            return inner
        bands = (self.content.y, height - self.content.bottom), (self.content.x, width - self.content.right)
        return np.pad(inner, (*bands, (0, 0))[: inner.ndim], mode="edge")

    def lay_back(self, canvas: Picture, below: Picture) -> Picture:
        """`below` [plate size] with the canvas laid over the box, hard-edged and turned back."""
        cut = resized(np.ascontiguousarray(self.content.cut(canvas)), self.upright_size)
        if self.angle != 0:
            size = (self.box.width, self.box.height)
            centre = (cut.shape[1] / 2, cut.shape[0] / 2)
            turn = np.asarray(cv2.getRotationMatrix2D(centre, self.angle, 1.0), np.float64)
            turn[:, 2] += (size[0] - cut.shape[1]) / 2, (size[1] - cut.shape[0]) / 2
            cut = _turned(cut, turn, size)
        out = below.copy()
        self.box.cut(out)[:] = cut
        return out

    def _turn(self, size: tuple[int, int]) -> NDArray[np.float64]:
        centre = (self.box.x + self.box.width / 2, self.box.y + self.box.height / 2)
        turn = np.asarray(cv2.getRotationMatrix2D(centre, -self.angle, 1.0), np.float64)
        turn[:, 2] += size[0] / 2 - centre[0], size[1] / 2 - centre[1]
        return turn


def resized(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """`picture` [h, w] or [h, w, 3] at `size` = (width, height), by Lanczos with antialiasing."""
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def whole_frame(plate: tuple[int, int], short_side: int, cut: bool = False) -> Placement:
    """The whole plate (width, height) at a working size; the canvas is padded right and below to multiples of eight.

    cut: cut it there instead, as `floored` does.
    """
    scale = short_side / min(plate)
    content = (max(round(plate[0] * scale), 1), max(round(plate[1] * scale), 1))
    if cut:
        return floored(Box(0, 0, *plate), content)
    return Placement(Box(0, 0, *plate), 0.0, Box(0, 0, *content), (_up(content[0]), _up(content[1])))


def cropped_frame(plate: tuple[int, int], size: tuple[int, int], cut: bool = False) -> Placement:
    """Auto1111's "crop and resize": the largest centred part of the plate that has the ratio of `size`.

    cut: cut `size` to multiples of eight, as `floored` does; otherwise its canvas is padded to them.
    """
    scale = max(size[0] / plate[0], size[1] / plate[1])
    width, height = min(round(size[0] / scale), plate[0]), min(round(size[1] / scale), plate[1])
    box = Box((plate[0] - width) // 2, (plate[1] - height) // 2, width, height)
    if cut:
        return floored(box, size)
    return Placement(box, 0.0, Box(0, 0, *size), (_up(size[0]), _up(size[1])))


def floored(box: Box, size: tuple[int, int]) -> Placement:
    """A box of the plate seen at `size` (width, height), less the columns and rows beyond the last multiple of eight.

    So Auto1111's latents lie: a picture 910 wide has 113 of them, which show its first 904 pixels.
    """
    width, height = max(_down(size[0]), MULTIPLE), max(_down(size[1]), MULTIPLE)
    seen = round(box.width * min(width / size[0], 1)), round(box.height * min(height / size[1], 1))
    return Placement(Box(box.x, box.y, *seen), 0.0, Box(0, 0, width, height), (width, height))


def only_masked(mask: Mask, angle: float, padding: int, size: tuple[int, int], blur: float) -> Placement:
    """Auto1111's "inpaint only masked": the padded box of the blurred mask, grown to the ratio of `size`.

    mask: hard-edged, at the plate's size; must hold something. size: (width, height) of the canvas. blur: of the mask,
    sigma in plate pixels.
    """
    plate = (mask.shape[1], mask.shape[0])
    x, y, width, height = cv2.boundingRect(blurred(mask, blur))
    box = grown_to_ratio(Box(x, y, width, height).grown(padding).clipped(*plate), size[0] / size[1], plate)
    placement = Placement(box, angle, Box(0, 0, *size), size)
    return Placement(box, angle, _fitted(placement.upright_size, size), size)


def grown_to_ratio(box: Box, ratio: float, plate: tuple[int, int]) -> Box:
    """The box grown to width / height = ratio: half before, the rest behind, then pushed back inside the plate."""
    if box.width / box.height > ratio:
        y, height = _grown(box.y, box.height, int(box.width / ratio - box.height), plate[1])
        return Box(box.x, y, box.width, height)
    x, width = _grown(box.x, box.width, int(box.height * ratio - box.width), plate[0])
    return Box(x, box.y, width, box.height)


def blurred(mask: Mask, sigma: float) -> Mask:
    """Gaussian blur with Auto1111's kernel size, 2 * int(2.5 * sigma + 0.5) + 1. The same to the bit as OpenCV's own.

    That one counts bytes in whole numbers, with taps that are 256ths; so does this in floats, which hold them exactly
    (255 * 256 * 256 is less than 2 to the 24th) and take a fifth of the time.
    """
    if sigma <= 0:
        return mask
    reach = int(2.5 * sigma + 0.5)
    near = Box(*cv2.boundingRect(mask)).grown(reach + 1).clipped(mask.shape[1], mask.shape[0])
    soft, taps = np.zeros_like(mask), _taps(reach, sigma)
    near.cut(soft)[:] = (cv2.sepFilter2D(near.cut(mask), cv2.CV_32F, taps, taps) + 2**15) / 2**16
    return soft


def _taps(reach: int, sigma: float) -> NDArray[np.float32]:
    """A Gaussian kernel in 256ths that add up to 256: what rounding leaves goes to the next tap, and to the middle."""
    exact, taps, left = 256 * cv2.getGaussianKernel(2 * reach + 1, sigma)[:, 0], np.zeros(2 * reach + 1), 0.0
    for i in range(reach):
        taps[i] = taps[-1 - i] = np.rint(exact[i] + left)
        left += exact[i] - taps[i]
    taps[reach] = 256 - taps.sum()
    return taps.astype(np.float32)


def automatic_blur(plate: tuple[int, int]) -> int:
    """The mask blur of the face pass in plate pixels: one hundredth of the long side, at most 30 (batch-face-swap)."""
    return min(math.ceil(0.01 * max(plate)), 30)


def _turned(picture: NDArray[np.uint8], turn: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.uint8]:
    warped = cv2.warpAffine(picture, turn, size, flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE)
    return warped.astype(np.uint8, copy=False)


def _grown(start: int, length: int, extra: int, limit: int) -> tuple[int, int]:
    first = start - extra // 2
    last = first + length + extra
    if last >= limit:
        first, last = first - (last - limit), limit
    if first < 0:
        first, last = 0, min(last - first, limit)
    return first, last - first


def _fitted(source: tuple[int, int], canvas: tuple[int, int]) -> Box:
    scale = min(canvas[0] / source[0], canvas[1] / source[1])
    width, height = min(round(source[0] * scale), canvas[0]), min(round(source[1] * scale), canvas[1])
    return Box((canvas[0] - width) // 2, (canvas[1] - height) // 2, width, height)


def _down(side: int) -> int:
    return side // MULTIPLE * MULTIPLE


def _up(side: int) -> int:
    return -(-side // MULTIPLE) * MULTIPLE

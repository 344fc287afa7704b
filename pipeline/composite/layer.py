"""From a pass's canvas to a layer: back to the plate's place and size, with a soft edge, premultiplied."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Box, FloatPicture, Layer, Mask, Picture


def edge(mask: Mask, erode: int, feather: float) -> NDArray[np.float32]:
    """The alpha of a matte [h, w] in 0..1: shrunk by `erode` pixels (grown when negative), then softened.

    feather: sigma of the Gaussian in pixels; the kernel reaches 2.5 sigma, as in Auto1111's mask blur.
    """
    if erode:
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(erode) + 1, 2 * abs(erode) + 1))
        mask = (cv2.erode(mask, disc) if erode > 0 else cv2.dilate(mask, disc)).astype(np.uint8)
    soft = mask.astype(np.float32) / 255
    if feather > 0:
        reach, hard = int(2.5 * feather + 0.5), soft
        near, soft = where(hard).grown(reach + 1).clipped(mask.shape[1], mask.shape[0]), np.zeros_like(hard)
        near.cut(soft)[:] = cv2.GaussianBlur(near.cut(hard), (2 * reach + 1, 2 * reach + 1), feather)
    return soft


def box_alpha(box: Box, width: int, height: int) -> NDArray[np.float32]:
    """The alpha of a layer without a matte: 1 inside its box, 0 outside."""
    alpha = np.zeros((height, width), np.float32)
    box.cut(alpha)[:] = 1
    return alpha


def make_layer(frame: int, pass_name: str, picture: Picture, alpha: NDArray[np.float32]) -> Layer:
    """The layer of a plate-sized picture under its alpha."""
    there, pixels = where(alpha), np.zeros(picture.shape, np.float32)
    inside = there.cut(pixels)
    np.divide(there.cut(picture), np.float32(255), out=inside, dtype=np.float32)
    if not opaque(there.cut(alpha)):
        inside *= three(there.cut(alpha))
    return Layer(frame, pass_name, pixels, alpha)


def straight_rgba(layer: Layer) -> NDArray[np.uint8]:
    """The layer as uint8 RGBA [h, w, 4] with straight colour, as PNG files want it; black where alpha is 0."""
    there, rgba = where(layer.alpha), np.zeros((*layer.alpha.shape, 4), np.uint8)
    alpha = there.cut(layer.alpha)
    if alpha.size:
        whole = np.float32(1) if opaque(alpha) else three(np.where(alpha > 0, alpha, np.float32(1)))
        colour = eight_bits(there.cut(layer.pixels) / whole)
        there.cut(rgba)[:] = cv2.merge([*cv2.split(colour), eight_bits(alpha.copy())])
    return rgba


def where(alpha: NDArray[np.float32]) -> Box:
    """The smallest box that all of an alpha [h, w] lies in."""
    return Box(*cv2.boundingRect((alpha > 0).view(np.uint8)))


def opaque(alpha: NDArray[np.float32]) -> bool:
    """Whether nothing shows through an alpha anywhere; nothing is left to multiply with it or to divide by it then."""
    return float(alpha.min(initial=1)) == 1


def three(alpha: NDArray[np.float32]) -> FloatPicture:
    """An alpha [h, w] once for each colour, [h, w, 3]; multiplying by it is some times faster than by [h, w, 1]."""
    if not alpha.size:
        return np.zeros((*alpha.shape, 3), np.float32)
    return cv2.merge([alpha, alpha, alpha]).astype(np.float32, copy=False)


def eight_bits(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Values in 0..1 as uint8, rounded half to even, what lies outside cut off. The array is worked at in place."""
    cv2.threshold(values, 0, 0, cv2.THRESH_TOZERO, values)
    cv2.threshold(values, 1, 1, cv2.THRESH_TRUNC, values)
    return cv2.convertScaleAbs(values, alpha=255).astype(np.uint8, copy=False)

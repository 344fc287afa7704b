"""From a pass's canvas to a layer: back to the plate's place and size, with a soft edge, premultiplied."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Box, Layer, Mask, Picture


def edge(mask: Mask, erode: int, feather: float) -> NDArray[np.float32]:
    """The alpha of a matte [h, w] in 0..1: shrunk by `erode` pixels (grown when negative), then softened.

    feather: sigma of the Gaussian in pixels; the kernel reaches 2.5 sigma, as in Auto1111's mask blur.
    """
    if erode:
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(erode) + 1, 2 * abs(erode) + 1))
        mask = (cv2.erode(mask, disc) if erode > 0 else cv2.dilate(mask, disc)).astype(np.uint8)
    soft = mask.astype(np.float32) / 255
    if feather > 0:
        side = 2 * int(2.5 * feather + 0.5) + 1
        soft = cv2.GaussianBlur(soft, (side, side), feather).astype(np.float32)
    return soft


def box_alpha(box: Box, width: int, height: int) -> NDArray[np.float32]:
    """The alpha of a layer without a matte: 1 inside its box, 0 outside."""
    alpha = np.zeros((height, width), np.float32)
    box.cut(alpha)[:] = 1
    return alpha


def make_layer(frame: int, pass_name: str, picture: Picture, alpha: NDArray[np.float32]) -> Layer:
    """The layer of a plate-sized picture under its alpha."""
    return Layer(frame, pass_name, picture.astype(np.float32) / 255 * alpha[..., None], alpha)


def straight_rgba(layer: Layer) -> NDArray[np.uint8]:
    """The layer as uint8 RGBA [h, w, 4] with straight colour, as PNG files want it; black where alpha is 0."""
    alpha = layer.alpha[..., None]
    colour = np.divide(layer.pixels, alpha, out=np.zeros_like(layer.pixels), where=alpha > 0)
    return np.round(np.concatenate((colour, alpha), 2) * 255).clip(0, 255).astype(np.uint8)

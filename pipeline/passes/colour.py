"""Auto1111's colour correction, and the colours that its masked content "fill" puts inside a mask."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pipeline.frames import FloatPicture, Mask, Picture

LUMA = np.array([0.3, 0.59, 0.11], np.float32)
"""How much red, green and blue count for luminosity in the blend modes of PDF and W3C."""
BLURS = ((256, 1), (64, 1), (16, 2), (4, 4), (2, 2), (0, 1))
"""Radius of each blur and how often it is laid over the ones before, widest first (Auto1111 `masking.py`)."""


def colour_corrected(result: Picture, source: Picture) -> Picture:
    """`result` with the colours of `source`, a picture of its size, and its own light.

    The histograms of its three Lab channels are matched to the source's; of what comes out, the hue and chroma are
    taken and the luminosity stays the result's. Source: Auto1111 `processing.py`.
    """
    lab, wanted = (cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.uint8) for picture in (result, source))
    matched = np.stack([_matched(lab[..., i], wanted[..., i]) for i in range(3)], axis=-1)
    coloured = cv2.cvtColor(matched, cv2.COLOR_LAB2RGB).astype(np.float32) / 255
    light = result.astype(np.float32) / 255 @ LUMA
    return np.round(with_luminosity(coloured, light) * 255).astype(np.uint8)


def with_luminosity(picture: FloatPicture, light: NDArray[np.float32]) -> FloatPicture:
    """float32 RGB [h, w, 3] in 0..1, each pixel at this luminosity [h, w]; its chroma is cut where it does not fit.

    Source: W3C Compositing and Blending, SetLum and ClipColor.
    """
    shifted = picture + (light - picture @ LUMA)[..., None]
    grey, low, high = light[..., None], shifted.min(2, keepdims=True), shifted.max(2, keepdims=True)
    room_below = np.where(low < 0, grey / np.maximum(grey - low, 1e-6), 1)
    room_above = np.where(high > 1, (1 - grey) / np.maximum(high - grey, 1e-6), 1)
    return (grey + (shifted - grey) * np.minimum(room_below, room_above)).clip(0, 1).astype(np.float32)


def filled(picture: Picture, mask: Mask) -> Picture:
    """`picture` with what the mask [h, w] covers painted over by the colours around it, blurred into it.

    Blurs of the surround are laid over each other, the widest at the bottom. Source: Auto1111 `masking.py`.
    """
    outside = 255 - mask
    seen = np.round(picture * (outside[..., None] / np.float32(255))).astype(np.uint8)
    surround = Image.fromarray(np.dstack((seen, outside)), "RGBa")
    laid = np.zeros((*mask.shape, 4), np.float32)
    for radius, times in BLURS:
        blurred = np.asarray(surround.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255
        for _ in range(times):
            laid = blurred + (1 - blurred[..., 3:]) * laid
    colours = np.divide(laid[..., :3], laid[..., 3:], out=np.zeros_like(laid[..., :3]), where=laid[..., 3:] > 0)
    return np.round(colours * 255).clip(0, 255).astype(np.uint8)


def _matched(channel: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`channel` with the histogram of `wanted`: each value goes where as many of the wanted ones lie below it."""
    shares, wanted_shares = (np.cumsum(np.bincount(c.ravel(), minlength=256)) / c.size for c in (channel, wanted))
    there = np.unique(wanted)
    return np.interp(shares, wanted_shares[there], there)[channel].astype(np.uint8)

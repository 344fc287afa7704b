"""From light to print: exposure, halation, vignette, a filmic tone curve and grain."""

from __future__ import annotations

import cv2
import numpy as np

from training.draft.kit.palette import Values

INSET = np.array(
    [
        [0.842479062253094, 0.0784335999999992, 0.0792237451477643],
        [0.0423282422610123, 0.878468636469772, 0.0791661274605434],
        [0.0423756549057051, 0.0784336, 0.879142973793104],
    ]
)
OUTSET = np.array(
    [
        [1.19687900512017, -0.0980208811401368, -0.0990297440797205],
        [-0.0528968517574562, 1.15190312990417, -0.0989611768448433],
        [-0.0529716355144438, -0.0980434501171241, 1.15107367264116],
    ]
)
CURVE = (15.5, -40.14, 31.96, -6.868, 0.4298, 0.1191, -0.00232)
"""AgX's colour matrices, and its tone curve as a polynomial, highest power first, fitted by B. Wrensch (2022)."""
STOPS, BLACK = 16.5, 12.47393
SATURATION, SLOPE = 1.14, 1.2
LUMA = np.array([0.2126, 0.7152, 0.0722])
DARKEST, BRIGHTEST = 0.35, 3.0
FROM_ENGINE = 0.94
"""Film is printed a little below the engine's brightness."""
GRAIN, HALATION, VIGNETTE = 0.010, 0.07, 0.18
HALO, HAZE = np.array([1.0, 0.42, 0.22]), np.array([0.5, 0.35, 0.3])


def toned(light: Values) -> Values:
    """Linear rgb [..., 3] -> display-referred 0..1."""
    level = np.clip((np.log2(np.maximum(light @ INSET.T, 1e-10)) + BLACK) / STOPS, 0, 1)
    curve = np.maximum(np.polyval(CURVE, level), 0) ** SLOPE
    grey = (curve @ LUMA)[..., None]
    return np.clip((grey + SATURATION * (curve - grey)) @ OUTSET.T, 0, 1)


def exposure(light: Values, engine: Values, people: Values) -> float:
    """The gain that prints `light` [h, w, 3] about as bright as the engine's picture (uint8), people counting most.

    people: bool [h, w]. The gain lies within .35 and 3.
    """
    weight = 0.25 + _small(people)
    weight = weight / weight.sum()
    wanted = FROM_ENGINE * float((weight * (_small(engine / 255) @ LUMA)).sum())
    small, low, high = _small(light), DARKEST, BRIGHTEST
    for _ in range(12):
        gain = float(np.sqrt(low * high))
        darker = float((weight * (toned(small * gain) @ LUMA)).sum()) < wanted
        low, high = (gain, high) if darker else (low, gain)
    return float(np.sqrt(low * high))


def printed(light: Values, gain: float, seed: int) -> Values:
    """The print of linear rgb [h, w, 3], uint8 sRGB. seed: of the grain."""
    height, width = light.shape[:2]
    scale = max(height, width) / 256
    exposed = np.minimum(light * gain, 12)
    hot = np.maximum(exposed - 1.5, 0)
    near, far = (cv2.GaussianBlur(hot, (0, 0), sigma * scale) for sigma in (3.2, 9))
    exposed = exposed + HALATION * (near * HALO + far * HAZE)
    y, x = np.mgrid[:height, :width]
    corner = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) / 0.5
    shown = toned(exposed * (1 - VIGNETTE * corner**1.3)[..., None])
    grey = shown.mean(-1, keepdims=True)
    shown = shown + _grain(height, width, seed) * GRAIN * (0.45 + 2.2 * grey * (1 - grey))
    return (np.clip(shown, 0, 1) * 255 + 0.5).astype(np.uint8)


def _grain(height: int, width: int, seed: int) -> Values:
    """Fine noise, mostly the same in all three colours."""
    noise = np.random.default_rng(seed).standard_normal((height, width, 3)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 0.55) * 1.7
    return 1.125 * noise.mean(-1, keepdims=True) + 0.35 * noise


def _small(plane: Values) -> Values:
    return cv2.resize(plane.astype(np.float32), (64, 64), interpolation=cv2.INTER_AREA)

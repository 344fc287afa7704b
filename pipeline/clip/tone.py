"""High dynamic range light as a picture for an ordinary display. Called by `colour` alone."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Light = NDArray[np.float32]
"""float32 [h, w, 3], linear, 1 = reference white (203 candela per square metre, ITU-R BT.2408)."""
HighRange = Literal["PQ", "HLG"]

REFERENCE_WHITE = 203.0
PEAK = 1000.0
"""Candela per square metre that become full white; what is brighter is cut off."""
KNEE = 0.5
"""Up to this share of reference white light is shown as it is; above it is rolled off."""
TO_709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32)
"""BT.2020 primaries to BT.709, ITU-R BT.2407."""
LEVELS = np.linspace(0, 1, 65536, dtype=np.float64)


def pq_light(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084: signal 0..1 to candela per square metre, 0 to 10,000."""
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    root = signal ** (1 / m2)
    return 10000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)


def hlg_scene(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """ITU-R BT.2100 HLG, inverse OETF: signal 0..1 to scene light 0..1."""
    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)


TABLES: dict[HighRange, NDArray[np.float32]] = {
    "PQ": (pq_light(LEVELS) / REFERENCE_WHITE).astype(np.float32),
    "HLG": hlg_scene(LEVELS).astype(np.float32),
}
"""Light for each 16-bit level."""


def shown_light(levels: NDArray[np.uint16], kind: HighRange) -> Light:
    """Linear BT.709 light in 0..1 of a full-range BT.2020 picture in PQ or HLG, uint16 [h, w, 3].

    HLG is shown as on a display of 1,000 candela (system gamma 1.2). The brightest of the three channels is rolled off
    above half of reference white, so that 1,000 candela become 1; the others follow, which keeps the hue.
    """
    light = TABLES[kind][levels]
    if kind == "HLG":
        luma = light @ np.array([0.2627, 0.6780, 0.0593], np.float32)
        light = light * (np.maximum(luma, 1e-6) ** np.float32(0.2) * np.float32(PEAK / REFERENCE_WHITE))[..., None]
    light = np.maximum(light @ TO_709.T, 0)
    brightest = light.max(axis=-1, keepdims=True)
    return (light * (rolled_off(brightest) / np.maximum(brightest, 1e-6))).clip(0, 1).astype(np.float32)


def rolled_off(light: Light) -> Light:
    """Light as it is up to the knee, then ever less steep, so that the peak becomes 1; the slope has no step."""
    peak = PEAK / REFERENCE_WHITE
    bend = (peak - KNEE) / (1 - KNEE) - 1
    above = (np.clip(light, KNEE, peak) - KNEE) / (peak - KNEE)
    return np.where(light <= KNEE, light, KNEE + (1 - KNEE) * (1 + bend) * above / (1 + bend * above))

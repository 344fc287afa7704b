"""How fast a LoRA learns at each step."""

from __future__ import annotations

import math
from typing import Literal

WARM = 0.05
"""Share of the steps over which the rate rises."""
LEAST = 0.02
"""Share of the rate that is left at the end."""


def rate_factor(step: int, steps: int, schedule: Literal["cosine", "constant", "linear"]) -> float:
    """What the learning rate is multiplied with at a step, counted from 0; 0..1."""
    warm = max(round(WARM * steps), 1)
    rise = min(1.0, (step + 1) / warm)
    if schedule == "constant":
        return rise
    share = step / max(steps, 1)
    fall = 1 - share if schedule == "linear" else 0.5 * (1 + math.cos(math.pi * share))
    return rise * max(fall, LEAST)

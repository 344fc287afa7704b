"""How fast a LoRA learns at each step, and how much each noise level counts."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from pipeline.engine.samplers import BETA_FIRST, BETA_LAST, TRAINING_STEPS

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


def kept() -> Tensor:
    """The share of signal power at each of the 1000 training steps of Stable Diffusion 1.5, float32 [1000]."""
    betas = np.linspace(BETA_FIRST**0.5, BETA_LAST**0.5, TRAINING_STEPS) ** 2
    return torch.from_numpy(np.cumprod(1 - betas)).float()


def loss_weight(share: Tensor, limit: float) -> Tensor:
    """Weight of an error in epsilon where `share` [n] of the power is signal: min(SNR, limit) / SNR.

    Hang et al. 2023, "Efficient diffusion training via Min-SNR weighting". A limit of 0 weighs all alike.
    """
    if limit == 0:
        return torch.ones_like(share)
    ratio = share / (1 - share)
    return ratio.clamp(max=limit) / ratio

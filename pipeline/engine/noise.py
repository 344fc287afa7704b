"""Noise that depends on nothing but what it is asked for: batch size, order and earlier draws never matter."""

from __future__ import annotations

import hashlib
import json

import torch
from torch import Tensor

from pipeline.engine.batch import Noise

START = "start"
"""The moment before the first step; later moments are step numbers."""


def draw(noise: Noise, moment: str | int, frames: tuple[int, ...], shape: tuple[int, ...]) -> Tensor:
    """Standard normal float32 [n, *shape] on the CPU, whatever device it is for, so that devices agree.

    moment: START or the number of the step. frames: n frame numbers, which count in mode per_frame only;
    in mode fixed all n are one and the same tensor.
    """
    if noise.mode == "fixed":
        return _normal(shape, noise.seed, noise.pass_name, moment).expand(len(frames), *shape)
    return torch.stack([_normal(shape, noise.seed, noise.pass_name, moment, frame) for frame in frames])


def _normal(shape: tuple[int, ...], *parts: str | int) -> Tensor:
    """Standard normal numbers from a generator of their own, seeded by the parts."""
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big"))
    return torch.randn(shape, generator=generator)

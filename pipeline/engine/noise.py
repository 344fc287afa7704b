"""Noise that depends on nothing but what it is asked for: batch size, order and earlier draws never matter."""

from __future__ import annotations

import hashlib
import json
import math

import torch
from torch import Tensor

from pipeline.engine.batch import CarriedNoise, Noise
from pipeline.engine.philox import philox_normal

START = "start"
"""The moment before the first step; later moments are step numbers."""


def draw(noise: Noise, moment: str | int, frames: tuple[int, ...], shape: tuple[int, ...]) -> Tensor:
    """Standard normal float32 [n, *shape] on the CPU, whatever device it is for, so that devices agree.

    moment: START or the number of the step. frames: n frame numbers, which count in mode per_frame only;
    in mode fixed all n are one and the same tensor.
    """
    if noise.source != "photoplay":
        if noise.mode == "fixed":
            return _auto1111(noise, moment, 0, shape).expand(len(frames), *shape)
        return torch.stack([_auto1111(noise, moment, frame, shape) for frame in frames])
    if noise.mode == "fixed":
        return _normal(shape, noise.seed, noise.pass_name, moment).expand(len(frames), *shape)
    return torch.stack([_normal(shape, noise.seed, noise.pass_name, moment, frame) for frame in frames])


def read(noise: Noise, moment: str | int, carried: CarriedNoise, channels: int) -> Tensor:
    """Noise that was carried along, read through the table of its origins: float32 [n, channels, h, w] on the CPU.

    Every number is of the noise of the frame and the carrier that it comes from, so it stays the same wherever it is
    carried. Standard normal as long as no number is twice in a frame.
    """
    made: dict[tuple[int, int], Tensor] = {}
    height, width = carried.origins.shape[2:4]

    def of(carrier: int, frame: int) -> Tensor:
        if (carrier, frame) not in made:
            shape = (channels, height, width)
            made[carrier, frame] = _normal(shape, noise.seed, noise.pass_name, moment, "carried", carrier, frame)
        return made[carrier, frame]

    def one(origins: Tensor, carrier: int) -> Tensor:
        frame, row, column = origins.to(torch.int64).unbind(-1)
        result = torch.empty((channels, height, width))
        for origin in frame.unique().tolist():
            here = frame == origin
            result[:, here] = of(carrier, origin)[:, row[here], column[here]]
        return result

    tables = torch.from_numpy(carried.origins)
    return torch.stack(
        [
            shares[0] * one(tables[i, 0], names[0]) + shares[1] * one(tables[i, 1], names[1])
            for i, (names, shares) in enumerate(zip(carried.carriers, carried.shares, strict=True))
        ]
    )


def _auto1111(noise: Noise, moment: str | int, frame: int, shape: tuple[int, ...]) -> Tensor:
    """What Auto1111 draws for one picture: the first numbers of a seed to start from, the next ones step by step.

    A seed delta (ENSD) makes the steps' numbers those of another seed, from its beginning. New noise for each frame has
    the seeds of a batch in Auto1111, one more for each picture. Source: Auto1111 `rng.py`.
    """
    seed, draw = noise.seed + frame, 0 if moment == START else int(moment) + 1
    if noise.seed_delta and draw:
        seed, draw = seed + noise.seed_delta, draw - 1
    if noise.source == "gpu":
        return torch.from_numpy(philox_normal(seed, draw, math.prod(shape))).reshape(shape)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(draw):
        torch.randn(shape, generator=generator)
    return torch.randn(shape, generator=generator)


def _normal(shape: tuple[int, ...], *parts: str | int) -> Tensor:
    """Standard normal numbers from a generator of their own, seeded by the parts."""
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big"))
    return torch.randn(shape, generator=generator)

"""A training run that can be stopped at any moment and goes on: model, average, optimiser, step and log."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from pipeline.files import put_in_place
from training.draft.asked import of_pairs
from training.draft.device import device

Model = TypeVar("Model", bound=torch.nn.Module)

KEEP_EVERY = 120.0
"""Seconds."""


class Run(Generic[Model]):
    """One model in training (channels last), with the exponential moving average of its weights that is shipped.

    `folder/NAME.pt` holds the state and `folder/NAME.jsonl` the log; both are picked up again if they are there.
    """

    def __init__(self, folder: Path, name: str, model: Model, rate: float, decay: float) -> None:
        self.model = model.to(device())
        for parameter in model.parameters():
            if parameter.ndim == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        self.rate = rate
        self.average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.0, betas=(0.9, 0.98), fused=True)
        self.step = 0
        self._file = folder / f"{name}.pt"
        self._log = folder / f"{name}.jsonl"
        self._seconds = 0.0
        self._kept = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)
        if self._file.exists():
            self._load()
        self._forget_lost_rows()
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time spent in training so far, earlier slices included."""
        return self._seconds + time.monotonic() - self._began

    def descend(self, loss: torch.Tensor, factor: float) -> None:
        """One step down the gradient of `loss`, clipped at norm 1, at `factor` times the learning rate."""
        self.optimizer.param_groups[0]["lr"] = self.rate * factor
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.average.update_parameters(self.model)
        self.step += 1

    def log(self, **facts: float) -> None:
        """Print one row and add it to the log."""
        row = {
            "step": self.step,
            **{name: round(value, 5) for name, value in facts.items()},
            "seconds": round(self.seconds),
        }
        print(row, flush=True)
        with self._log.open("a") as file:
            file.write(json.dumps(row) + "\n")

    def keep(self, last: bool) -> None:
        """Save the state if it is the last, or if the last time was `KEEP_EVERY` seconds ago."""
        if last or time.monotonic() - self._kept > KEEP_EVERY:
            self.save()
            self._kept = time.monotonic()

    def save(self) -> None:
        """Write the state; the file is whole at any moment, after a power cut too."""
        part = self._file.with_suffix(".part")
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }
        torch.save(state, part)
        put_in_place(part, self._file)

    def _load(self) -> None:
        state = torch.load(self._file, weights_only=True, map_location=device())
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": state["optimizer"]["state"]})
        self.step, self._seconds = state["step"], state["seconds"]

    def _forget_lost_rows(self) -> None:
        """Take out of the log what was noted after the state was saved, if it ever was, and what was noted by half."""
        if not self._log.exists():
            return
        rows = [row for row in self._log.read_text().splitlines(keepends=True) if row.endswith("\n")]
        kept = [row for row in rows if json.loads(row)["step"] <= self.step]
        part = self._log.with_suffix(".jsonl.part")
        part.write_text("".join(kept))
        put_in_place(part, self._log)


def averaged(file: Path, model: Model) -> Model:
    """`model` with the averaged weights of a state file, ready to be used (evaluation mode, no gradients)."""
    average = AveragedModel(model)
    average.load_state_dict(torch.load(file, weights_only=True, map_location="cpu")["average"])
    model.load_state_dict(average.module.state_dict())
    return model.eval().requires_grad_(False)


def warm_cosine(step: int, steps: int, warm: int, floor: float) -> float:
    """Factor of the learning rate: up from 0 over `warm` steps, then down a half cosine to `floor` at `steps`."""
    return min(1.0, (step + 1) / warm) * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * step / steps)))


def trapezoid(step: int, steps: int, warm: int, decay: float) -> float:
    """Factor of the learning rate: up over `warm` steps, level, then straight down to 2 % over the last `decay` share.

    The level part does not depend on `steps`, so a run can be made longer while it lasts.
    """
    left = (steps - step) / (steps * decay)
    return min(1.0, (step + 1) / warm, max(left, 0.02))


def train_as_asked(train: Callable[..., None], about: str, steps: int, batch: int, rate: float, seed: int) -> None:
    """Call `train(data, work, steps, batch, rate, seed)` as the command line says; the numbers are its defaults."""
    parser = of_pairs(about)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--seed", type=int, default=seed)
    train(**vars(parser.parse_args()))

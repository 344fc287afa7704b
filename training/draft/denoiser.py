"""Train the draft denoiser: `python -m training.draft.denoiser --data DATA --work WORK --steps 6000`.

Text encoder, UNet and the three ControlNets learn together, from nothing, on cached latents. Stops and goes on: the
state is written every few minutes and picked up again by the same command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from diffusers import ControlNetModel
from transformers import CLIPTokenizer

from training.draft import shapes
from training.draft.batches import Batch, Cache, draw_batch, draw_controls
from training.draft.corpus import LOOKS, read_pairs
from training.draft.device import ahead, device, lean
from training.draft.hints import hint_array, views_file
from training.draft.latents import latent_array, pairs_done
from training.draft.state import Run, train_as_asked, trapezoid
from training.draft.views import read_views
from training.noising import Task, carry, chosen, plain, timestep_of

LOG_EVERY = 25
DECAY = 0.998
COLOUR_COUNTS = 2.0
"""How many times as much as another the latent channels of light and colour count. Five times brought nothing."""
CONTROLS_LEARN = 3
"""The ControlNets learn at every so many steps; the others take two thirds of the time and teach the UNet to listen."""
SNR_LIMIT = 5.0
"""The one that Hang et al. 2023 chose."""


class Denoiser(torch.nn.Module):
    """Everything between a prompt, hints and noisy latents on one side and epsilon on the other."""

    def __init__(self) -> None:
        super().__init__()
        self.text_encoder = shapes.text_encoder()
        self.unet = shapes.unet()
        self.controlnets = torch.nn.ModuleDict({kind: shapes.controlnet(self.unet) for kind in shapes.CONTROLS})

    def controlnet(self, kind: str) -> ControlNetModel:
        """The ControlNet of one control."""
        model = self.controlnets[kind]
        assert isinstance(model, ControlNetModel)
        return model

    def forward(
        self, task: Task, tokens: torch.Tensor, hints: dict[str, torch.Tensor], controls_learn: bool
    ) -> torch.Tensor:
        """Epsilon, [n, channels, h, w]. tokens: int64 [n, 77]; what the controls in `hints` say is added up.

        controls_learn: whether a gradient goes back through them, which is half of a step's work.
        """
        latents = task.model_input.contiguous(memory_format=torch.channels_last)
        timestep = timestep_of(task.sigma.cpu()).to(latents.device)
        text = self.text_encoder(tokens).last_hidden_state
        down: list[torch.Tensor] = []
        middle: torch.Tensor | None = None
        for kind, hint in hints.items():
            with torch.set_grad_enabled(controls_learn and torch.is_grad_enabled()):
                below, mid = self.controlnet(kind)(latents, timestep, text, hint, return_dict=False)
            down = [a + b for a, b in zip(down, below, strict=True)] if down else list(below)
            middle = mid if middle is None else middle + mid
        return self.unet(
            latents,
            timestep,
            text,
            down_block_additional_residuals=tuple(down) if down else None,
            mid_block_additional_residual=middle,
            return_dict=False,
        )[0]


def tokens_of(tokenizer: CLIPTokenizer, prompts: Sequence[str]) -> torch.Tensor:
    """int64 [n, 77], padded with the end token."""
    return tokenizer(list(prompts), padding="max_length", truncation=True, return_tensors="pt").input_ids


def load_cache(data: Path, work: Path) -> Cache:
    """Everything that `hints` and `latents` have written, mapped from disk."""
    pairs = read_pairs(data)
    engine, film = (latent_array(work, look, len(pairs)) for look in LOOKS)
    done = min(pairs_done(engine), pairs_done(film))
    hints = {kind: hint_array(work, kind, len(pairs)) for kind in shapes.CONTROLS}
    return Cache(pairs, read_views(views_file(work))[:done], engine, film, hints)


def losses(
    model: Denoiser, batch: Batch, tokens: torch.Tensor, generator: torch.Generator, controls_learn: bool
) -> torch.Tensor:
    """Weighted squared error in epsilon of each sample, [n], on the training's device. generator: of the processor."""
    asked = chosen(batch.carried, carry(batch.engine, batch.target, generator), plain(batch.target, generator))
    task = Task(asked.noisy.to(device()), asked.epsilon.to(device()), asked.sigma.to(device()))
    epsilon = guess(model, task, tokens, batch.hints, controls_learn)
    errors = (epsilon - task.epsilon).square().mean((2, 3))
    return task.weight(SNR_LIMIT) * (errors * counted().to(errors)).mean(1)


def counted() -> torch.Tensor:
    """How much each latent channel counts, 1 on average: the picture's colours more than the others."""
    weights = torch.ones(shapes.LATENT_CHANNELS)
    weights[shapes.COLOUR] = COLOUR_COUNTS
    return weights / weights.mean()


def guess(
    model: Denoiser,
    task: Task,
    tokens: torch.Tensor,
    hints: Mapping[str, torch.Tensor],
    controls_learn: bool = False,
) -> torch.Tensor:
    """Epsilon as the model has it for a task on the training's device, float32; tokens and hints are brought there."""
    there = {kind: hint.to(device()) for kind, hint in hints.items()}
    return model(task, tokens.to(device()), there, controls_learn).float()


def drawn(cache: Cache, size: int, seed: int, step: int) -> Batch:
    """The batch of one step. The same step always draws the same."""
    rng = np.random.default_rng((seed, step))
    return draw_batch(cache, cache.rows("train"), size, draw_controls(list(cache.hints), rng), rng)


def noise_of(seed: int, step: int) -> torch.Generator:
    """The noise of one step."""
    return torch.Generator().manual_seed(seed * 1_000_003 + step)


def train(data: Path, work: Path, steps: int, batch: int, rate: float, seed: int) -> None:
    """Train up to `steps`, going on from the state in `work` if there is one."""
    torch.manual_seed(seed)
    run = Run(work, "denoiser", Denoiser(), rate, DECAY)
    tokenizer = CLIPTokenizer.from_pretrained(work / "tokenizer", local_files_only=True)
    cache = load_cache(data, work)
    recent: list[torch.Tensor] = []
    for samples in ahead(partial(drawn, cache, batch, seed), range(run.step, steps)):
        tokens = tokens_of(tokenizer, samples.prompts)
        with lean():
            loss = losses(run.model, samples, tokens, noise_of(seed, run.step), run.step % CONTROLS_LEARN == 0).mean()
        run.descend(loss, trapezoid(run.step, steps, warm=200, decay=0.3))
        recent.append(loss.detach())
        if run.step % LOG_EVERY == 0:
            run.log(loss=torch.stack(recent).mean().item())
            recent.clear()
        run.keep(run.step == steps)


def main() -> None:
    """Command line entry."""
    train_as_asked(train, str(__doc__), steps=6000, batch=16, rate=8e-4, seed=1)


if __name__ == "__main__":
    main()

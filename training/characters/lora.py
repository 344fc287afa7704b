"""Train a LoRA: from pictures and settings to small matrices beside a frozen checkpoint.

Read from top to bottom: `train` prepares, goes on from a saved state if there is one, and takes step after step;
`step_loss` is what one step learns from. Everything random hangs on the seed and the step alone, so a training that was
stopped and taken up again ends with the very same LoRA.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipeline.engine.prompt.weights import literal
from pipeline.engine.text import Prompts
from pipeline.errors import TrainingError
from pipeline.keys import Key, key_of
from pipeline.models.load import load_checkpoint
from pipeline.models.lora import LowRank
from pipeline.models.store import Checkpoint
from training.characters.cache import Latents, cache_latents
from training.characters.colours import coarse_error
from training.characters.dataset import Dataset
from training.characters.network import Trainee, with_lora
from training.characters.schedule import rate_factor
from training.characters.settings import Training
from training.characters.state import State, load, log_losses, save
from training.noising import Task, carry, chosen, noised, spread, timestep_of, train_sigmas

VERSION = 3
"""Raised when the same pictures and settings give another LoRA."""
LARGEST_GRADIENT = 1.0
DIVERGED = 3.0
"""A smoothed loss this many times the smallest so far means that the training has run away."""
SMOOTH = 0.95
STARTS = (0.6, 3.0)
"""The noise levels that carried samples start at: denoising strengths from .27 to .67."""


@dataclass(frozen=True, eq=False)
class Reached:
    """A training at a step. loss: smoothed. lora: as it is now; None between two saved states."""

    step: int
    loss: float
    lora: dict[str, LowRank] | None


@dataclass(frozen=True)
class Place:
    """Where a training runs. folder: for its state. device: as torch names it."""

    folder: Path
    device: torch.device


def key_of_training(dataset: Dataset, settings: Training, checkpoint: Checkpoint) -> Key:
    """Hash over everything that decides the LoRA; its name, how often it is saved and whose face it is do not."""
    plain = settings.model_dump(mode="json", exclude={"name", "checkpoint_every", "consent"})
    return key_of("lora", VERSION, plain, (dataset.key, checkpoint.key))


def train(
    dataset: Dataset, settings: Training, checkpoint: Checkpoint, place: Place, reached: Callable[[Reached], None]
) -> Generator[None, None, dict[str, LowRank]]:
    """Train, and return the LoRA. Yields between steps, where others may use the accelerator.

    reached: called after every step. Raises TrainingError when the loss is no number or runs away: the last good state
    stays, and the error says at which step. Raises OutputError when a state cannot be written.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    key = key_of_training(dataset, settings, checkpoint)
    networks = load_checkpoint(checkpoint, place.device)
    yield
    latents = yield from cache_latents(dataset, settings, networks)
    trainee = with_lora(networks, settings)
    prompts = Prompts(networks.tokenizer, networks.text_encoder)
    optimizer = torch.optim.AdamW(list(trainee.parameters().values()), lr=settings.rate, weight_decay=0.01)
    step = _go_on(load(place.folder, key), trainee, optimizer)
    watch, rows = Watch(), list[tuple[int, float]]()
    while step < settings.steps:
        yield
        loss = _descend(step, trainee, latents, prompts, optimizer, settings)
        step += 1
        smooth = watch.see(step, loss)
        rows.append((step, loss))
        saved = step % settings.checkpoint_every == 0 or step == settings.steps
        if saved:
            log_losses(place.folder, rows)
            save(place.folder, State(step, _values(trainee), optimizer.state_dict(), key))
            rows.clear()
        reached(Reached(step, smooth, trainee.low_ranks() if saved else None))
    return trainee.low_ranks()


def _descend(
    step: int,
    trainee: Trainee,
    latents: Latents,
    prompts: Prompts,
    optimizer: torch.optim.Optimizer,
    settings: Training,
) -> float:
    """One step down the gradient. Returns the loss; NaN, with the LoRA left alone, where there is no way down."""
    for group in optimizer.param_groups:
        group["lr"] = settings.rate * rate_factor(step, settings.steps, settings.schedule)
    optimizer.zero_grad(set_to_none=True)
    total = 0.0
    for part in range(settings.accumulate):
        loss = step_loss(step * settings.accumulate + part, trainee, latents, prompts, settings) / settings.accumulate
        loss.backward()
        total += float(loss.detach())
    length = float(torch.nn.utils.clip_grad_norm_(trainee.parameters().values(), LARGEST_GRADIENT))
    if not math.isfinite(total + length):
        return math.nan
    optimizer.step()
    return total


def step_loss(draw: int, trainee: Trainee, latents: Latents, prompts: Prompts, settings: Training) -> Tensor:
    """The loss of one batch: how far the noise that the UNet sees in noisy pictures is from the noise put in.

    Some samples are carried: they start, as a render does, from somebody else, namely from a recoloured copy, and are
    to arrive at the character. There it counts, too, how far the colours of skin and hair are from the character's.
    draw: which batch, counted from 0; the same one is always drawn the same way.
    """
    random = np.random.default_rng((settings.seed, draw))
    noise = torch.Generator().manual_seed(settings.seed * 1_000_003 + draw)
    batch = latents.draw(random, settings.batch_size)
    words = ["" if random.random() < settings.drop_captions else caption for caption in batch.captions]
    carried = torch.from_numpy(random.random(len(words)) < settings.carried)
    task = chosen(carried, carry(batch.others, batch.latents, noise, STARTS), _plain(batch.latents, settings, noise))
    unet = trainee.networks.unet
    text = embedded(prompts, trainee, words, settings)
    with torch.autocast(unet.device.type, enabled=unet.device.type == "cuda"):
        times = timestep_of(task.sigma).to(unet.device)
        said = unet(task.model_input.to(unet.device), times, text, return_dict=False)[0].float()
    missed, masks = said - task.epsilon.to(said.device), batch.masks.to(said.device)
    weight = task.weight(settings.snr_limit).to(said.device)
    loss = weight * (missed**2 * masks).mean((1, 2, 3)) / masks.mean((1, 2, 3))
    if settings.colours:
        colours = coarse_error(spread(task.sigma).to(said.device) * missed, batch.parts.to(said.device))
        loss = loss + settings.colours * carried.to(said.device) * colours
    return loss.mean()


def _plain(clean: Tensor, settings: Training, generator: torch.Generator) -> Task:
    """The pictures under noise of any level."""
    epsilon = torch.randn(clean.shape, generator=generator)
    if settings.noise_offset:
        epsilon = epsilon + settings.noise_offset * torch.randn((*clean.shape[:2], 1, 1), generator=generator)
    levels = train_sigmas()
    return noised(clean, epsilon, levels[torch.randint(0, len(levels), (len(clean),), generator=generator)])


def embedded(prompts: Prompts, trainee: Trainee, words: list[str], settings: Training) -> Tensor:
    """The captions as the UNet reads them, [n, tokens, width]; through the text encoder anew while that learns, too."""
    if not settings.text_encoder:
        return torch.cat([prompts.encode((literal(caption),), 1)[:, :TOKENS] for caption in words]).clone()
    networks = trainee.networks
    ids = networks.tokenizer(words, padding="max_length", truncation=True, return_tensors="pt").input_ids
    return networks.text_encoder(ids.to(networks.text_encoder.device)).last_hidden_state


TOKENS = 77
"""Captions are one chunk long: what goes beyond is cut, as in every trainer for this family."""


class Watch:
    """Looks after the loss: smooth, finite, and not running away."""

    def __init__(self) -> None:
        self._smooth: float | None = None
        self._least = math.inf

    def see(self, step: int, loss: float) -> float:
        """The smoothed loss. Raises TrainingError when the training cannot go on like this."""
        if not math.isfinite(loss):
            raise TrainingError(f"The loss at step {step} is no number.", "Lower the learning rate and go on.")
        self._smooth = loss if self._smooth is None else SMOOTH * self._smooth + (1 - SMOOTH) * loss
        self._least = min(self._least, self._smooth)
        if self._smooth > DIVERGED * self._least and step > 1 / (1 - SMOOTH):
            raise TrainingError(f"The training runs away at step {step}.", "Lower the learning rate and go on.")
        return self._smooth


def _values(trainee: Trainee) -> dict[str, Tensor]:
    return {name: parameter.detach().cpu().clone() for name, parameter in trainee.parameters().items()}


@torch.no_grad()
def _go_on(state: State | None, trainee: Trainee, optimizer: torch.optim.Optimizer) -> int:
    """Take up a saved state. Returns the steps done."""
    if state is None:
        return 0
    for name, parameter in trainee.parameters().items():
        parameter.copy_(state.weights[name])
    optimizer.load_state_dict(dict(state.optimizer))
    return state.step

"""Train ControlNets for depth and normals: `python -m training.draft.controls --kind depth --data DATA --work WORK`.

Text encoder and UNet stay as they are; the new ControlNet begins as a copy of the UNet's encoder, as ControlNets do
(Zhang et al. 2023). Stops and goes on like the others; `export` writes what is there beside the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from diffusers import ControlNetModel
from numpy.typing import NDArray
from transformers import CLIPTokenizer

from training.draft import shapes
from training.draft.asked import of_pairs
from training.draft.batches import Batch, Cache, draw_batch
from training.draft.denoiser import DECAY, LOG_EVERY, Denoiser, load_cache, losses, noise_of, tokens_of
from training.draft.device import ahead, lean, move
from training.draft.given import GIVEN, Given, rows_with
from training.draft.hints import hint_array
from training.draft.state import Run, averaged, trapezoid


@dataclass(frozen=True)
class Plan:
    """How one control is trained: its kind and the numbers of `state.train_as_asked`."""

    kind: Given
    steps: int
    batch: int
    rate: float
    seed: int


def state_name(kind: Given) -> str:
    """Name of the state file and log of one control."""
    return f"control-{kind}"


def frozen_denoiser(work: Path) -> Denoiser:
    """The trained denoiser, not to be changed."""
    model = averaged(work / "denoiser.pt", Denoiser())
    move(model)
    return model


def drawn(cache: Cache, rows: NDArray[np.int64], plan: Plan, step: int) -> Batch:
    """The batch of one step, always with the hints. The same step always draws the same."""
    return draw_batch(cache, rows, plan.batch, [plan.kind], np.random.default_rng((plan.seed, step)))


def train(data: Path, work: Path, plan: Plan) -> None:
    """Train up to `plan.steps`, going on from the state in `work` if there is one.

    Raises FileNotFoundError when no pair for training has pictures of this kind.
    """
    torch.manual_seed(plan.seed)
    whole = frozen_denoiser(work)
    control = shapes.controlnet(whole.unet).requires_grad_(True).train()
    run = Run(work, state_name(plan.kind), control, plan.rate, DECAY)
    whole.controlnets[plan.kind] = run.model
    tokenizer = CLIPTokenizer.from_pretrained(work / "tokenizer", local_files_only=True)
    cache = load_cache(data, work)
    array = hint_array(work, plan.kind, len(cache.pairs))
    rows = np.intersect1d(cache.rows("train"), rows_with(array))
    if len(rows) == 0:
        raise FileNotFoundError(f"No pair for training has a {plan.kind} picture; run training.draft.given first.")
    draw = partial(drawn, replace(cache, hints={plan.kind: array}), rows, plan)
    recent: list[torch.Tensor] = []
    for samples in ahead(draw, range(run.step, plan.steps)):
        tokens = tokens_of(tokenizer, samples.prompts)
        with lean():
            loss = losses(whole, samples, tokens, noise_of(plan.seed, run.step), controls_learn=True).mean()
        run.descend(loss, trapezoid(run.step, plan.steps, warm=100, decay=0.3))
        recent.append(loss.detach())
        if run.step % LOG_EVERY == 0:
            run.log(loss=torch.stack(recent).mean().item())
            recent.clear()
        run.keep(run.step == plan.steps)


def trained(work: Path) -> dict[str, ControlNetModel]:
    """The averaged ControlNets that have been trained in `work`, by their kinds."""
    there = {kind: work / f"{state_name(kind)}.pt" for kind in GIVEN}
    return {kind: averaged(file, shapes.controlnet(shapes.unet())) for kind, file in there.items() if file.exists()}


def main() -> None:
    """Command line entry."""
    parser = of_pairs(__doc__)
    parser.add_argument("--kind", choices=GIVEN, required=True)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--seed", type=int, default=3)
    asked = parser.parse_args()
    train(asked.data, asked.work, Plan(asked.kind, asked.steps, asked.batch, asked.rate, asked.seed))


if __name__ == "__main__":
    main()

"""How much of film the denoiser has learnt: `python -m training.draft.learnt --data DATA --work WORK`.

From an engine picture under noise the denoiser guesses the film picture in one step. Prints, for each noise level, the
squared error of that guess in parts of the engine picture's own distance to film, in the latents as they are and in
their means over coarse cells (light and colour): 0 is film, 1 is no nearer than the engine. Once for people of the
training, once for people it never saw: where the two are alike, more pictures would not help, and longer training or a
larger network would. A split that is not cached is left out. `--state` names states of a run at different steps, for
its curve. `--only` says how much a control tells: `--only depth` beside `--only` with none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from torch.nn import functional
from transformers import CLIPTokenizer

from pipeline.recipe.passes import ControlKind
from training.draft.asked import of_pairs
from training.draft.batches import FACE_PASS, Batch, Cache, draw_batch
from training.draft.controls import trained
from training.draft.denoiser import Denoiser, guess, load_cache, tokens_of
from training.draft.device import device, lean
from training.draft.hints import hint_array
from training.draft.shapes import CONTROLS
from training.draft.state import averaged
from training.noising import noised

LEVELS = (0.6, 1.0, 2.0, 2.9)
"""Where an Euler sampler of the draft starts at strengths .28, .4, .55 and .65."""
CELL = 4
"""Latents on a side of a coarse cell, 32 pixels."""
AT_ONCE = 8
SPLITS = ("train", "val")
PASSES = (FACE_PASS, CONTROLS)
"""The controls of the face pass and of the body pass."""


def batches(cache: Cache, split: str, count: int, passes: Sequence[Sequence[str]] = PASSES) -> Iterator[Batch]:
    """The same `count` batches every time, in turn with the controls of each pass."""
    for number in range(count):
        kinds = passes[number % len(passes)]
        yield draw_batch(cache, cache.rows(split), AT_ONCE, kinds, np.random.default_rng((7, number)))


@torch.no_grad()
def left(model: Denoiser, batch: Batch, tokens: torch.Tensor, level: float, generator: torch.Generator) -> torch.Tensor:
    """Squared errors of the guess and of the engine picture, whole and coarse: [guess, engine, guess, engine]."""
    film = batch.target.to(device())
    own, noise = batch.engine.to(device()) - film, torch.randn(film.shape, generator=generator).to(device())
    task = noised(film, noise + own / level, torch.full((len(film),), level, device=device()))
    with lean():
        epsilon = guess(model, task, tokens, batch.hints)
    errors = (level * (task.epsilon - epsilon), own)
    means = (functional.avg_pool2d(error, CELL) for error in errors)
    return torch.stack([error.square().mean() for error in (*errors, *means)]).cpu()


def learnt(
    model: Denoiser,
    cache: Cache,
    tokenizer: CLIPTokenizer,
    count: int,
    passes: Sequence[Sequence[str]] = PASSES,
) -> Iterator[tuple[str, float, float, float]]:
    """Split, noise level, what is left of the distance to film, and of its coarse part."""
    for split in (split for split in SPLITS if cache.rows(split).size):
        for level in LEVELS:
            sums, generator = torch.zeros(4), torch.Generator().manual_seed(1)
            for batch in batches(cache, split, count, passes):
                sums += left(model, batch, tokens_of(tokenizer, batch.prompts), level, generator)
            yield split, level, float(sums[0] / sums[1]), float(sums[2] / sums[3])


def main() -> None:
    """Command line entry."""
    parser = of_pairs(__doc__)
    parser.add_argument("--state", type=Path, nargs="*")
    parser.add_argument("--count", type=int, default=12, help="batches of 8 for each figure")
    parser.add_argument("--only", nargs="*", choices=get_args(ControlKind), help="these controls and no others")
    asked = parser.parse_args()
    cache = load_cache(asked.data, asked.work)
    passes = PASSES
    if asked.only is not None:
        cache = replace(cache, hints={kind: hint_array(asked.work, kind, len(cache.pairs)) for kind in asked.only})
        passes = (asked.only,)
    tokenizer = CLIPTokenizer.from_pretrained(asked.work / "tokenizer", local_files_only=True)
    others = trained(asked.work)
    for state in asked.state or [asked.work / "denoiser.pt"]:
        model = averaged(state, Denoiser())
        model.controlnets.update(others)
        model.to(device())
        for split, level, whole, coarse in learnt(model, cache, tokenizer, asked.count, passes):
            print(f"{state.stem} {split:5} {level:.1f}: {whole:.3f}, coarse {coarse:.3f}", flush=True)


if __name__ == "__main__":
    main()

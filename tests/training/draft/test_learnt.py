"""What is left of the distance to film, of guesses that are known."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import CLIPTokenizer

from tests.training.draft.conftest import write_caches
from training.draft.denoiser import Denoiser, load_cache
from training.draft.learnt import LEVELS, batches, learnt, left
from training.noising import Task


class Guessing(Denoiser):
    """Knows the answer, and is off by this share of the way back to the engine picture."""

    share, engine, film = 0.0, torch.empty(0), torch.empty(0)

    def forward(
        self, task: Task, tokens: torch.Tensor, hints: dict[str, torch.Tensor], controls_learn: bool = False
    ) -> torch.Tensor:
        return task.epsilon - self.share * (self.engine - self.film) / task.sigma[:, None, None, None]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_what_is_left_is_the_square_of_the_share_that_is_missing(data: Path, tmp_path: Path, share: float) -> None:
    write_caches(tmp_path)
    batch = next(batches(load_cache(data, tmp_path), "train", 1))
    model = Guessing()
    model.share, model.engine, model.film = share, batch.engine, batch.target
    found = left(model, batch, torch.zeros(8, 77, dtype=torch.int64), 2.0, torch.Generator().manual_seed(1))
    assert found[0] / found[1] == pytest.approx(share**2, abs=1e-5)
    assert found[2] / found[3] == pytest.approx(share**2, abs=1e-5)


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_every_level_of_every_split_is_measured_and_the_same_each_time(data: Path, tmp_path: Path) -> None:
    write_caches(tmp_path)
    model = Denoiser()
    cache, tokenizer = load_cache(data, tmp_path), CLIPTokenizer.from_pretrained(tmp_path / "tokenizer")
    once, again = (list(learnt(model, cache, tokenizer, 1)) for _ in range(2))
    assert [row[:2] for row in once] == [(split, level) for split in ("train", "val") for level in LEVELS]
    assert once == again


@pytest.mark.usefixtures("small")
def test_a_pass_with_one_control_draws_the_same_views_with_that_control_alone(data: Path, tmp_path: Path) -> None:
    write_caches(tmp_path)
    cache = load_cache(data, tmp_path)
    alone, none = (next(batches(cache, "train", 1, [kinds])) for kinds in (["canny"], []))
    assert list(alone.hints) == ["canny"] and not none.hints
    assert torch.equal(alone.engine, none.engine) and alone.prompts == none.prompts

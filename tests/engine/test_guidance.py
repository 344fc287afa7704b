"""What the UNet is told at each step of a render: text that changes, prompts joined by AND, embeddings by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from pipeline.engine.guidance import Guidance, times_seen
from pipeline.engine.residency import Residency
from pipeline.models.importing import import_model
from pipeline.models.store import ModelStore
from tests import tiny
from tests.engine.batches import latents_of, make_batch


def test_the_text_of_a_step_follows_the_schedule(store: ModelStore, residency: Residency) -> None:
    """Times are of the 10 steps of the schedule, also where a strength of 0.5 runs only 6 of them."""
    batch = make_batch(store, steps=10, strength=0.5, prompt="a [cat:dog:0.3]", guidance_scale=1.0)
    seen: list[Tensor] = []

    def note(module: nn.Module, inputs: tuple, options: dict[str, Tensor]) -> None:
        seen.append(options["encoder_hidden_states"][0])

    resident = residency.checkpoint(batch.checkpoint)
    hook = resident.networks.unet.register_forward_pre_hook(note, with_kwargs=True)
    latents_of(batch, residency)
    hook.remove()
    cat, dog = (resident.prompts.encode((text,), 1)[0] for text in ("a cat", "a dog"))
    assert [torch.allclose(text, cat, atol=1e-5) for text in seen] == [True] * 4 + [False] * 2
    assert [torch.allclose(text, dog, atol=1e-5) for text in seen] == [False] * 4 + [True] * 2


def test_prompts_joined_by_and_pull_with_their_weights() -> None:
    negative, one, other = torch.ones(2, 1), torch.full((2, 1), 3.0), torch.full((2, 1), 5.0)
    joined = Guidance((), (1.0, 0.5), 2.0).joined(torch.cat([negative, one, other]), 2)
    assert torch.equal(joined, torch.full((2, 1), 1 + 2 * (3 - 1) + 0.5 * 2 * (5 - 1)))


def test_a_prompt_joined_with_itself_is_that_prompt(store: ModelStore, residency: Residency) -> None:
    once = latents_of(make_batch(store, steps=4, prompt="a cat", guidance_scale=4.0), residency)
    halves = latents_of(make_batch(store, steps=4, prompt="a cat :0.5 AND a cat :0.5", guidance_scale=4.0), residency)
    assert np.abs(once - halves).max() <= 1e-4
    other = latents_of(make_batch(store, steps=4, prompt="a cat :0.5 AND a dog :0.5", guidance_scale=4.0), residency)
    assert np.abs(once - other).max() > 1e-3


@pytest.mark.parametrize(
    ("prompt", "scale", "times"),
    [("a", 1.0, 1), ("a", 7.5, 2), ("a AND b", 7.5, 3), ("a AND b", 1.0, 3), ("a :0.5", 1.0, 2)],
)
def test_the_negative_prompt_is_run_where_it_counts(store: ModelStore, prompt: str, scale: float, times: int) -> None:
    assert times_seen(make_batch(store, prompt=prompt, guidance_scale=scale)) == times


def test_an_embedding_is_found_by_its_name(store: ModelStore, residency: Residency, tmp_path: Path) -> None:
    torch.manual_seed(0)
    save_file({"emb_params": torch.randn(5, tiny.TEXT_WIDTH)}, tmp_path / "badhands.safetensors")
    import_model(tmp_path / "badhands.safetensors", store)
    (named,) = store.embeddings_in("cgi, (BadHands:1.2)")
    assert named.id == "badhands" and store.embeddings_in("bad hands") == ()
    plain = make_batch(store, steps=4, negative_prompt="cgi, badhands")
    known = make_batch(store, steps=4, negative_prompt="cgi, badhands", embeddings=(named,))
    assert np.abs(latents_of(plain, residency) - latents_of(known, residency)).max() > 1e-3
    elsewhere = make_batch(store, steps=4, embeddings=(named,))
    assert np.array_equal(latents_of(elsewhere, residency), latents_of(make_batch(store, steps=4), residency))

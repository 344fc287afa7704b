"""Another autoencoder in place of the checkpoint's own: other pictures, other keys, and refused when it is not here."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.clip.still import decode_png
from pipeline.errors import ModelMissing
from pipeline.models.store import ModelStore
from pipeline.plan import plan_render
from pipeline.recipe.infotext import parse_infotext
from pipeline.recipe.pasted import recipe_from
from tests import tiny
from tests.render.conftest import Bench, tiny_recipe


@pytest.fixture
def coded(bench: Bench, tmp_path: Path) -> Bench:
    """The bench with two more autoencoders: `same`, the checkpoint's own, and `other`, which has other weights."""
    folder = tmp_path / "own-models"
    shutil.copytree(bench.tools.models.folder, folder)
    shutil.copytree(folder / "checkpoints" / "tiny" / "vae", folder / "vaes" / "same")
    vae = tiny.full_autoencoder()
    with torch.no_grad():
        for parameter in vae.decoder.parameters():
            parameter.mul_(1.1)
    vae.half().save_pretrained(folder / "vaes" / "other")
    return dataclasses.replace(bench, tools=dataclasses.replace(bench.tools, models=ModelStore(folder)))


def layer(bench: Bench, *changes: str) -> np.ndarray:
    name = changes[0].rpartition("=")[2] if changes else "own"
    bench.render(tiny_recipe("passes.face.enabled=false", *changes), "62", name)
    return decode_png((bench.folder / name / "layers" / "body" / "000062.png").read_bytes())


@pytest.mark.slow
def test_another_autoencoder_gives_another_picture_and_the_same_one_the_same(coded: Bench) -> None:
    own, other, same = layer(coded), layer(coded, "vae=other"), layer(coded, "vae=same")
    assert np.array_equal(own, same)
    assert np.abs(own.astype(int) - other).mean() > 1


def test_it_is_in_the_keys_and_among_the_models(coded: Bench) -> None:
    own, other, same = (
        plan_render(coded.shot, tiny_recipe(*changes), coded.tools.models, coded.tools.cache)
        for changes in ((), ("vae=other",), ("vae=same",))
    )
    assert own.keys == same.keys and own.keys["pass.body"] != other.keys["pass.body"]
    assert "other" in other.models and "vae" not in own.models
    assert ("vae", "other") in coded.tools.models.needed(tiny_recipe("vae=other"))


def test_one_that_is_not_here_is_one_sentence(coded: Bench) -> None:
    with pytest.raises(ModelMissing, match="The autoencoder nowhere is not on this machine"):
        coded.render(tiny_recipe("vae=nowhere"), "62", "out")
    assert not (coded.folder / "out").exists()


@pytest.mark.parametrize(
    ("said", "expected", "notes"),
    [
        ("VAE hash: 735e4c3a44, VAE: vae-ft-mse-840000.safetensors", "mse", 0),
        ("VAE: my vae.pt", "my_vae", 1),
        ("VAE: Automatic", "", 0),
    ],
)
def test_auto1111s_autoencoder_is_taken_over(said: str, expected: str, notes: int) -> None:
    text = f"a cat\nSteps: 20, Sampler: Euler, Size: 512x512, Model hash: e6415c4892, Denoising strength: 0.5, {said}"
    found = recipe_from(parse_infotext(text), None, {"735e4c3a44": "mse", "e6415c4892": "film"})
    assert found.recipe.vae == expected and len(found.left_out) == notes

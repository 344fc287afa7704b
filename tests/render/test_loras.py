"""LoRAs and embeddings that recipes and prompts name, from the plan to the picture."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from pipeline.errors import ModelMissing
from pipeline.models.importing import import_model
from pipeline.models.store import ModelStore
from pipeline.plan import RenderPlan, plan_render
from pipeline.recipe.passes import AdapterSpec, PersonSettings
from pipeline.recipe.recipe import Recipe
from tests.render.conftest import Bench, tiny_recipe
from tests.tiny import TEXT_WIDTH

pytestmark = pytest.mark.slow

KEYS = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_{}.lora_{}.weight"


@pytest.fixture
def equipped(bench: Bench, tmp_path: Path) -> Bench:
    """A bench with the LoRAs `ava` and `film_look` and the embedding `badhands`."""
    shutil.copytree(bench.tools.models.folder, tmp_path / "models")
    store = ModelStore(tmp_path / "models")
    for number, name in enumerate(("ava", "film look")):
        add_lora(store, tmp_path, name, number)
    torch.manual_seed(2)
    save_file({"emb_params": torch.randn(3, TEXT_WIDTH)}, tmp_path / "badhands.safetensors")
    import_model(tmp_path / "badhands.safetensors", store)
    return dataclasses.replace(bench, tools=dataclasses.replace(bench.tools, models=store, cache=tmp_path / "cache"))


def add_lora(store: ModelStore, folder: Path, name: str, seed: int) -> None:
    torch.manual_seed(seed)
    parts = {KEYS.format(to, part): torch.randn(size) for to in "qkv" for part, size in SIZES.items()}
    save_file(parts, folder / f"{name}.safetensors")
    import_model(folder / f"{name}.safetensors", store)


SIZES = {"down": (4, 32), "up": (32, 4)}


def with_prompt(prompt: str, *changes: str) -> Recipe:
    return tiny_recipe(*changes).model_copy(update={"prompt": prompt})


def planned(bench: Bench, recipe: Recipe) -> RenderPlan:
    return plan_render(bench.shot, recipe, bench.tools.models, bench.tools.cache)


def test_a_prompt_and_a_pass_name_loras(equipped: Bench) -> None:
    recipe = with_prompt("film <lora:ava:0.5:0.8> still")
    body = recipe.passes[0].model_copy(update={"adapters": (AdapterSpec(id="film_look", weight=0.3),)})
    plan = planned(equipped, recipe.model_copy(update={"passes": (body, *recipe.passes[1:])}))
    first, second = (planned.plan for planned in plan.passes)
    assert [(a.weights.id, a.unet_weight, a.text_weight) for a in first.adapters] == [
        ("film_look", 0.3, 0.3),
        ("ava", 0.8, 0.5),
    ]
    assert [a.weights.id for a in second.adapters] == ["ava"]
    assert first.prompt == "film  still"
    assert {"ava", "film_look"} <= set(plan.models)


def test_a_file_with_blanks_in_its_name_is_found(equipped: Bench) -> None:
    (adapter,) = planned(equipped, with_prompt("<lora:film look:1>")).passes[0].plan.adapters
    assert adapter.weights.id == "film_look"


def test_a_lora_that_is_not_here_stops_the_render(equipped: Bench) -> None:
    recipe = with_prompt("<lora:who:1>")
    assert ("adapter", "who") in equipped.tools.models.needed(recipe)
    with pytest.raises(ModelMissing, match="The LoRA who is not on this machine"):
        planned(equipped, recipe)
    planned(equipped, with_prompt("<lora:who:0>"))


def test_one_persons_lora_is_that_persons_alone(equipped: Bench) -> None:
    recipe = tiny_recipe()
    own = PersonSettings(person=2, prompt="her <lora:ava:1>")
    face = recipe.passes[1].model_copy(update={"people": (own,)})
    plan = planned(equipped, recipe.model_copy(update={"passes": (recipe.passes[0], face)})).passes[1].plan
    assert plan.of(1).adapters == () and [a.weights.id for a in plan.of(2).adapters] == ["ava"]


def test_keys_follow_the_lora_its_weight_and_the_embedding(equipped: Bench, tmp_path: Path) -> None:
    def key(prompt: str) -> str:
        return planned(equipped, with_prompt(prompt)).keys["pass.body"]

    assert len({key(prompt) for prompt in ("a", "a<lora:ava:1>", "a<lora:ava:0.9>", "a<lora:film_look:1>")}) == 4
    before = key("a <lora:ava:1> badhands"), key("a <lora:ava:1>"), key("a")
    shutil.rmtree(equipped.tools.models.folder / "loras" / "ava")
    add_lora(equipped.tools.models, tmp_path, "ava", 9)
    shutil.rmtree(equipped.tools.models.folder / "embeddings" / "badhands")
    after = key("a <lora:ava:1> badhands"), key("a <lora:ava:1>"), key("a")
    assert [a != b for a, b in zip(before, after, strict=True)] == [True, True, False]


def test_the_render_wears_them(equipped: Bench) -> None:
    only_body = "passes.face.enabled=false"
    layers: list[bytes] = []
    for number, prompt in enumerate(("still", "still<lora:ava:1>", "still", "still, badhands", "still [a:b:1]")):
        equipped.render(with_prompt(prompt, only_body), "62", str(number))
        layers.append((equipped.folder / str(number) / "layers" / "body" / "000062.png").read_bytes())
    assert layers[0] == layers[2]
    assert len(set(layers)) == 4

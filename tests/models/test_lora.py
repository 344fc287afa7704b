"""One LoRA in every form that people have: the same changes to the same modules, whatever its weights are called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import UNet2DConditionModel
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel

from pipeline.errors import RefusedFile
from pipeline.models.importing import Wish, import_model
from pipeline.models.lora import MODULES_NOTE, LowRank, from_tensors, low_ranks, modules
from pipeline.models.store import DRAFT, ModelStore
from pipeline.models.tensors import opened
from tests.models import siblings

RANK, ALPHA = 4, 2.0
DOWN = "down_blocks.1.attentions.0.transformer_blocks.0"
SHAPES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    f"unet.{DOWN}.attn1.to_q": ((RANK, 640), (640, RANK)),
    f"unet.{DOWN}.attn2.to_k": ((RANK, 768), (640, RANK)),
    f"unet.{DOWN}.attn2.to_out.0": ((RANK, 640), (640, RANK)),
    "text_encoder.encoder.layers.3.self_attn.q_proj": ((RANK, 768), (768, RANK)),
    "text_encoder.encoder.layers.3.mlp.fc1": ((RANK, 768), (3072, RANK)),
}
PAIRS = {name: (down, up) for name, down, up in siblings.lora(SHAPES, 11)}
KOHYA = {
    f"unet.{DOWN}.attn1.to_q": "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q",
    f"unet.{DOWN}.attn2.to_k": "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k",
    f"unet.{DOWN}.attn2.to_out.0": "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_out_0",
    "text_encoder.encoder.layers.3.self_attn.q_proj": "lora_te_text_model_encoder_layers_3_self_attn_q_proj",
    "text_encoder.encoder.layers.3.mlp.fc1": "lora_te_text_model_encoder_layers_3_mlp_fc1",
}
ORIGINAL = {name: written.replace("down_blocks_1_attentions_0", "input_blocks_4_1") for name, written in KOHYA.items()}

Weights = dict[str, Tensor]


def folded(up: Tensor) -> Tensor:
    """For forms without alpha: what alpha does, in the matrix."""
    return up * (ALPHA / RANK)


def kohya(names: dict[str, str] = KOHYA) -> Weights:
    weights: Weights = {}
    for module, (down, up) in PAIRS.items():
        weights |= {f"{names[module]}.lora_down.weight": down, f"{names[module]}.lora_up.weight": up}
        weights[f"{names[module]}.alpha"] = torch.tensor(ALPHA)
    return weights


def diffusers(down_name: str, up_name: str) -> Weights:
    weights: Weights = {}
    for module, (down, up) in PAIRS.items():
        written = module.replace("text_encoder.", "text_encoder.text_model.")
        weights |= {f"{written}{down_name}": down, f"{written}{up_name}": folded(up)}
    return weights


def oldest() -> Weights:
    """As diffusers wrote attention processors in 2023."""
    weights: Weights = {}
    for module, (down, up) in PAIRS.items():
        if module.startswith("unet."):
            block, _, part = module.replace(".to_out.0", ".to_out").rpartition(".")
            weights |= {f"{block}.processor.{part}_lora.down.weight": down}
            weights |= {f"{block}.processor.{part}_lora.up.weight": folded(up)}
        else:
            written = module.replace("text_encoder.", "text_encoder.text_model.")
            weights |= {f"{written}.lora_linear_layer.down.weight": down}
            weights |= {f"{written}.lora_linear_layer.up.weight": folded(up)}
    return weights


FORMS: dict[str, tuple[Callable[[], Weights], str]] = {
    "kohya": (kohya, "kohya"),
    "kohya for the original layout": (lambda: kohya(ORIGINAL), "kohya"),
    "diffusers": (lambda: diffusers(".lora.down.weight", ".lora.up.weight"), "diffusers"),
    "diffusers with PEFT": (lambda: diffusers(".lora_A.weight", ".lora_B.weight"), "diffusers"),
    "diffusers of 2023": (oldest, "diffusers"),
}


def read(store: ModelStore, id: str) -> dict[str, LowRank]:
    return from_tensors(load_file(store.weights("adapter", id).folder / "adapter.safetensors"))


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def check(changes: dict[str, LowRank]) -> None:
    """Every module is changed by what alpha / rank * up @ down says."""
    assert changes.keys() == PAIRS.keys()
    for module, (down, up) in PAIRS.items():
        expected = ALPHA / RANK * (up @ down)
        assert torch.allclose(changes[module].delta(), expected, atol=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_makes_the_same_changes(store: ModelStore, tmp_path: Path, form: str) -> None:
    weights, named = FORMS[form]
    done = import_model(siblings.write(weights(), tmp_path / "ava.safetensors"), store)
    assert (done.record.kind, done.record.form) == ("adapter", named)
    check(read(store, "ava"))


def test_the_numbers_of_the_file_stay_as_they_are(store: ModelStore, tmp_path: Path) -> None:
    half = {name: tensor.half() for name, tensor in kohya().items()}
    import_model(siblings.write(half, tmp_path / "ava.safetensors"), store)
    for module, change in read(store, "ava").items():
        assert torch.equal(change.down, PAIRS[module][0].half()) and torch.equal(change.up, PAIRS[module][1].half())
        assert change.scale == ALPHA / RANK and change.mid is None


def test_a_file_without_alpha_counts_in_full(store: ModelStore, tmp_path: Path) -> None:
    weights = {name: tensor for name, tensor in kohya().items() if not name.endswith("alpha")}
    import_model(siblings.write(weights, tmp_path / "ava.safetensors"), store)
    assert {change.scale for change in read(store, "ava").values()} == {1.0}


def test_the_alpha_in_the_notes_of_diffusers_counts(store: ModelStore, tmp_path: Path) -> None:
    notes = {"lora_adapter_metadata": json.dumps({"unet.r": RANK, "unet.lora_alpha": 1, "text_encoder.lora_alpha": 2})}
    weights = diffusers(".lora_A.weight", ".lora_B.weight")
    import_model(siblings.write(weights, tmp_path / "ava.safetensors", notes), store)
    for module, change in read(store, "ava").items():
        assert change.scale == (1 if module.startswith("unet.") else 2) / RANK


def test_an_adapter_that_peft_saved_does_what_it_did_in_peft(store: ModelStore, tmp_path: Path) -> None:
    """PEFT's own file of PEFT's own layers, and what they add to the output, as the truth."""
    torch.manual_seed(3)
    plain = CLIPTextModel(
        CLIPTextConfig(hidden_size=64, num_attention_heads=1, intermediate_size=128, num_hidden_layers=4)
    )
    config = LoraConfig(r=4, lora_alpha=6, target_modules=["q_proj"], init_lora_weights=False)
    adapted = get_peft_model(plain, config)
    adapted.save_pretrained(str(tmp_path / "ava"))
    done = import_model(tmp_path / "ava", store)
    assert (done.record.kind, done.record.form, done.record.id) == ("adapter", "PEFT", "ava")
    for module, change in read(store, "ava").items():
        layer: Any = dict(plain.named_modules())[module.removeprefix("text_encoder.")]
        assert torch.allclose(change.delta(), layer.get_delta_weight("default"), atol=1e-6)


def test_convolutions_are_changed_as_their_layers_would(store: ModelStore, tmp_path: Path) -> None:
    """A LoCon, plain and with a convolution in the middle: the delta against the layers carried out one by one."""
    generator = torch.Generator().manual_seed(5)
    name = "lora_unet_down_blocks_0_resnets_0_conv1"
    down, up = torch.randn(4, 320, 3, 3, generator=generator), torch.randn(320, 4, 1, 1, generator=generator)
    narrow, mid = torch.randn(4, 320, 1, 1, generator=generator), torch.randn(4, 4, 3, 3, generator=generator)
    x = torch.randn(1, 320, 6, 6, generator=generator)
    conv = torch.nn.functional.conv2d
    plain = {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up, f"{name}.alpha": torch.tensor(2.0)}
    tucker = {f"{name}.lora_down.weight": narrow, f"{name}.lora_mid.weight": mid, f"{name}.lora_up.weight": up}
    truths = (0.5 * conv(conv(x, down, padding=1), up), conv(conv(conv(x, narrow), mid, padding=1), up))
    for id, weights, truth in zip(("locon", "tucker"), (plain, tucker), truths, strict=True):
        import_model(siblings.write(weights, tmp_path / f"{id}.safetensors"), store)
        change = read(store, id)["unet.down_blocks.0.resnets.0.conv1"]
        assert torch.allclose(conv(x, change.delta(), padding=1), truth, rtol=1e-3, atol=1e-2)


def test_a_variant_of_lora_in_a_peft_folder_is_refused(store: ModelStore, tmp_path: Path) -> None:
    folder = tmp_path / "ava"
    folder.mkdir()
    siblings.write(diffusers(".lora_A.weight", ".lora_B.weight"), folder / "adapter_model.safetensors")
    for text, words in (
        ('{"r": 4, "use_dora": true}', "a variant of LoRA"),
        ("[", "cannot be read"),
        ("[]", "be read"),
    ):
        (folder / "adapter_config.json").write_text(text)
        with pytest.raises(RefusedFile, match=words):
            import_model(folder, store, Wish("ava"))


@pytest.mark.parametrize("note", ["", "{", "[1]", '{"lora_unet_odd_to_q": 1}', '{"lora_unet_odd_to_q": "../unet"}'])
def test_modules_of_another_base_are_known_by_a_good_note_alone(tmp_path: Path, note: str) -> None:
    halves = {"down": torch.ones(2, 4), "up": torch.ones(4, 2)}
    tensors = {f"lora_unet_odd_to_q.lora_{part}.weight": half for part, half in halves.items()}
    good, bad = tmp_path / "good.safetensors", tmp_path / "bad.safetensors"
    save_file(tensors, good, metadata={MODULES_NOTE: '{"lora_unet_odd_to_q": "unet.odd.to_q"}'})
    save_file(tensors, bad, metadata={MODULES_NOTE: note})
    with opened(good) as file:
        assert set(low_ranks(file)) == {"unet.odd.to_q"}
    with opened(bad) as file, pytest.raises(RefusedFile, match="does not have"):
        low_ranks(file)


def test_modules_are_called_as_the_libraries_call_them() -> None:
    with torch.device("meta"):
        unet = UNet2DConditionModel(cross_attention_dim=768)
        text = CLIPTextModel(CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_attention_heads=12))
    kinds = (torch.nn.Linear, torch.nn.Conv2d)
    there = {f"unet.{name}" for name, module in unet.named_modules() if isinstance(module, kinds)}
    there |= {f"text_encoder.{name}" for name, module in text.named_modules() if isinstance(module, kinds)}
    assert there < set(modules().values())
    in_ldm_names = ("lora_unet_input_", "lora_unet_output_", "lora_unet_middle_block_", "lora_unet_time_embed_")
    assert {name for written, name in modules().items() if written.startswith(in_ldm_names)} < there


def test_the_draft_models_modules_are_known() -> None:
    with torch.device("meta"):
        config: Any = UNet2DConditionModel.load_config(DRAFT / "unet")
        unet: Any = UNet2DConditionModel.from_config(config)
    kinds = (torch.nn.Linear, torch.nn.Conv2d)
    names = [name for name, module in unet.named_modules() if isinstance(module, kinds)]
    assert {f"lora_unet_{name.replace('.', '_')}" for name in names} <= set(modules())

"""Whatever an artist has, told by what is inside, arrives in our layout with every number as it was."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import MotionAdapter
from safetensors.torch import load_file, save_file
from spandrel import ModelLoader
from torch import Tensor, nn

from pipeline.models.importing import Wish, import_model
from pipeline.models.load import load_checkpoint, load_control
from pipeline.models.store import ModelStore
from tests import tiny
from tests.models import siblings

CPU = torch.device("cpu")


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def as_safetensors(weights: dict[str, Tensor], path: Path) -> Path:
    return siblings.write(weights, path.with_suffix(".safetensors"))


def as_pickle(weights: dict[str, Tensor], path: Path) -> Path:
    """A .ckpt as training programs write it."""
    state = {"epoch": 3, "global_step": 840000, "state_dict": weights, "optimizer_states": [{"lr": 1e-4}]}
    torch.save(state, path.with_suffix(".ckpt"))
    return path.with_suffix(".ckpt")


def as_old_pickle(weights: dict[str, Tensor], path: Path) -> Path:
    """As PyTorch wrote it before 1.6."""
    torch.save(weights, path.with_suffix(".pt"), _use_new_zipfile_serialization=False)
    return path.with_suffix(".pt")


def equal(network: nn.Module, weights: dict[str, Tensor], original: Callable[[str], str]) -> bool:
    """Whether every weight of a loaded network is the file's, widened."""
    state = network.state_dict()
    there = {name: weights[original(name)].to(tensor.dtype).reshape(tensor.shape) for name, tensor in state.items()}
    return all(torch.equal(tensor, there[name]) for name, tensor in state.items())


SPOTS = {
    "down_blocks.2.resnets.0.conv_shortcut.weight": "input_blocks.7.0.skip_connection.weight",
    "down_blocks.2.downsamplers.0.conv.bias": "input_blocks.9.0.op.bias",
    "mid_block.resnets.1.time_emb_proj.weight": "middle_block.2.emb_layers.1.weight",
    "up_blocks.0.upsamplers.0.conv.weight": "output_blocks.2.1.conv.weight",
    "up_blocks.3.attentions.2.transformer_blocks.0.attn2.to_v.weight": (
        "output_blocks.11.1.transformer_blocks.0.attn2.to_v.weight"
    ),
    "conv_norm_out.weight": "out.0.weight",
}
VAE_SPOTS = {
    "decoder.up_blocks.0.resnets.2.conv1.weight": "decoder.up.3.block.2.conv1.weight",
    "decoder.up_blocks.2.upsamplers.0.conv.weight": "decoder.up.1.upsample.conv.weight",
    "encoder.mid_block.resnets.1.norm2.bias": "encoder.mid.block_2.norm2.bias",
}


def check_checkpoint(store: ModelStore, id: str, weights: dict[str, Tensor], unet_prefix: str) -> None:
    """The loaded networks hold the file's numbers."""
    loaded = load_checkpoint(store.checkpoint(id), CPU)
    for ours, theirs in SPOTS.items():
        assert torch.equal(loaded.unet.state_dict()[ours], weights[unet_prefix + theirs].float())
    for ours, theirs in VAE_SPOTS.items():
        assert torch.equal(loaded.vae.state_dict()[ours], weights[f"first_stage_model.{theirs}"].float())
    attention = weights["first_stage_model.encoder.mid.attn_1.proj_out.weight"].float()[:, :, 0, 0]
    assert torch.equal(loaded.vae.state_dict()["encoder.mid_block.attentions.0.to_out.0.weight"], attention)
    assert equal(loaded.text_encoder, weights, lambda name: f"cond_stage_model.transformer.text_model.{name}")
    used = sum(tensor.numel() for tensor in loaded.unet.state_dict().values())
    assert used == sum(math.prod(shape) for shape in siblings.unet().values())
    assert len(loaded.tokenizer) == 49408
    assert loaded.tokenizer("a photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]


@pytest.mark.parametrize(
    ("write", "dtype"),
    [(as_safetensors, torch.float16), (as_pickle, torch.float32), (as_old_pickle, torch.float16)],
)
def test_a_checkpoint_in_one_file(
    store: ModelStore, tmp_path: Path, write: Callable[[dict[str, Tensor], Path], Path], dtype: torch.dtype
) -> None:
    weights = siblings.checkpoint(dtype)
    done = import_model(write(weights, tmp_path / "film"), store)
    assert (done.record.kind, done.record.id, done.record.form, done.again) == ("checkpoint", "film", "LDM", False)
    assert load_file(done.folder / "unet" / "diffusion_pytorch_model.safetensors")["conv_in.weight"].dtype == dtype
    check_checkpoint(store, "film", weights, "model.diffusion_model.")


def test_averages_are_left_behind_where_there_are_plain_weights(store: ModelStore, tmp_path: Path) -> None:
    weights = siblings.checkpoint()
    import_model(as_safetensors(weights | siblings.averaged(weights), tmp_path / "full"), store)
    check_checkpoint(store, "full", weights, "model.diffusion_model.")


@pytest.mark.slow
def test_averages_are_taken_where_there_is_nothing_else(store: ModelStore, tmp_path: Path) -> None:
    weights = siblings.checkpoint()
    rest = {name: t for name, t in weights.items() if not name.startswith("model.diffusion_model.")}
    done = import_model(as_safetensors(rest | siblings.averaged(weights), tmp_path / "ema"), store)
    assert "EMA" in done.record.notes[0]
    doubled = {name: 2 * t if name.startswith("model.diffusion_model.") else t for name, t in weights.items()}
    check_checkpoint(store, "ema", doubled, "model.diffusion_model.")


def test_a_text_encoder_that_lost_its_prefix_is_read(store: ModelStore, tmp_path: Path) -> None:
    weights = siblings.checkpoint()
    merged = {name.replace("transformer.text_model.", "transformer."): t for name, t in weights.items()}
    import_model(as_safetensors(merged, tmp_path / "merge"), store)
    check_checkpoint(store, "merge", weights, "model.diffusion_model.")


def test_an_autoencoder_can_be_given_to_a_checkpoint(store: ModelStore, tmp_path: Path) -> None:
    better = siblings.random(siblings.vae(), 9)
    assert import_model(as_safetensors(better, tmp_path / "better"), store).record.kind == "vae"
    bare = as_safetensors(siblings.checkpoint(with_vae=False), tmp_path / "bare")
    whole = as_safetensors(siblings.checkpoint(), tmp_path / "whole")
    weights = siblings.checkpoint() | siblings.prefixed("first_stage_model.", better)
    for file in (bare, whole):
        done = import_model(file, store, Wish(vae="better"))
        assert done.record.notes == ("Its autoencoder is better.",)
        stored = load_file(done.folder / "vae" / "diffusion_pytorch_model.safetensors")
        assert torch.equal(stored["decoder.conv_in.weight"], better["decoder.conv_in.weight"])
    check_checkpoint(store, "bare", weights, "model.diffusion_model.")


@pytest.mark.parametrize("prefix", ["first_stage_model.", ""])
def test_an_autoencoder_in_one_file(store: ModelStore, tmp_path: Path, prefix: str) -> None:
    weights = siblings.random(siblings.vae(), 4)
    extra = {"loss.logvar": torch.zeros(1), "model_ema.decay": torch.ones(1)}
    done = import_model(as_pickle(siblings.prefixed(prefix, weights) | extra, tmp_path / "mse.vae"), store)
    assert done.record.kind == "vae"
    stored = load_file(done.folder / "diffusion_pytorch_model.safetensors")
    for ours, theirs in VAE_SPOTS.items():
        assert torch.equal(stored[ours], weights[theirs])
    assert import_model(done.folder, store, Wish("again")).record.kind == "vae"


def test_an_older_diffusers_autoencoder_is_read(store: ModelStore, tmp_path: Path) -> None:
    first = import_model(as_safetensors(siblings.random(siblings.vae(), 4), tmp_path / "new"), store)
    stored = load_file(first.folder / "diffusion_pytorch_model.safetensors")
    older = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    renamed = dict(stored)
    for name in stored:
        for new, old in older.items():
            if f"attentions.0.{new}." in name:
                renamed[name.replace(f".{new}.", f".{old}.")] = renamed.pop(name)
    second = import_model(as_safetensors(renamed, tmp_path / "old"), store)
    again = load_file(second.folder / "diffusion_pytorch_model.safetensors")
    assert all(torch.equal(again[name], tensor) for name, tensor in stored.items())


@pytest.mark.parametrize("prefix", ["control_model.", ""])
@pytest.mark.parametrize("write", [as_safetensors, as_old_pickle])
def test_a_controlnet_in_the_original_form(
    store: ModelStore, tmp_path: Path, prefix: str, write: Callable[[dict[str, Tensor], Path], Path]
) -> None:
    weights = siblings.random(siblings.control(), 5)
    done = import_model(write(siblings.prefixed(prefix, weights), tmp_path / "edges"), store)
    assert (done.record.kind, done.record.form) == ("control", "LDM")
    loaded = load_control(store.control("edges"), CPU)
    state, hint = loaded.net.state_dict(), loaded.embedder.state_dict()
    assert torch.equal(state["controlnet_down_blocks.11.weight"], weights["zero_convs.11.0.weight"].float())
    assert torch.equal(state["controlnet_mid_block.bias"], weights["middle_block_out.0.bias"].float())
    assert torch.equal(hint["blocks.5.weight"], weights["input_hint_block.12.weight"].float())
    assert torch.equal(hint["conv_out.weight"], weights["input_hint_block.14.weight"].float())
    assert len(state) + len(hint) == len(weights)


def test_a_controlnet_in_the_diffusers_form_needs_no_config(store: ModelStore, tmp_path: Path) -> None:
    ldm = import_model(as_safetensors(siblings.random(siblings.control(), 5), tmp_path / "ldm"), store)
    file = ldm.folder / "diffusion_pytorch_model.safetensors"
    done = import_model(file, store, Wish("diffusers"))
    assert done.record.form == "diffusers"
    assert load_file(done.folder / file.name).keys() == load_file(file).keys()
    assert json.loads((done.folder / "config.json").read_text()) == json.loads((ldm.folder / "config.json").read_text())


@pytest.mark.parametrize("autoencoder", ["full", "tiny"])
def test_a_folder_in_the_diffusers_layout(store: ModelStore, tmp_path: Path, autoencoder: str) -> None:
    tiny.make_checkpoint(tmp_path / "theirs", "full" if autoencoder == "full" else "tiny")
    done = import_model(tmp_path / "theirs", store, Wish("ours"))
    assert (done.record.kind, done.record.form) == ("checkpoint", "diffusers")
    loaded = load_checkpoint(store.checkpoint("ours"), CPU)
    expected = tiny.unet().half().float().state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in loaded.unet.state_dict().items())
    assert len(loaded.tokenizer) == len(tiny.VOCABULARY)


def test_a_folder_of_pickles_and_without_a_tokenizer(store: ModelStore, tmp_path: Path) -> None:
    film = import_model(as_safetensors(siblings.checkpoint(), tmp_path / "film"), store)
    theirs = tmp_path / "theirs"
    for part, name in (
        ("unet", "diffusion_pytorch_model"),
        ("vae", "diffusion_pytorch_model"),
        ("text_encoder", "model"),
    ):
        (theirs / part).mkdir(parents=True)
        (theirs / part / "config.json").write_bytes((film.folder / part / "config.json").read_bytes())
        weights = load_file(film.folder / part / f"{name}.safetensors")
        prefix = "text_model." if part == "text_encoder" else ""
        torch.save(siblings.prefixed(prefix, weights), theirs / part / f"pytorch_{name}.bin")
    import_model(theirs, store)
    check_checkpoint(store, "theirs", siblings.checkpoint(), "model.diffusion_model.")


def test_a_tiny_autoencoder_and_a_motion_adapter_come_as_folders(store: ModelStore, tmp_path: Path) -> None:
    motion: Any = {"block_out_channels": (32, 64, 64, 64), "motion_num_attention_heads": 2, "motion_norm_num_groups": 8}
    tiny.tiny_autoencoder().half().save_pretrained(tmp_path / "taesd")
    MotionAdapter(**motion).half().save_pretrained(tmp_path / "motion")
    for kind, id in (("vae", "taesd"), ("motion", "motion")):
        done = import_model(tmp_path / id, store)
        assert (done.record.kind, done.record.form) == (kind, "diffusers")
        theirs = load_file(tmp_path / id / "diffusion_pytorch_model.safetensors")
        ours = load_file(done.folder / "diffusion_pytorch_model.safetensors")
        assert ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in theirs)


VECTORS = torch.randn(75, 768, generator=torch.Generator().manual_seed(7))


def auto1111_embedding(path: Path) -> Path:
    content = {
        "string_to_token": {"*": 265},
        "string_to_param": {"*": torch.nn.Parameter(VECTORS)},
        "name": "ng",
        "step": 0,
        "sd_checkpoint": None,
        "sd_checkpoint_name": None,
    }
    torch.save(content, path.with_suffix(".pt"))
    return path.with_suffix(".pt")


def kohya_embedding(path: Path) -> Path:
    return as_safetensors({"emb_params": VECTORS}, path)


def diffusers_embedding(path: Path) -> Path:
    torch.save({"<ng>": VECTORS}, path.with_suffix(".bin"))
    return path.with_suffix(".bin")


@pytest.mark.parametrize("write", [auto1111_embedding, kohya_embedding, diffusers_embedding])
def test_embeddings_of_several_vectors(store: ModelStore, tmp_path: Path, write: Callable[[Path], Path]) -> None:
    done = import_model(write(tmp_path / "ng"), store)
    assert done.record.kind == "embedding"
    file = store.weights("embedding", "ng").folder / "embedding.safetensors"
    assert torch.equal(load_file(file)["emb_params"], VECTORS)


def test_a_name_of_the_catalogue_with_another_file_is_said(store: ModelStore, tmp_path: Path) -> None:
    done = import_model(auto1111_embedding(tmp_path / "ng_deepnegative_v1_75t"), store)
    assert done.record.id == "NG_DeepNegative_V1_75T"
    assert "54e7e4826d53" in done.record.notes[0]


def esrgan() -> dict[str, Tensor]:
    """A very small ESRGAN under its original names: one block of residuals in residuals, four times larger."""
    wide, grow = 8, 32
    shapes = siblings.conv("conv_first", 3, wide) | siblings.conv("conv_body", wide, wide)
    for dense in (1, 2, 3):
        for step in range(5):
            outputs = wide if step == 4 else grow
            shapes |= siblings.conv(f"body.0.rdb{dense}.conv{step + 1}", wide + step * grow, outputs)
    for name in ("conv_up1", "conv_up2", "conv_hr"):
        shapes |= siblings.conv(name, wide, wide)
    return siblings.random(shapes | siblings.conv("conv_last", wide, 3), 8, torch.float32)


def test_an_upscaler_is_known_by_its_architecture(store: ModelStore, tmp_path: Path) -> None:
    torch.save({"params_ema": esrgan()}, tmp_path / "sharp.pth")
    done = import_model(tmp_path / "sharp.pth", store)
    assert (done.record.kind, done.record.notes) == ("upscaler", ("An upscaler: ESRGAN, 4 times.",))
    stored = load_file(done.folder / "upscaler.safetensors")
    assert all(torch.equal(stored[name], tensor) for name, tensor in esrgan().items())
    assert ModelLoader(device="cpu").load_from_state_dict(stored).scale == 4


def test_the_same_file_twice_is_one_model(store: ModelStore, tmp_path: Path) -> None:
    first = import_model(kohya_embedding(tmp_path / "ng"), store)
    (tmp_path / "ng.safetensors").rename(tmp_path / "copy.safetensors")
    second = import_model(tmp_path / "copy.safetensors", store)
    assert second.again and second.record.id == "ng" and second.folder == first.folder
    assert [folder.name for folder in (store.folder / "embeddings").iterdir()] == ["ng"]


def test_the_same_file_under_another_name_is_another_model(store: ModelStore, tmp_path: Path) -> None:
    file = kohya_embedding(tmp_path / "ng")
    assert not import_model(file, store).again and not import_model(file, store, Wish("deep")).again
    assert store.weights("embedding", "deep").key == store.weights("embedding", "ng").key


def test_importing_leaves_nothing_beside_the_model(store: ModelStore, tmp_path: Path) -> None:
    import_model(kohya_embedding(tmp_path / "ng"), store)
    assert list((store.folder / ".incoming").iterdir()) == []


def test_what_a_killed_import_left_is_cleared_away(store: ModelStore, tmp_path: Path) -> None:
    left = store.folder / ".incoming" / "tmpkilled"
    left.mkdir(parents=True)
    (left / "lock").touch()
    (left / "half.safetensors").write_bytes(b"half")
    import_model(kohya_embedding(tmp_path / "ng"), store)
    assert not left.exists()


def test_the_record_is_no_part_of_the_key(store: ModelStore, tmp_path: Path) -> None:
    first = import_model(as_safetensors(siblings.random(siblings.control(), 5), tmp_path / "one"), store)
    key = store.control("one").key
    (first.folder / "import.json").unlink()
    assert store.control("one").key == key


def test_a_file_with_notes_keeps_its_kind(store: ModelStore, tmp_path: Path) -> None:
    save_file({"emb_params": VECTORS}, tmp_path / "noted.safetensors", {"sd_checkpoint_name": "x" * 1000})
    assert import_model(tmp_path / "noted.safetensors", store).record.kind == "embedding"

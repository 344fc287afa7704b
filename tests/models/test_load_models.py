"""Loading models: whole, frozen, and never in silence when something is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderTiny, ControlNetModel
from safetensors.torch import load_file, save_file
from torch import nn

from pipeline.errors import ModelMissing, RecipeError
from pipeline.models.load import dtype_on, load_checkpoint, load_control
from pipeline.models.machine import Machine, load_machine, number_format
from pipeline.models.store import Checkpoint, Control, ModelStore
from tests import tiny

CPU = torch.device("cpu")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    tiny.make_checkpoint(tmp_path / "checkpoints" / "film", autoencoder="tiny")
    return ModelStore(tmp_path).checkpoint("film")


@pytest.fixture
def control(tmp_path: Path) -> Control:
    tiny.controlnet(1).save_pretrained(tmp_path / "controlnets" / "edges")
    return ModelStore(tmp_path).control("edges")


def test_a_checkpoint_is_loaded_whole_frozen_and_widened(checkpoint: Checkpoint) -> None:
    loaded = load_checkpoint(checkpoint, CPU)
    assert isinstance(loaded.vae, AutoencoderTiny)
    assert len(loaded.tokenizer) == len(tiny.VOCABULARY)
    for network in (loaded.unet, loaded.vae, loaded.text_encoder):
        assert network.dtype == torch.float32 and not network.training
        assert not any(p.requires_grad for p in network.parameters())
    expected = tiny.unet().half().float().state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in loaded.unet.state_dict().items())
    assert loaded.unet.conv_in.weight.is_contiguous(memory_format=torch.channels_last)


def test_loading_says_nothing(checkpoint: Checkpoint, capfd: pytest.CaptureFixture[str]) -> None:
    load_checkpoint(checkpoint, CPU)
    assert capfd.readouterr() == ("", "")


def test_the_number_format_follows_the_device() -> None:
    assert dtype_on(CPU) == torch.float32
    assert dtype_on(torch.device("cuda")) == torch.float16
    assert dtype_on(CPU, Machine(precision="bfloat16")) == torch.bfloat16


@pytest.mark.parametrize(
    ("kind", "capability", "precision", "expected"),
    [
        ("cpu", None, "auto", "float32"),
        ("cuda", (6, 1), "auto", "float32"),
        ("cuda", (7, 0), "auto", "float16"),
        ("cuda", (9, 0), "auto", "float16"),
        ("cuda", (8, 0), "bfloat16", "bfloat16"),
        ("cuda", (7, 5), "float32", "float32"),
    ],
)
def test_the_number_format_is_what_the_hardware_is_good_at(
    kind: str, capability: tuple[int, int] | None, precision: Any, expected: str
) -> None:
    assert number_format(kind, capability, Machine(precision=precision)) == expected


def test_the_machines_settings_are_read_and_documented(tmp_path: Path) -> None:
    file = tmp_path / "machine.toml"
    assert load_machine(file) == Machine()
    file.write_text('memory = "sparing"\ngigabytes = 6')
    assert load_machine(file) == Machine(memory="sparing", gigabytes=6)
    file.write_text('memories = "sparing"')
    with pytest.raises(RecipeError, match=r"`memories`: Extra inputs.*The settings are memory, gigabytes, precision"):
        load_machine(file)
    page = (Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8")
    for name, field in Machine.model_fields.items():
        assert f"| `{name}` | {field.default or 'unset'} | {field.description} |" in page


def test_a_format_that_the_hardware_is_bad_at_is_refused() -> None:
    with pytest.raises(RecipeError, match="hundred times slower"):
        dtype_on(CPU, Machine(precision="float16"))
    with pytest.raises(RecipeError, match="no bfloat16"):
        number_format("cuda", (7, 5), Machine(precision="bfloat16"))


def test_a_control_without_its_embedding_and_the_embedding_make_the_whole(control: Control) -> None:
    loaded = load_control(control, CPU)
    whole = ControlNetModel.from_pretrained(control.folder)
    generator = torch.Generator().manual_seed(5)
    x, hint, text = (torch.randn(shape, generator=generator) for shape in ((1, 4, 8, 8), (1, 3, 64, 64), (1, 77, 32)))
    with torch.no_grad():
        expected = whole(x, torch.tensor(500.5), text, hint).mid_block_res_sample
        ours = loaded.net(x, torch.tensor(500.5), text, loaded.embedder(hint)).mid_block_res_sample
    assert isinstance(loaded.net.controlnet_cond_embedding, nn.Identity)
    assert torch.allclose(ours, expected, atol=1e-5)


def test_a_tokenizer_of_another_model_is_refused(checkpoint: Checkpoint) -> None:
    """Where its files are missing, the library makes up a tokenizer of two entries."""
    (checkpoint.folder / "tokenizer" / "tokenizer.json").unlink()
    with pytest.raises(ModelMissing, match=f"2 entries and its text encoder {len(tiny.VOCABULARY)}"):
        load_checkpoint(checkpoint, CPU)


def test_a_tokenizer_of_vocabulary_and_merges_is_read(checkpoint: Checkpoint) -> None:
    folder = checkpoint.folder / "tokenizer"
    for file in folder.iterdir():
        file.unlink()
    (folder / "vocab.json").write_text(json.dumps({symbol: id for id, symbol in enumerate(tiny.VOCABULARY)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    assert load_checkpoint(checkpoint, CPU).tokenizer("a cat").input_ids == tiny.tokenizer()("a cat").input_ids


def test_text_encoders_with_the_older_names_are_read_in_full(checkpoint: Checkpoint) -> None:
    """Stable Diffusion 1.5 files call every weight `text_model.…`."""
    file = checkpoint.folder / "text_encoder" / "model.safetensors"
    save_file({f"text_model.{name}": tensor for name, tensor in load_file(file).items()}, file, {"format": "pt"})
    loaded = load_checkpoint(checkpoint, CPU).text_encoder
    expected = tiny.text_encoder().half().float().state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in loaded.state_dict().items())


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def pickled(file: Path) -> None:
    file.rename(file.with_suffix(".bin"))


def lacking(file: Path) -> None:
    weights = load_file(file)
    save_file(dict(list(weights.items())[1:]), file, {"format": "pt"})


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
@pytest.mark.parametrize(
    ("damage", "reason"),
    [(truncated, "cannot be read"), (pickled, "cannot be read"), (lacking, "lacks 1 of its weights")],
)
def test_damaged_weights_are_refused(
    checkpoint: Checkpoint, part: str, damage: Callable[[Path], None], reason: str
) -> None:
    damage(next((checkpoint.folder / part).glob("*.safetensors")))
    with pytest.raises(ModelMissing, match=reason) as caught:
        load_checkpoint(checkpoint, CPU)
    assert part in caught.value.message


@pytest.mark.parametrize(
    "file", ["vae/config.json", "unet/config.json", "text_encoder/config.json", "tokenizer/tokenizer.json"]
)
def test_a_broken_config_is_refused(checkpoint: Checkpoint, file: str) -> None:
    (checkpoint.folder / file).write_text("{")
    with pytest.raises(ModelMissing, match="cannot be read"):
        load_checkpoint(checkpoint, CPU)


@pytest.mark.parametrize(("part", "size"), [("text_encoder", "hidden_size"), ("unet", "cross_attention_dim")])
def test_weights_of_another_size_than_the_config_says_are_refused(checkpoint: Checkpoint, part: str, size: str) -> None:
    file = checkpoint.folder / part / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {size: 64}))
    with pytest.raises(ModelMissing, match=r"lacks \d+ of its weights"):
        load_checkpoint(checkpoint, CPU)


def test_a_control_that_reads_its_hints_differently_is_refused(control: Control) -> None:
    file = control.folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"controlnet_conditioning_channel_order": "bgr"}))
    with pytest.raises(ModelMissing, match="not supported"):
        load_control(control, CPU)

"""Files that cannot be used: one sentence with the reason each, and nothing of them is left on the disk."""

from __future__ import annotations

import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from pipeline.errors import ModelMissing, NotWritable, PhotoplayError, RefusedFile
from pipeline.models.importing import Wish, import_model
from pipeline.models.store import ModelStore
from tests import tiny
from tests.models import siblings

Z = torch.zeros


class Harm:
    """What a hostile pickle holds: a call that is made when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def refused(path: Path, store: ModelStore, words: str, wish: Wish | None = None) -> PhotoplayError:
    """The import says these words in one sentence, and nothing is there afterwards."""
    with pytest.raises(PhotoplayError, match=words) as caught:
        import_model(path, store, wish)
    assert caught.value.hint
    left = [file for file in store.folder.rglob("*") if file.is_file()] if store.folder.exists() else []
    assert left == []
    return caught.value


UNET = {"model.diffusion_model.input_blocks.0.0.weight": Z(8, 4, 3, 3)}
TEXT = {"cond_stage_model.transformer.text_model.final_layer_norm.weight": Z(8)}
READS_TEXT = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
LORA = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"

FOREIGN: dict[str, tuple[dict[str, Tensor], str]] = {
    "SD 2 by its text encoder": (
        UNET | {"cond_stage_model.model.transformer.resblocks.0.ln_1.weight": Z(8)},
        "made for Stable Diffusion 2",
    ),
    "SD 2 by its width": (UNET | TEXT | {READS_TEXT: Z(8, 1024)}, "made for Stable Diffusion 2"),
    "SDXL": (UNET | {"conditioner.embedders.0.transformer.x.weight": Z(8)}, "made for Stable Diffusion XL"),
    "SD 3": ({"model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight": Z(8, 8)}, "made for Stable Diffusion 3"),
    "Flux": ({"double_blocks.0.img_attn.qkv.weight": Z(8, 8)}, "made for Flux"),
    "Flux in a checkpoint": ({"model.diffusion_model.double_blocks.0.img_mod.lin.weight": Z(8, 8)}, "made for Flux"),
    "inpainting": (TEXT | {"model.diffusion_model.input_blocks.0.0.weight": Z(8, 9, 3, 3)}, "an inpainting checkpoint"),
    "instruct-pix2pix": (TEXT | {"model.diffusion_model.input_blocks.0.0.weight": Z(8, 8, 3, 3)}, "instructions"),
    "v-prediction": (UNET | TEXT | {"v_pred": Z(0)}, "predicts velocity"),
    "no text encoder": (UNET, "without its text encoder"),
    "a UNet alone": ({"input_blocks.0.0.weight": Z(8, 4, 3, 3)}, "a UNet alone"),
    "a diffusers UNet alone": ({"down_blocks.0.resnets.0.norm1.weight": Z(8)}, "a UNet alone"),
    "a text encoder alone": ({"text_model.final_layer_norm.weight": Z(8)}, "a text encoder alone"),
    "a T2I-Adapter": ({"adapter.body.0.in_conv.weight": Z(8, 8, 1, 1)}, "a T2I-Adapter"),
    "a Control-LoRA": ({"lora_controlnet": Z(0), "input_hint_block.0.weight": Z(8)}, "a Control-LoRA"),
    "a difference": ({"difference": Z(0), "control_model.input_hint_block.0.weight": Z(8)}, "differences"),
    "a LoHa": ({f"{LORA}.hada_w1_a": Z(8, 4)}, "a LoHa"),
    "a LoKr": ({f"{LORA}.lokr_w1": Z(8, 4)}, "a LoKr"),
    "a DoRA": ({f"{LORA}.lora_down.weight": Z(4, 768), f"{LORA}.dora_scale": Z(1)}, "a DoRA"),
    "a LoRA for SD 2": ({f"{LORA}.lora_down.weight": Z(4, 1024)}, "made for Stable Diffusion 2"),
    "a LoRA for SDXL": ({"lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": Z(4, 8)}, "Diffusion XL"),
    "a LoRA with unknown modules": (
        {"lora_unet_nowhere.lora_down.weight": Z(4, 8), "lora_unet_nowhere.lora_up.weight": Z(8, 4)},
        "which Stable Diffusion 1.5 does not have",
    ),
    "half a LoRA": ({f"{LORA}.lora_down.weight": Z(4, 768)}, "holds half of what it does"),
    "halves that do not fit": (
        {f"{LORA}.lora_down.weight": Z(4, 768), f"{LORA}.lora_up.weight": Z(320, 8)},
        "do not fit",
    ),
    "an SDXL embedding": ({"clip_l": Z(2, 768), "clip_g": Z(2, 1280)}, "an embedding for Stable Diffusion XL"),
    "an SD 2 embedding": ({"emb_params": Z(2, 1024)}, "made for another base"),
    "an embedding that is no number": ({"emb_params": torch.full((2, 768), float("nan"))}, "numbers that are none"),
    "an embedding longer than a prompt": ({"emb_params": Z(76, 768)}, "no embedding for prompts"),
    "an autoencoder of another base": (
        {
            "encoder.down.0.block.0.conv1.weight": Z(8, 8, 3, 3),
            "encoder.conv_in.weight": Z(8, 3, 3, 3),
            "decoder.conv_in.weight": Z(8, 16, 3, 3),
        },
        "latents of 16 channels",
    ),
    "nothing known": ({"layer.weight": Z(3, 3, 3)}, "no model of a kind that is known here"),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_what_cannot_be_used_is_said(store: ModelStore, tmp_path: Path, case: str) -> None:
    weights, words = FOREIGN[case]
    refused(siblings.write(weights, tmp_path / "theirs.safetensors"), store, words)


def test_a_checkpoint_without_an_autoencoder_asks_for_one(store: ModelStore, tmp_path: Path) -> None:
    file = siblings.write(siblings.checkpoint(with_vae=False), tmp_path / "bare.safetensors")
    assert "--vae" in refused(file, store, "no autoencoder").hint
    with pytest.raises(ModelMissing, match="autoencoder nowhere is not on this machine"):
        import_model(file, store, Wish(vae="nowhere"))


@pytest.mark.parametrize(
    "lost", ["model.diffusion_model.output_blocks.5.2.conv.bias", "first_stage_model.decoder.mid.attn_1.q.weight"]
)
def test_a_checkpoint_that_lacks_a_weight_is_refused(store: ModelStore, tmp_path: Path, lost: str) -> None:
    weights = siblings.checkpoint()
    del weights[lost]
    refused(siblings.write(weights, tmp_path / "film.safetensors"), store, "lacks 1 of the")


def test_a_weight_of_another_shape_is_refused(store: ModelStore, tmp_path: Path) -> None:
    weights = siblings.random(siblings.control(), 5) | {"zero_convs.3.0.weight": Z(16, 16, 1, 1)}
    refused(siblings.write(weights, tmp_path / "edges.safetensors"), store, "is .* where .* is wanted")


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_with_code_is_refused_and_never_run(store: ModelStore, tmp_path: Path, zipped: bool) -> None:
    harm = {"state_dict": {"w": Z(2)}, "callback": Harm(tmp_path / "harmed")}
    torch.save(harm, tmp_path / "evil.ckpt", _use_new_zipfile_serialization=zipped)
    refused(tmp_path / "evil.ckpt", store, "holds more than weights, or is damaged; it was not read")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Harm(tmp_path / "harmed")))
    refused(tmp_path / "plain.pt", store, "holds more than weights")
    assert not (tmp_path / "harmed").exists()
    pickle.loads((tmp_path / "plain.pt").read_bytes())
    assert (tmp_path / "harmed").exists(), "the pickle does no harm even when it is run, so nothing was shown"


def test_a_compressed_archive_is_not_unfolded(store: ModelStore, tmp_path: Path) -> None:
    torch.save({"w": Z(200_000)}, tmp_path / "plain.pt")
    with (
        zipfile.ZipFile(tmp_path / "plain.pt") as plain,
        zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for info in plain.infolist():
            bomb.writestr(info.filename, plain.read(info))
    refused(tmp_path / "bomb.pt", store, "a compressed archive")


def test_a_pickle_cut_off_anywhere_is_refused(store: ModelStore, tmp_path: Path) -> None:
    torch.save({"emb_params": torch.randn(4, 768)}, tmp_path / "new.pt")
    torch.save({"emb_params": torch.randn(4, 768)}, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    for whole in ((tmp_path / "new.pt").read_bytes(), (tmp_path / "old.pt").read_bytes()):
        for length in range(1, len(whole), len(whole) // 13):
            (tmp_path / "cut.pt").write_bytes(whole[:length])
            refused(tmp_path / "cut.pt", store, r"cut\.pt")


@pytest.mark.parametrize("content", [b"", b"short", b"<!DOCTYPE html><title>404</title>", b"version https://git-lfs"])
def test_other_files_are_refused(store: ModelStore, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "page.safetensors").write_bytes(content)
    refused(tmp_path / "page.safetensors", store, "is not a model")


def test_a_file_that_is_not_there_is_refused(store: ModelStore, tmp_path: Path) -> None:
    refused(tmp_path / "none.safetensors", store, "There is no file")


def test_a_file_larger_than_the_disk_is_refused_before_it_is_read(store: ModelStore, tmp_path: Path) -> None:
    """The file has a sound header and eight terabytes of nothing, which take no room on this disk."""
    header = json.dumps({"emb_params": {"dtype": "F16", "shape": [2**42, 1], "data_offsets": [0, 2**43]}}).encode()
    with (tmp_path / "vast.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + 2**43)
    with pytest.raises(NotWritable, match="disk is full"):
        import_model(tmp_path / "vast.safetensors", store)
    assert not any(path.is_file() for path in store.folder.rglob("*"))


def theirs(tmp_path: Path) -> Path:
    tiny.make_checkpoint(tmp_path / "theirs")
    return tmp_path / "theirs"


def changed(file: Path, **settings: object) -> None:
    file.parent.mkdir(exist_ok=True)
    content = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps(content | settings))


FOLDERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "v-prediction": (
        lambda f: changed(f / "scheduler" / "scheduler_config.json", prediction_type="v_prediction"),
        "predicts v_prediction",
    ),
    "inpainting": (lambda f: changed(f / "unet" / "config.json", in_channels=9), "an inpainting checkpoint"),
    "no tokenizer": (lambda f: (f / "tokenizer" / "tokenizer.json").unlink(), "has 2 entries|has 49408 entries"),
    "no config": (lambda f: (f / "vae" / "config.json").unlink(), "no config.json"),
    "a broken config": (lambda f: (f / "unet" / "config.json").write_text("["), "no config.json that can be read"),
    "a config of nonsense": (
        lambda f: changed(f / "unet" / "config.json", down_block_types=["X"]),
        "describes no network",
    ),
    "another width": (lambda f: changed(f / "unet" / "config.json", cross_attention_dim=64), "where .* is wanted"),
    "no weights": (
        lambda f: (f / "vae" / "diffusion_pytorch_model.safetensors").unlink(),
        "vae has no weights",
    ),
}


@pytest.mark.parametrize("case", FOLDERS)
def test_folders_that_cannot_be_used(store: ModelStore, tmp_path: Path, case: str) -> None:
    folder = theirs(tmp_path)
    damage, words = FOLDERS[case]
    damage(folder)
    refused(folder, store, words)


def test_a_folder_of_another_base_is_refused(store: ModelStore, tmp_path: Path) -> None:
    (tmp_path / "flux" / "transformer").mkdir(parents=True)
    refused(tmp_path / "flux", store, "of another base")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", store, "not a model's folder")
    (tmp_path / "scheduler").mkdir()
    (tmp_path / "scheduler" / "config.json").write_text('{"_class_name": "PriorTransformer"}')
    refused(tmp_path / "scheduler", store, "holds a PriorTransformer")


def test_names_are_not_taken_twice_and_not_from_the_embedded_model(store: ModelStore, tmp_path: Path) -> None:
    import_model(siblings.write({"emb_params": Z(1, 768)}, tmp_path / "ng.safetensors"), store)
    other = siblings.write({"emb_params": torch.ones(1, 768)}, tmp_path / "other.safetensors")
    with pytest.raises(RefusedFile, match="Another embedding ng is here already"):
        import_model(other, store, Wish("ng"))
    for name in ("../ng", "", ".ng", "a/b"):
        with pytest.raises(RefusedFile, match="cannot be the name of a model"):
            import_model(other, store, Wish(name))
    control = siblings.write(siblings.random(siblings.control(), 5), tmp_path / "edges.safetensors")
    with pytest.raises(RefusedFile, match="cannot be the name of a model"):
        import_model(control, store, Wish("draft-canny"))
    assert [folder.name for folder in (store.folder / "embeddings").iterdir()] == ["ng"]

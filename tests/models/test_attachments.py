"""LoRAs and embeddings for a loaded checkpoint: the right modules, and a sentence when they belong to another base."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from pipeline.errors import ModelMissing
from pipeline.models.attachments import load_adapter, load_embedding
from pipeline.models.importing import import_model
from pipeline.models.load import LoadedCheckpoint, load_checkpoint
from pipeline.models.store import ModelStore
from tests.models import siblings

QUERY = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    folder = tmp_path_factory.mktemp("attachments")
    store = ModelStore(folder / "models")
    import_model(siblings.write(siblings.checkpoint(), folder / "film.safetensors"), store)
    return store


@pytest.fixture(scope="module")
def film(store: ModelStore) -> LoadedCheckpoint:
    return load_checkpoint(store.checkpoint("film"), torch.device("cpu"))


def lora(store: ModelStore, tmp_path: Path, id: str, width: int) -> None:
    """Import a LoRA for a UNet whose middle is so wide."""
    torch.manual_seed(len(id))
    weights = {f"{QUERY}.lora_down.weight": torch.randn(4, width), f"{QUERY}.lora_up.weight": torch.randn(width, 4)}
    import_model(siblings.write(weights, tmp_path / f"{id}.safetensors"), store)


def test_a_lora_is_given_to_its_modules(store: ModelStore, film: LoadedCheckpoint, tmp_path: Path) -> None:
    lora(store, tmp_path, "ava", siblings.WIDTHS[-1])
    ((module, change),) = load_adapter(store.weights("adapter", "ava"), film).items()
    block = film.unet.mid_block
    assert block is not None and module is dict(block.named_modules())["attentions.0.transformer_blocks.0.attn1.to_q"]
    assert change.delta().shape == (siblings.WIDTHS[-1], siblings.WIDTHS[-1])


def test_a_lora_for_another_shape_is_one_sentence(store: ModelStore, film: LoadedCheckpoint, tmp_path: Path) -> None:
    lora(store, tmp_path, "wide", 1280)
    with pytest.raises(ModelMissing, match="does not fit this checkpoint"):
        load_adapter(store.weights("adapter", "wide"), film)


@pytest.mark.parametrize(("width", "fits"), [(siblings.TEXT, True), (768, False)])
def test_an_embedding_must_have_the_width_of_the_text_encoder(
    store: ModelStore, film: LoadedCheckpoint, tmp_path: Path, width: int, fits: bool
) -> None:
    vectors = torch.randn(3, width)
    import_model(siblings.write({"emb_params": vectors}, tmp_path / f"e{width}.safetensors"), store)
    embedding = store.weights("embedding", f"e{width}")
    if fits:
        assert torch.equal(load_embedding(embedding, film), vectors)
    else:
        with pytest.raises(ModelMissing, match=f"768 numbers, the text encoder of {siblings.TEXT}"):
            load_embedding(embedding, film)


def test_damaged_files_are_one_sentence(store: ModelStore, film: LoadedCheckpoint, tmp_path: Path) -> None:
    lora(store, tmp_path, "damaged", siblings.WIDTHS[-1])
    file = store.weights("adapter", "damaged").folder / "adapter.safetensors"
    siblings.write({"nothing.of.it": torch.zeros(1)}, file)
    with pytest.raises(ModelMissing, match="cannot be read"):
        load_adapter(store.weights("adapter", "damaged"), film)
    file.write_bytes(b"short")
    with pytest.raises(ModelMissing, match="cannot be read"):
        load_adapter(store.weights("adapter", "damaged"), film)

"""The models as an artist sees them: listed, checked against what came, and removed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from pipeline.errors import ModelMissing
from pipeline.models.catalogue import entries
from pipeline.models.importing import Wish, import_model
from pipeline.models.library import faults, find, listed, remove
from pipeline.models.store import ModelStore
from tests.models import siblings


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    store = ModelStore(tmp_path / "models")
    import_model(siblings.write({"emb_params": torch.ones(2, 768)}, tmp_path / "ng.safetensors"), store)
    return store


def test_the_list_shows_the_catalogue_and_ones_own(store: ModelStore) -> None:
    rows = {(model.kind, model.id): model for model in listed(store)}
    assert {(entry.kind, entry.id) for entry in entries()} < set(rows)
    own = rows["embedding", "ng"]
    assert own.state == "here" and own.record is not None and own.entry is None and own.bytes > 2 * 768 * 4
    assert rows["checkpoint", "realisticVisionV20_v20"].state == "not here"
    assert rows["checkpoint", "draft"].state == "here"


def test_a_model_put_there_by_hand_is_listed(store: ModelStore) -> None:
    (store.folder / "controlnets" / "hand").mkdir(parents=True)
    assert find(store, "hand").state == "incomplete"
    assert faults(store, find(store, "hand")) == ["The ControlNet hand lacks config.json."]


def test_a_model_is_verified_against_what_came(store: ModelStore) -> None:
    model, file = find(store, "ng"), store.folder / "embeddings" / "ng" / "embedding.safetensors"
    assert faults(store, model) == []
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 1
    file.write_bytes(raw)
    assert faults(store, model) == ["embedding.safetensors of ng is not what it was."]
    file.unlink()
    assert faults(store, model) == ["ng has lost embedding.safetensors."]


def test_removing_leaves_nothing(store: ModelStore) -> None:
    assert remove(store, "embedding/ng").id == "ng"
    assert list((store.folder / "embeddings").iterdir()) == []
    with pytest.raises(ModelMissing, match="no model ng"):
        remove(store, "ng")


def test_the_embedded_model_stays(store: ModelStore) -> None:
    with pytest.raises(ModelMissing, match="part of Photoplay"):
        remove(store, "draft")


def test_a_name_of_two_kinds_must_be_said_in_full(store: ModelStore, tmp_path: Path) -> None:
    control = siblings.write(siblings.random(siblings.control(), 5), tmp_path / "edges.safetensors")
    import_model(control, store, Wish("ng"))
    with pytest.raises(ModelMissing, match="2 models are called ng"):
        remove(store, "ng")
    assert remove(store, "control/ng").kind == "control"

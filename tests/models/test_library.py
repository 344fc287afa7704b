"""The models as an artist sees them: listed, checked against what came, and removed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from pipeline.errors import ModelMissing
from pipeline.models.catalogue import Kind, entries, entry
from pipeline.models.importing import Wish, import_model
from pipeline.models.library import faults, find, listed, remove
from pipeline.models.store import DRAFT, ModelStore
from tests.models import siblings


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    store = ModelStore(tmp_path / "models")
    import_model(siblings.write({"emb_params": torch.ones(2, 768)}, tmp_path / "ng.safetensors"), store)
    return store


def test_the_list_shows_the_catalogue_and_ones_own(store: ModelStore) -> None:
    rows = {(model.kind, model.id): model for model in listed(store)}
    assert {(known.kind, known.id) for known in entries()} < set(rows)
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


EMBEDDED = [(known.kind, known.id) for known in entries() if known.embedded]


@pytest.mark.parametrize(("kind", "id"), EMBEDDED)
def test_the_catalogue_knows_every_file_of_the_embedded_models(store: ModelStore, kind: Kind, id: str) -> None:
    known, place = entry(kind, id), store.place(kind, id)
    assert known is not None
    parts = {name.partition("/")[0] for name in known.stored}
    files = {
        path.relative_to(place).as_posix()
        for part in parts
        for path in [place / part, *(place / part).rglob("*")]
        if path.is_file()
    }
    assert files == set(known.stored)
    assert faults(store, find(store, f"{kind}/{id}")) == []


def test_an_embedded_model_that_was_damaged_is_told(
    store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(DRAFT, tmp_path / "draft")
    monkeypatch.setattr("pipeline.models.store.DRAFT", tmp_path / "draft")
    with (tmp_path / "draft" / "unet" / "config.json").open("a") as file:
        file.write(" ")
    (tmp_path / "draft" / "controlnet-canny" / "config.json").unlink()
    assert faults(store, find(store, "checkpoint/draft")) == ["unet/config.json of draft is not what it was."]
    assert faults(store, find(store, "draft-canny")) == ["The ControlNet draft-canny lacks config.json."]


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

"""Finding models: their folders, their keys, and what is said when one is not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.errors import ModelMissing
from pipeline.models import store as store_module
from pipeline.models.catalogue import entries
from pipeline.models.store import PARTS, ModelStore
from pipeline.recipe.passes import ControlSpec, PassSpec
from pipeline.recipe.recipe import Recipe


def write_checkpoint(folder: Path) -> None:
    """The files that a search looks for; finding opens no weights."""
    for part in PARTS:
        (folder / part).mkdir(parents=True)
        (folder / part / ("vocab.json" if part == "tokenizer" else "config.json")).write_text("{}")


def write_control(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_checkpoint(tmp_path / "checkpoints" / "film")
    write_control(tmp_path / "controlnets" / "edges")
    return tmp_path


def test_models_are_found_by_name(folder: Path) -> None:
    store = ModelStore(folder)
    assert store.checkpoint("film").folder == folder / "checkpoints" / "film"
    assert store.control("edges").folder == folder / "controlnets" / "edges"


def test_the_key_is_that_of_the_four_parts(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    store, elsewhere = ModelStore(folder), tmp_path_factory.mktemp("copy")
    write_checkpoint(elsewhere / "checkpoints" / "same")
    key = store.checkpoint("film").key
    assert ModelStore(elsewhere).checkpoint("same").key == key
    (folder / "checkpoints" / "film" / "README.md").write_text("not a part")
    assert store.checkpoint("film").key == key
    for part in PARTS:
        (folder / "checkpoints" / "film" / part / "weights").write_text(part)
        assert store.checkpoint("film").key != key
        key = store.checkpoint("film").key


def test_a_file_replaced_by_another_of_the_same_size_changes_the_key(folder: Path) -> None:
    store, file = ModelStore(folder), folder / "controlnets" / "edges" / "config.json"
    key = store.control("edges").key
    file.write_text("[]")
    os.utime(file, ns=(0, 0))
    assert store.control("edges").key != key


def test_a_known_model_that_is_not_here_names_its_source_and_its_place(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        ModelStore(tmp_path).control("control_v11p_sd15_canny")
    assert "not on this machine" in caught.value.message
    assert "huggingface.co/lllyasviel/control_v11p_sd15_canny" in caught.value.hint
    assert str(tmp_path / "controlnets" / "control_v11p_sd15_canny") in caught.value.hint


def test_an_unknown_model_says_to_check_the_name(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="Check the name"):
        ModelStore(tmp_path).checkpoint("realisticVisoin")


@pytest.mark.parametrize("part", PARTS)
def test_a_checkpoint_without_one_of_its_parts_is_incomplete(folder: Path, part: str) -> None:
    for file in (folder / "checkpoints" / "film" / part).iterdir():
        file.unlink()
    with pytest.raises(ModelMissing, match=f"incomplete: its folder lacks {part}"):
        ModelStore(folder).checkpoint("film")


def test_a_control_without_its_config_is_incomplete(folder: Path) -> None:
    (folder / "controlnets" / "edges" / "config.json").unlink()
    with pytest.raises(ModelMissing, match=r"lacks config\.json"):
        ModelStore(folder).control("edges")


@pytest.mark.parametrize("id", ["../film", "film/unet", "", ".", "..", ".hidden", "a\\b", "film\n"])
def test_a_name_cannot_lead_out_of_the_folder(folder: Path, id: str) -> None:
    with pytest.raises(ModelMissing, match="is not a model name"):
        ModelStore(folder).checkpoint(id)


def test_the_draft_model_lies_in_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever state the embedded weights are in: the ids lead to its folders, not to the artist's."""
    write_checkpoint(tmp_path / "draft")
    for kind in ("canny", "openpose", "mediapipe_face"):
        write_control(tmp_path / "draft" / f"controlnet-{kind}")
    assert Path(store_module.__file__).parent / "draft" == store_module.DRAFT
    monkeypatch.setattr(store_module, "DRAFT", tmp_path / "draft")
    store = ModelStore(tmp_path / "artist")
    assert store.checkpoint("draft").folder == tmp_path / "draft"
    for kind in ("canny", "openpose", "mediapipe_face"):
        assert store.control(f"draft-{kind}").folder == tmp_path / "draft" / f"controlnet-{kind}"


def recipe(*passes: PassSpec) -> Recipe:
    return Recipe(title="test", checkpoint="film", passes=passes)


def control(model: str, weight: float = 1.0) -> ControlSpec:
    return ControlSpec(kind="canny", model=model, weight=weight)


def test_a_recipe_whose_models_are_here_lacks_nothing(folder: Path) -> None:
    assert ModelStore(folder).missing(recipe(PassSpec(name="body", controls=(control("edges"),)))) == ()


def test_a_recipe_lacks_each_model_once_and_only_what_is_on(folder: Path) -> None:
    lacking = ModelStore(folder).missing(
        recipe(
            PassSpec(name="body", controls=(control("edges"), control("nowhere"), control("silent", weight=0))),
            PassSpec(name="face", controls=(control("nowhere"), control("control_v11p_sd15_openpose"))),
            PassSpec(name="off", enabled=False, controls=(control("idle"),)),
        )
    )
    assert lacking == (
        "The ControlNet nowhere is not on this machine.",
        "The ControlNet control_v11p_sd15_openpose (Stable Diffusion 1.5) is not on this machine.",
    )


def test_the_catalogue_names_each_model_once() -> None:
    names = [(entry.kind, entry.id) for entry in entries()]
    assert len(set(names)) == len(names)
    assert all(store_module.SAFE_ID.fullmatch(entry.id) for entry in entries())

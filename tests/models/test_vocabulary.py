"""CLIP's tokenizer out of the list of merges."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import CLIPTokenizer

from pipeline.models.vocabulary import ENTRIES, vocabulary, write_tokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> CLIPTokenizer:
    folder = tmp_path_factory.mktemp("clip") / "tokenizer"
    write_tokenizer(folder)
    return CLIPTokenizer.from_pretrained(folder, local_files_only=True)


def test_it_has_all_entries(tokenizer: CLIPTokenizer) -> None:
    assert len(tokenizer) == len(vocabulary()) == ENTRIES


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("a photo of a cat", [320, 1125, 539, 320, 2368]),
        ("A PHOTO of a   cat", [320, 1125, 539, 320, 2368]),
        ("", []),
    ],
)
def test_texts_become_the_ids_of_clip(tokenizer: CLIPTokenizer, text: str, ids: list[int]) -> None:
    assert tokenizer(text).input_ids == [49406, *ids, 49407]


def test_the_licence_lies_beside_it() -> None:
    folder = Path(__file__).parents[2] / "pipeline" / "models" / "clip_vocabulary"
    assert "Copyright (c) 2021 OpenAI" in (folder / "LICENSE").read_text()

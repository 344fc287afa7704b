"""The draft tokenizer: CLIP's form, nothing unknown."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
import torch
from tokenizers import decoders
from transformers import CLIPTokenizer

from training.draft import shapes, tokenizer

CAPTIONS = [
    "woman in her fifties, dark skin, chin-length black hair, pink blouse, surprised, head turned left, close-up",
    "man in his twenties, tan skin, short blond hair, stubble, cream top, neutral, looking right, medium shot",
]
TEXTS = [
    "Zürich, 日本 🎬",
    "naïve — “quoted” … ½",
    "\u0000\u00ff\ufffd",
    "a b\tc",
    "ΑΒΓ ΐ",
    "🏳️‍🌈👩🏽‍🚀",
    "'s 35mm f/1.4",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer learnt from two captions."""
    out = tmp_path_factory.mktemp("tokenizer")
    tokenizer.write(out, CAPTIONS)
    return out


@pytest.fixture(scope="module")
def clip(folder: Path) -> CLIPTokenizer:
    """The tokenizer as the product loads it."""
    return CLIPTokenizer.from_pretrained(folder, local_files_only=True)


def text_of(clip: CLIPTokenizer, text: str) -> str:
    """What the tokens of `text` stand for, start, end and word ends left out."""
    tokens = clip.convert_ids_to_tokens(clip(text).input_ids)[1:-1]
    return decoders.ByteLevel().decode(["".join(token.removesuffix(tokenizer.WORD_END) for token in tokens)])


def test_size_positions_and_last_tokens(clip: CLIPTokenizer) -> None:
    """4096 entries, 77 positions, start and end come last, padding is the end token, as the text encoder expects."""
    config = shapes.text_encoder().config
    assert len(clip) == config.vocab_size == 4096
    assert clip.model_max_length == config.max_position_embeddings == 77
    assert (clip.bos_token_id, clip.eos_token_id, clip.pad_token_id) == (4094, 4095, 4095)
    assert (config.bos_token_id, config.eos_token_id, config.pad_token_id) == (4094, 4095, 4095)


def test_long_text_is_cut_to_77_and_short_text_padded(clip: CLIPTokenizer) -> None:
    """Every prompt becomes 77 numbers that begin with the start and end with the end token."""
    ids = clip(["word " * 200, ""], padding="max_length", truncation=True).input_ids
    assert [len(row) for row in ids] == [77, 77]
    assert all(row[0] == 4094 and row[-1] == 4095 for row in ids)


@pytest.mark.parametrize("text", TEXTS)
def test_bytes_round_trip(clip: CLIPTokenizer, text: str) -> None:
    """Any text comes back byte for byte, but for what CLIP does to it first: NFC, lower case, no spaces."""
    wanted = "".join(unicodedata.normalize("NFC", text).lower().split())
    assert text_of(clip, text) == wanted


def test_no_byte_is_unknown(clip: CLIPTokenizer) -> None:
    """Every character of the first planes gives tokens, none of them the end token that stands for unknown."""
    for start in range(0x20, 0x3000, 64):
        text = "".join(chr(code) for code in range(start, start + 64))
        assert clip.eos_token_id not in clip(text).input_ids[1:-1]


def test_unseen_names_differ_in_numbers_and_embeddings(clip: CLIPTokenizer) -> None:
    """Two names that no caption holds mean different things from the start: LoRA triggers depend on it."""
    torch.manual_seed(0)
    encoder = shapes.text_encoder().eval()
    first, second = (
        clip(f"film still, {name}", padding="max_length", return_tensors="pt").input_ids
        for name in ("zorblax", "qwynthia")
    )
    assert not torch.equal(first, second)
    with torch.no_grad():
        difference = encoder(first).last_hidden_state - encoder(second).last_hidden_state
    assert difference.abs().max() > 0.01


def test_caption_words_are_whole_tokens(clip: CLIPTokenizer) -> None:
    """The words the model lives on are not cut up."""
    tokens = clip.convert_ids_to_tokens(clip("film still, engine render, woman, head turned left").input_ids)
    assert {"film</w>", "still</w>", "engine</w>", "render</w>", "woman</w>", "left</w>"} <= set(tokens)


def test_same_captions_same_files(folder: Path, tmp_path: Path) -> None:
    """Learning twice gives the same files, to the byte."""
    tokenizer.write(tmp_path, CAPTIONS)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()

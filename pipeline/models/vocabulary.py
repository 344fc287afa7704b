"""CLIP's tokenizer, which no checkpoint file carries: 49,408 entries made from the list of merges beside this file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

MERGES = Path(__file__).parent / "clip_vocabulary" / "merges.txt"
"""The merges of OpenAI's CLIP (MIT, see the licence beside it), most frequent first, after a line with the version."""
ENTRIES = 49408
LONGEST = 77
"""Tokens that the text encoder takes at once. A tokenizer that does not know it cannot pad captions."""
WORD_END = "</w>"
START, END = "<|startoftext|>", "<|endoftext|>"
PRINTED = (*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1))
"""Bytes that stand for themselves; the others are moved behind the first 256 characters, as in GPT-2's tokenizer."""


def vocabulary() -> dict[str, int]:
    """Entry -> id: 256 bytes, the same at the end of a word, every merge in order, start and end of the text."""
    moved = (chr(256 + number) for number in range(256 - len(PRINTED)))
    symbols = [*map(chr, PRINTED), *moved]
    merges = MERGES.read_text(encoding="utf-8").splitlines()[1:]
    joined = [merge.replace(" ", "") for merge in merges]
    entries = [*symbols, *(symbol + WORD_END for symbol in symbols), *joined, START, END]
    return {entry: id for id, entry in enumerate(entries)}


def write_tokenizer(folder: Path) -> None:
    """Write the vocabulary, its merges and its length into a new folder, as transformers' CLIPTokenizer reads them."""
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary(), ensure_ascii=False), encoding="utf-8")
    shutil.copyfile(MERGES, folder / "merges.txt")
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": LONGEST}), encoding="utf-8")

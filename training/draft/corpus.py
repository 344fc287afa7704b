"""The training pairs as arrays: one memory-mapped file per look, one row of facts per pair."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

Look = Literal["engine", "film"]
Split = Literal["train", "val"]
LOOKS: tuple[Look, ...] = get_args(Look)


@dataclass(frozen=True)
class Pair:
    """One picture in two looks. `row` is its place in the arrays; `caption` names neither look."""

    row: int
    id: str
    split: Split
    caption: str
    framing: str


def read_pairs(data: Path) -> list[Pair]:
    """All pairs of `data/pairs.jsonl`, in the file's order."""
    rows = (json.loads(line) for line in (data / "pairs.jsonl").read_text().splitlines())
    return [Pair(i, r["id"], r["split"], r["caption"], r["framing"]) for i, r in enumerate(rows)]


def pictures(data: Path, work: Path, look: Look) -> np.ndarray:
    """Every picture of one look as uint8 sRGB [pairs, 256, 256, 3], decoded once into `work` and mapped from there."""
    target = work / f"{look}.npy"
    if not target.exists():
        from PIL import Image

        pairs = read_pairs(data)
        part = target.with_suffix(".part.npy")
        array = np.lib.format.open_memmap(part, "w+", np.uint8, (len(pairs), 256, 256, 3))
        for pair in pairs:
            array[pair.row] = np.asarray(Image.open(data / look / f"{pair.id}.jpg").convert("RGB"))
        array.flush()
        part.rename(target)
    return np.load(target, mmap_mode="r")


def mirrored(caption: str) -> str:
    """The caption of the mirrored picture: "left" and "right" change places."""
    swap = {"left": "right", "right": "left"}
    return " ".join(
        word.replace(bare, swap[bare]) if (bare := word.strip(",")) in swap else word for word in caption.split(" ")
    )

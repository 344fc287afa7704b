"""One key makes cache, resume and partial redo: a hash of everything that decides an output."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NewType

Key = NewType("Key", str)
"""64 hexadecimal digits."""

Setting = str | int | float | bool | None | Sequence["Setting"] | Mapping[str, "Setting"]
"""What may decide an output: plain data, as `model_dump(mode="json")` gives it."""


def key_of(stage: str, version: int, settings: Mapping[str, Setting], inputs: Sequence[Key]) -> Key:
    """The key of a stage's output.

    stage, version: the stage's name and the version of its code; raise the version when the output changes.
    settings: every setting that the output depends on, and none that it does not.
    inputs: keys of the stages it reads, of the plate and of the weights, in a fixed order.
    """
    text = json.dumps([stage, version, settings, list(inputs)], sort_keys=True, separators=(",", ":"), allow_nan=False)
    return Key(hashlib.sha256(text.encode()).hexdigest())


def key_of_file(path: Path) -> Key:
    """The sha256 of a file's bytes."""
    with path.open("rb") as file:
        return Key(hashlib.file_digest(file, "sha256").hexdigest())


def key_of_folder(folder: Path) -> Key:
    """The sha256 over names and contents of all files below `folder`, in the order of their names."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return key_of("folder", 1, {str(p.relative_to(folder)): key_of_file(p) for p in files}, ())

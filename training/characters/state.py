"""The state of a training on disk: whole at any moment, and enough to go on as if it had never stopped."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.errors import TrainingError
from pipeline.files import atomic
from pipeline.keys import Key

STATE, LOG = "state.pt", "loss.jsonl"


@dataclass(frozen=True, eq=False)
class State:
    """step: steps done. weights: parameter -> value. optimizer: as torch gives it. key: of what is trained how."""

    step: int
    weights: Mapping[str, Tensor]
    optimizer: Mapping[str, Any]
    key: Key


def save(folder: Path, state: State) -> None:
    """Write the state. A kill at any moment leaves the one before or this one. Raises OutputError.

    It is put together in memory, because torch hides from its callers that a disk is full.
    """
    written = io.BytesIO()
    torch.save(vars(state), written)
    with atomic(folder / STATE) as part:
        part.write_bytes(written.getbuffer())


def load(folder: Path, key: Key) -> State | None:
    """The state in a folder; None when there is none. Raises TrainingError when it is damaged or another training's."""
    path = folder / STATE
    if not path.exists():
        return None
    try:
        state = State(**torch.load(path, weights_only=True, map_location="cpu"))
    except (pickle.UnpicklingError, RuntimeError, TypeError, ValueError, EOFError, OSError) as error:
        raise TrainingError(f"{path} is damaged.", "Remove it and train anew.") from error
    if state.key != key:
        raise TrainingError(
            f"{folder} holds a training with other pictures or settings.", "Choose another name, or remove it."
        )
    return state


def log_losses(folder: Path, rows: list[tuple[int, float]]) -> None:
    """Add rows of step and loss to the log. Raises OutputError when it cannot be written."""
    with (folder / LOG).open("a", encoding="utf-8") as file:
        file.writelines(json.dumps({"step": step, "loss": round(loss, 6)}) + "\n" for step, loss in rows)


def read_losses(folder: Path) -> list[tuple[int, float]]:
    """The loss of each step; of steps that were done twice, after a kill, the last one. Rows cut off are left out."""
    path, rows = folder / LOG, dict[int, float]()
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            row = json.loads(line)
            rows[int(row["step"])] = float(row["loss"])
        except (ValueError, KeyError, TypeError):
            continue
    return sorted(rows.items())

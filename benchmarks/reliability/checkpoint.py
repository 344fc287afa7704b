"""SIGKILL inside a training checkpoint: the state is whole at any moment, and the training ends the same.

    python benchmarks/reliability/checkpoint.py [--kills 60] [--report FILE]

A small network is trained and saves its state every second step. Its process is killed at a random time, or while it
saves: with half of the file written, before the sync, before and after the rename. After each kill the next process
must find a state that is whole and no older than the last one whose saving had returned, and a log of whole rows. The
weights at the end must be those of a training that nobody disturbed, to the bit.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from moments import Countdown, Reached, in_writes
from outcome import Figure, Outcome, none_of, run
from rig import forked

import torch  # isort: skip
from torch import nn  # isort: skip

from training.draft.state import Run  # isort: skip

STEPS, EVERY = 40, 2
MOMENTS = 90
"""About how often an undisturbed training saves half a file, syncs or renames."""


@dataclass(frozen=True)
class Training:
    """A training in a folder of its own."""

    folder: Path

    @property
    def saved(self) -> int:
        """The last step whose saving has returned, as the process itself noted."""
        note = self.folder / "saved"
        return int(note.read_text()) if note.exists() else 0

    def open(self) -> Run[nn.Module]:
        """The run as it was left."""
        torch.manual_seed(0)
        network = nn.Sequential(nn.Conv2d(3, 32, 3), nn.SiLU(), nn.Conv2d(32, 3, 3))
        return Run(self.folder, "small", network, rate=1e-3, decay=0.99)

    def carry_out(self) -> None:
        """Train to the end. What was opened was saved: a kill may have come between the last save and its note."""
        training = self.open()
        self._note(training.step)
        while training.step < STEPS:
            data = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(training.step))
            training.descend(training.model(data).square().mean(), 1.0)
            if training.step % EVERY == 0:
                training.log(loss=0.0)
                training.save()
                self._note(training.step)

    def _note(self, step: int) -> None:
        with (self.folder / "saved.next").open("w") as file:
            file.write(str(step))
        os.rename(self.folder / "saved.next", self.folder / "saved")

    def look(self) -> None:
        """What another process finds: the step, the weights' hash, whether all rows of the log are whole."""
        found, state = self.folder / "found", self.open()
        weights = hashlib.sha256()
        for tensor in (*state.model.state_dict().values(), *state.average.state_dict().values()):
            weights.update(tensor.contiguous().numpy().tobytes())
        log = self.folder / "small.jsonl"
        rows = [json.loads(row)["step"] for row in log.read_text().splitlines()] if log.exists() else []
        found.write_text(json.dumps({"step": state.step, "weights": weights.hexdigest(), "rows": rows}))

    def seen(self) -> dict[str, Any] | None:
        """The same, by a process of its own; None when it could not open the state."""
        if forked(self.look).join() != 0:
            return None
        return json.loads((self.folder / "found").read_text())


def in_saves(reached: Reached) -> None:
    """With half the state written, and wherever a file is synced or renamed."""
    save = torch.save
    in_writes(reached)

    def halfway(state: Any, path: Path) -> None:
        buffer = io.BytesIO()
        save(state, buffer)
        path.write_bytes(buffer.getvalue())

    torch.save = halfway


def disturbed(training: Training, chance: random.Random, longest: float) -> str | None:
    """One process and its end; returns where it was killed, if it was."""
    inside = chance.random() < 0.7

    def work() -> None:
        if inside:
            in_saves(Countdown(chance.randint(1, MOMENTS)))
        training.carry_out()

    child = forked(work)
    if not inside:
        time.sleep(chance.uniform(0, longest))
        os.kill(child.id, signal.SIGKILL)
    return ("inside a save" if inside else "at any time") if os.WIFSIGNALED(child.join()) else None


def measure(kills: int) -> Outcome:
    """Kill `kills` times over as many trainings as that takes."""
    start, chance = time.monotonic(), random.Random(1)
    where = {"inside a save": 0, "at any time": 0}
    unreadable = lost = torn = different = trainings = 0
    with tempfile.TemporaryDirectory() as name:
        whole = Training(Path(name) / "whole")
        began = time.monotonic()
        forked(whole.carry_out).join()
        longest, expected = time.monotonic() - began, whole.seen()
        assert expected is not None and expected["step"] == STEPS
        while sum(where.values()) < kills:
            trainings += 1
            training = Training(Path(name) / f"training-{trainings}")
            while training.saved < STEPS:
                killed = disturbed(training, chance, longest)
                if killed is not None:
                    where[killed] += 1
                found = training.seen()
                if found is None:
                    unreadable += 1
                    break
                lost += found["step"] < training.saved
                torn += found["rows"] != list(range(EVERY, found["step"] + 1, EVERY))
            last = training.seen()
            different += last is None or last["weights"] != expected["weights"]
    figures = (
        Figure("kills", sum(where.values())),
        *(Figure(f"of them {place}", number) for place, number in where.items()),
        Figure("trainings that came through", trainings, "at least 1", trainings > 0),
        none_of("states that could not be read", unreadable),
        none_of("saved steps lost", lost),
        none_of("logs with rows torn, doubled or missing", torn),
        none_of("trainings whose weights differ", different),
    )
    return Outcome("Kills inside a training checkpoint", HOW, round(time.monotonic() - start, 1), figures)


HOW = (
    "A small network trains 40 steps with `training.draft.state.Run` and saves every second one; it is killed until it "
    "comes through, and its weights are compared with those of a training that nobody disturbed."
)

if __name__ == "__main__":
    run("Kill a training while it saves.", ("kills", 60), measure)

"""100,000 transitions of the store of jobs in any order: no invariant is broken.

    python benchmarks/reliability/transitions.py [--transitions 100000] [--report FILE]

The state machine of tests/jobs/transitions.py, in which hypothesis looks for an order of events by two programs that
breaks the store; and eight processes that do with one store what they like, all at once, two of which are killed now
and then. They note what the store has told them, and afterwards the notes have to fit together.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from outcome import Figure, Outcome, none_of, run
from rig import forked

from jobs.job import Job, JobError, StoreError
from jobs.store import Store
from tests.jobs.transitions import Transitions

STEPS = 50
CROWD = 8
PART = 0.1
"""This part of the transitions is left to the crowd of processes."""


def alone(folder: Path, transitions: int) -> tuple[int, int]:
    """Hypothesis's part. Returns how many transitions were made, and how many invariants were broken."""
    machine = type("Here", (Transitions,), {"folder": folder, "made": 0})
    asked = settings(
        max_examples=max(transitions // STEPS, 1),
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
    )
    while machine.made < transitions:
        try:
            run_state_machine_as_test(machine, settings=asked)
        except AssertionError as error:
            print(error, file=sys.stderr)
            return machine.made, 1
    return machine.made, 0


def crowd(folder: Path, transitions: int) -> tuple[int, int]:
    """The part of the crowd. Returns how many transitions it made, and how many notes do not fit together."""
    Store(folder).close()
    chance, each = random.Random(1), transitions // CROWD
    running = {seed: forked(lambda seed=seed: _member(folder, seed, each)) for seed in range(CROWD)}
    for seed in (0, 1):
        for again in range(1, 6):
            time.sleep(chance.uniform(0.2, 1.5))
            os.kill(running[seed].id, signal.SIGKILL)
            running[seed].join()
            running[seed] = forked(lambda seed=seed + CROWD * again: _member(folder, seed, each))
    assert [process.join() for process in running.values()] == [0] * CROWD
    notes = [json.loads(line) for path in folder.glob("notes-*") for line in path.read_text().splitlines()]
    return len(notes), _misfits(folder, notes)


def _member(folder: Path, seed: int, transitions: int) -> None:
    """One process: adds, claims, settles, moves and recovers, and notes whatever the store has confirmed."""
    store, chance, held = Store(folder), random.Random(seed), list[Job]()
    with (folder / f"notes-{seed}").open("a", buffering=1) as notes:

        def note(**what: Any) -> None:
            notes.write(json.dumps(what) + "\n")

        for number in range(transitions):
            name = f"{seed}-{number}"
            choice = chance.random()
            try:
                if choice < 0.3:
                    store.add(Job(name, "render", {}, f"owner-{seed % 3}", chance.randrange(3), time.time()))
                    note(added=name)
                elif choice < 0.6:
                    job = store.claim(f"holder-{seed}")
                    note(claimed=None if job is None else [job.id, job.attempt])
                    held += [] if job is None else [job]
                elif choice < 0.9 and held:
                    job = held.pop(chance.randrange(len(held)))
                    state = chance.choice(("done", "queued", "paused", "failed"))
                    store.settle(job, state, {})
                    note(settled=[job.id, job.attempt, state])
                elif choice < 0.98 and held:
                    note(beaten=held[0].id, wish=store.beat(held[0], {}))
                else:
                    store.recover(f"dead-{seed}")
                    note(recovered=True)
            except (JobError, StoreError):
                note(refused=True)
    store.close()


def _misfits(folder: Path, notes: list[dict[str, Any]]) -> int:
    """Jobs lost, attempts given out or ended twice, ends that were forgotten, and damage to the file."""
    with sqlite3.connect(folder / "jobs.sqlite3") as db:
        damaged = int(db.execute("PRAGMA integrity_check").fetchone()[0] != "ok")
        states: dict[str, str] = dict(db.execute("SELECT id, state FROM jobs").fetchall())
    claims = Counter(tuple(note["claimed"]) for note in notes if note.get("claimed"))
    ends = [note["settled"] for note in notes if "settled" in note]
    lost = sum(note["added"] not in states for note in notes if "added" in note)
    doubled = sum(times > 1 for times in claims.values())
    ended_twice = sum(times > 1 for times in Counter((name, attempt) for name, attempt, _ in ends).values())
    forgotten = sum(states[name] != "done" for name, _, state in ends if state == "done")
    return damaged + lost + doubled + ended_twice + forgotten


def measure(transitions: int) -> Outcome:
    """Both parts."""
    start = time.monotonic()
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as name:
        folders = [Path(name) / part for part in ("alone", "crowd")]
        for folder in folders:
            folder.mkdir()
        by_crowd, misfits = crowd(folders[1], int(transitions * PART))
        made, broken = alone(folders[0], transitions - by_crowd)
    figures = (
        Figure("transitions", made + by_crowd, f">= {transitions}", made + by_crowd >= transitions),
        Figure("of them by eight processes at once, two of them killed five times", by_crowd),
        none_of("invariants broken", broken),
        none_of("jobs lost, attempts doubled, ends forgotten, files damaged", misfits),
    )
    return Outcome("Transitions of the store", HOW, round(time.monotonic() - start, 1), figures)


HOW = (
    "Hypothesis lets two programs add, claim, beat, settle, pause, cancel, resume, remove and die in any order and "
    "compares with a model after each; then eight processes share one store."
)

if __name__ == "__main__":
    run("Look for an order of events that breaks the store.", ("transitions", 100_000), measure)

"""Twenty people with five jobs each on one accelerator: none lost, none doubled, nobody waits beyond their share.

    python benchmarks/reliability/fairness.py [--people 20] [--report FILE]

Everybody puts five jobs in line at once, each from a process of their own; one consumer carries them out, on the engine
with tiny models. One of the people asks for jobs ten times as long as the others'. A training is at work already when
they come, and previews are put in line while they wait.

The share: an accelerator that divides itself equally among all who have work left would have finished somebody's jobs
at some moment. Nobody may wait for more than twice that time.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

sys.path.insert(0, str(Path(__file__).parent))

from outcome import Figure, Outcome, none_of, run
from rig import forked, make_kit

from jobs.executor import Request
from jobs.job import Job
from jobs.local import LocalExecutor
from jobs.pace import Pace
from jobs.store import Store
from pipeline.engine.engine import Engine, Priority
from pipeline.models.store import ModelStore
from pipeline.progress import Progress
from tests.engine.batches import make_batch

JOBS, SHORT, LONG = 5, 3, 30
"""Jobs of each person; batches of a usual job, and of a job of the person who asks for long ones."""
PREVIEWS = 3
PACE = Pace(beat=0.05, turn=1.0)


@dataclass
class Bench:
    """The work that is done, and what it cost."""

    engine: Engine
    models: ModelStore
    done: dict[str, int] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)
    at_once: int = 0
    most_at_once: int = 0
    order: list[Job] = field(default_factory=list)
    stop_training: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def work(self, job: Job, progress: Progress) -> None:
        """Batches of one frame, of which those that are done are kept, as a render keeps its frames."""
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.at_once, self.most_at_once)
            self.order.append(job)
        try:
            self._batches(job, progress)
        finally:
            with self.lock:
                self.at_once -= 1

    def _batches(self, job: Job, progress: Progress) -> None:
        total, before = int(str(job.spec["batches"])), self.done.get(job.id, 0)
        while self.done.get(job.id, 0) < total and not (job.priority == 2 and self.stop_training.is_set()):
            start = time.monotonic()
            self.engine.img2img(make_batch(self.models, 1, steps=2), Priority(job.priority), progress.stop)
            self.spent[job.owner] = self.spent.get(job.owner, 0.0) + time.monotonic() - start
            self.done[job.id] = self.done.get(job.id, 0) + 1
            progress.say("passes", self.done[job.id], total, before)


def fair_ends(work: Mapping[str, float]) -> dict[str, float]:
    """When everybody's work of so many seconds would be done by an accelerator that divides itself equally."""
    ends, now, each, left = dict[str, float](), 0.0, 0.0, len(work)
    for person, amount in sorted(work.items(), key=lambda item: item[1]):
        now += (amount - each) * left
        each, left = amount, left - 1
        ends[person] = now
    return ends


def ask(folder: Path, person: str, batches: int) -> None:
    """Put one person's jobs in line as soon as it is time to, from a process of its own."""
    while not (folder / "open").exists():
        time.sleep(0.01)
    jobs = LocalExecutor(Store(folder), {}, "nobody")
    for _ in range(JOBS):
        jobs.submit(Request("work", {"batches": batches}, person, Priority.RENDER))
    jobs.close()


def carry_out(folder: Path, bench: Bench, people: Mapping[str, int]) -> list[Job]:
    """Let everybody ask, carry it all out, and return the jobs as they ended."""
    jobs = LocalExecutor(Store(folder), {"work": bench.work}, "cpu", PACE)
    training = jobs.submit(Request("work", {"batches": 10**6}, "trainer", Priority.TRAINING))
    askers = [forked(lambda person=person, many=many: ask(folder, person, many)) for person, many in people.items()]
    jobs.start()
    while training.id not in bench.done:
        time.sleep(0.01)
    (folder / "open").touch()
    assert [asker.join() for asker in askers] == [0] * len(askers)
    for number in range(PREVIEWS):
        time.sleep(1)
        jobs.submit(Request("work", {"batches": 1}, f"looker-{number}", Priority.PREVIEW))
    while any(job.state != "done" for job in jobs.jobs() if job.id != training.id):
        time.sleep(0.05)
    bench.stop_training.set()
    while jobs.job(training.id).state != "done":
        time.sleep(0.05)
    ended = jobs.jobs()
    jobs.close()
    return ended


def measure(number: int) -> Outcome:
    """Carry out everybody's jobs, and see who waited for how long."""
    start = time.monotonic()
    people = {f"person-{n}": LONG if n == 0 else SHORT for n in range(number)}
    with tempfile.TemporaryDirectory() as name:
        kit = make_kit(Path(name) / "kit")
        Store(Path(name) / "jobs").close()
        with Engine("cpu") as engine:
            bench = Bench(engine, ModelStore(kit / "models"))
            ended = carry_out(Path(name) / "jobs", bench, people)
        with sqlite3.connect(Path(name) / "jobs" / "jobs.sqlite3") as db:
            sound = db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    figures = _figures(people, ended, bench)
    seconds = round(time.monotonic() - start, 1)
    return Outcome("Twenty people at once", HOW, seconds, (*figures, none_of("damaged stores", int(not sound))))


def _figures(people: Mapping[str, int], ended: list[Job], bench: Bench) -> tuple[Figure, ...]:
    own = {person: [job for job in ended if job.owner == person] for person in people}
    began = min(job.started for job in bench.order if job.owner in people and job.started is not None)
    waits = {person: max(job.finished or 0.0 for job in jobs) - began for person, jobs in own.items()}
    shares = fair_ends({person: bench.spent[person] for person in people})
    worst = max(waits[person] / shares[person] for person in people)
    missing = sum(JOBS - len(jobs) for jobs in own.values()) + sum(job.state != "done" for job in ended)
    again = sum(bench.done[job.id] != people[job.owner] for jobs in own.values() for job in jobs)
    order = [job.priority for job in bench.order]
    after = [place for place, job in enumerate(bench.order) if job.priority == Priority.TRAINING]
    renders = [place for place, priority in enumerate(order) if priority == Priority.RENDER]
    between = sum(min(renders) < place < max(renders) for place in after)
    return (
        Figure("people", len(people)),
        Figure("their jobs", sum(map(len, own.values()))),
        none_of("jobs lost or not done", missing),
        none_of("jobs whose work was done twice or in part", again),
        Figure("jobs at work at one time, at most", bench.most_at_once, "1", bench.most_at_once == 1),
        Figure("longest wait, in parts of that person's share", round(worst, 2), "<= 2", worst <= 2),
        Figure("median wait, in parts", round(sorted(waits[p] / shares[p] for p in people)[len(people) // 2], 2)),
        Figure("jobs started by the preview's turn, at most", _ahead(bench.order), "1", _ahead(bench.order) <= 1),
        none_of("times the training was started while a render waited", between),
    )


def _ahead(order: list[Job]) -> int:
    """The most renders that were started between the moment a preview was put in line and its own start."""
    worst = 0
    for preview in (job for job in order if job.priority == Priority.PREVIEW):
        started = preview.started or 0.0
        ahead = [job for job in order if job.priority > 0 and preview.created < (job.started or 0.0) < started]
        worst = max(worst, len(ahead))
    return worst


HOW = (
    "Twenty processes put five jobs each in line; one consumer carries out all of them on one engine. One person's "
    "jobs are ten times as long, a training is at work when they come, and previews are asked for in between."
)

if __name__ == "__main__":
    run("Serve many people at once.", ("people", 20), measure)

"""SIGKILL at random moments: no finished frame is lost, no half file is seen, and the shot comes out the same.

    python benchmarks/reliability/kill.py [--kills 200] [--report FILE]

A render job is carried out by a process of its own, which is killed again and again: at a random time, or inside a
write, a commit of the store, or the writing of a movie. After each kill the files are looked at, and a new process goes
on with what it finds, as the app does when it is started again. The result must be the bytes of a render that nobody
disturbed.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import moments
from outcome import Figure, Outcome, none_of, run
from rig import BATCH, Home, forked, make_kit, new_home

ANY = "any time"
SHARES = {ANY: 0.35, "a frame or file write": 0.3, "a store commit": 0.2, "the mux": 0.15}
"""What part of the kills falls where."""


@dataclass
class Tally:
    """What was counted over all kills."""

    kills: Counter[str] = field(default_factory=Counter)
    renders: int = 0
    lost: int = 0
    half: int = 0
    broken_stores: int = 0
    most_redone: int = 0
    waited_for_a_person: int = 0
    different: int = 0

    @property
    def outcome(self) -> tuple[Figure, ...]:
        """As figures."""
        where = tuple(
            Figure(f"of them inside {kind}" if kind != ANY else "of them at any time", number)
            for kind, number in sorted(self.kills.items())
        )
        return (
            Figure("kills", self.kills.total()),
            *where,
            Figure("renders that came through", self.renders, "at least 1", self.renders > 0),
            none_of("finished frames lost or changed", self.lost),
            none_of("half files visible", self.half),
            none_of("stores damaged or without their job", self.broken_stores),
            Figure("frames redone after one kill, at most", self.most_redone, f"<= {BATCH}", self.most_redone <= BATCH),
            none_of("renders whose bytes differ", self.different),
            Figure("jobs that waited for a person after two kills at one place", self.waited_for_a_person),
        )


@dataclass(frozen=True)
class Undisturbed:
    """A render that nobody disturbed: what it delivers, how long it takes, how often each moment is reached."""

    delivered: dict[str, str]
    seconds: float
    moments: dict[str, int]


def undisturbed(folder: Path, kit: Path) -> Undisturbed:
    """Render once, and count."""
    home, counts = new_home(folder / "whole", kit), folder / "counts"
    forked(home.submit).join()

    def counted() -> None:
        countdowns = {kind: moments.Countdown(0) for kind in moments.KINDS}
        for kind, watch in moments.KINDS.items():
            watch(countdowns[kind])
        home.carry_out()
        counts.write_text("\n".join(str(countdowns[kind].count) for kind in moments.KINDS))

    start = time.monotonic()
    status = forked(counted).join()
    assert status == 0 and "render.mp4" in home.delivered(), "the undisturbed render did not finish"
    numbers = [int(line) for line in counts.read_text().split()]
    return Undisturbed(home.delivered(), time.monotonic() - start, dict(zip(moments.KINDS, numbers, strict=True)))


def disturb(home: Home, chance: random.Random, whole: Undisturbed, tally: Tally) -> None:
    """One process and its end, by a kill or because there was nothing left to do."""
    (kind,) = chance.choices(list(SHARES), list(SHARES.values()))
    child = forked(_dying(home, chance, kind, whole))
    if kind == ANY:
        time.sleep(chance.uniform(0, whole.seconds))
        os.kill(child.id, signal.SIGKILL)
    if os.WIFSIGNALED(child.join()):
        tally.kills[kind] += 1


def _dying(home: Home, chance: random.Random, kind: str, whole: Undisturbed) -> Callable[[], None]:
    """What a process does until it dies."""
    if kind == ANY:
        return home.carry_out
    countdown = moments.chosen(chance, kind, whole.moments[kind])

    def work() -> None:
        moments.KINDS[kind](countdown)
        home.carry_out()

    return work


def ask_to_go_on(home: Home) -> str:
    """Let a job go on that waits for a person. Returns its state as it was."""
    store = home.store()
    (job,) = store.jobs()
    if job.state == "paused":
        store.move(job.id, "queued")
    store.close()
    return job.state


def until_done(home: Home, chance: random.Random, whole: Undisturbed, tally: Tally, most: int) -> None:
    """Kill the render of a home until it comes through, or `most` kills are reached, and look at it after each."""
    before: dict[str, tuple[str, int]] = {}
    state = "queued"
    while state != "done":
        if tally.kills.total() < most:
            disturb(home, chance, whole, tally)
        else:
            forked(home.carry_out).join()
        now = home.finished()
        tally.lost += sum(name not in now or now[name][0] != known for name, (known, _) in before.items())
        tally.half += home.half_files(whole.delivered)
        tally.broken_stores += not home.store_is_whole()
        again = sum(name.endswith(".png") and now[name][1] != written for name, (_, written) in before.items())
        tally.most_redone = max(tally.most_redone, again)
        before, state = now, ask_to_go_on(home)
        tally.waited_for_a_person += state == "paused"
    tally.renders += 1


def measure(kills: int) -> Outcome:
    """Kill `kills` times over as many renders as that takes, and compare each with an undisturbed one."""
    start, tally, chance = time.monotonic(), Tally(), random.Random(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kit = make_kit(folder / "kit")
        whole = undisturbed(folder, kit)
        while tally.kills.total() < kills:
            home = new_home(folder / f"run-{tally.renders}", kit)
            forked(home.submit).join()
            until_done(home, chance, whole, tally, kills)
            tally.different += home.delivered() != whole.delivered
            shutil.rmtree(home.path)
            print(f"{tally.kills.total()} kills", file=sys.stderr, flush=True)
    return Outcome("Kills", HOW, round(time.monotonic() - start, 1), tally.outcome)


HOW = (
    "A render job of eight frames in two passes (tiny models) is killed with SIGKILL until it comes through, then the "
    "next one; every result is compared with a render that nobody disturbed, byte for byte."
)

if __name__ == "__main__":
    run("Kill a render again and again, and compare what comes out.", ("kills", 200), measure)

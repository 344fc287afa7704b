"""The consumer of one accelerator: takes one job after the other, hears it, and notes how it ended."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Mapping
from concurrent.futures import Future, wait
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import IO

from jobs.desk import Desk
from jobs.executor import Work
from jobs.job import Job, JobError, Reason, Room, State, StoreError
from jobs.pace import Pace
from jobs.room import is_there, next_look
from jobs.store import Store
from pipeline.errors import Cancelled, NotWritable, PhotoplayError
from pipeline.files import explained

FAULT = Reason("The job broke off through a fault in Photoplay.", "What is finished is kept; the log says more.")
BY_ITSELF = "The job goes on by itself as soon as it can."
ENDINGS: Mapping[str | None, State] = {"pause": "paused", "cancel": "cancelled", None: "queued"}
"""What becomes of a job that was stopped, by what was asked of it."""

log = logging.getLogger(__name__)


class Consumer:
    """Carries out the jobs of a store on one accelerator, one at a time, on threads of its own.

    Its threads do not keep the program from ending: what they leave unfinished is begun again by the next program.
    """

    def __init__(self, store: Store, kinds: Mapping[str, Work], accelerator: str, pace: Pace) -> None:
        """Parameters as in LocalExecutor."""
        self._store, self._kinds, self._accelerator, self._pace = store, kinds, accelerator, pace
        self.changed, self._closing = Event(), Event()
        self.desk: Desk | None = None
        self._thread = Thread(target=self._consume, name="jobs", daemon=True)
        self._looked_for_room = 0.0
        self._faults = 0

    @property
    def healthy(self) -> bool:
        """Whether the thread lives and its last look at the store went well."""
        return self._thread.is_alive() and self._faults == 0

    def start(self) -> None:
        """Begin as soon as no other program has the accelerator."""
        self._thread.start()

    def close(self) -> bool:
        """Stop what is at work and leave it in line. Says whether it stopped within the time of grace."""
        self._closing.set()
        self.changed.set()
        if self._thread.ident is not None:
            self._thread.join(self._pace.grace)
        if not self._thread.is_alive():
            return True
        self._give_back()
        return False

    def _consume(self) -> None:
        """The thread: whatever the store or the disk may do, it goes on."""
        with Lock(self._store.folder / f"{self._accelerator}.lock") as lock:
            while not self._closing.is_set():
                self.changed.clear()
                try:
                    if lock.taken():
                        self._look()
                    self._faults = 0
                except (PhotoplayError, OSError) as error:
                    self._note(error)
                self.changed.wait(min(self._pace.beat * 2**self._faults, self._pace.longest_wait))

    def _look(self) -> None:
        """Carry out everything that is in line."""
        self._store.recover(self._accelerator)
        self._let_go_on()
        while not self._closing.is_set() and (job := self._store.claim(self._accelerator)) is not None:
            self._carry_out(job)
            self._faults = 0

    def _let_go_on(self) -> None:
        """Put back in line what waited for room, where there is room again."""
        if monotonic() < self._looked_for_room + self._pace.check:
            return
        for job in self._store.jobs(("paused",)):
            room = None if job.reason is None else job.reason.room
            if room is not None and next_look(job, self._pace) <= self._store.clock() and is_there(room):
                self._store.resume(job)
        self._looked_for_room = monotonic()

    def _carry_out(self, job: Job) -> None:
        self.desk = desk = Desk(job)
        ended: Future[None] = Future()
        Thread(target=self._work, args=(desk, ended), name=f"job {job.id[:8]}", daemon=True).start()
        while wait([ended], self._pace.beat).not_done:
            self._watch(desk)
        while not self._settled(desk, ended) and not self._closing.wait(self._pace.beat):
            pass
        self.desk = None

    def _work(self, desk: Desk, ended: Future[None]) -> None:
        """The worker's thread. What the work raises, whatever it is, becomes the job's ending."""
        try:
            if desk.job.kind not in self._kinds:
                raise JobError(f"Jobs of the kind {desk.job.kind} are not known here.", "Start a newer Photoplay.")
            self._kinds[desk.job.kind](desk.job, desk.progress)
        except BaseException as error:
            ended.set_exception(error)
        else:
            ended.set_result(None)

    def _watch(self, desk: Desk) -> None:
        """Renew the lease, and pass on what is asked of the job. A store in trouble must not keep it from working."""
        wish = None
        try:
            wish = self._store.beat(desk.job, desk.stages)
            if self._store.outranked(desk.job, desk.fresh_seconds >= self._pace.turn):
                desk.make_way.set()
            self._faults = 0
        except JobError:
            wish = "cancel"
        except (NotWritable, StoreError, OSError) as error:
            self._note(error)
        if wish is not None or self._closing.is_set():
            desk.stop.set()

    def _settled(self, desk: Desk, ended: Future[None]) -> bool:
        """Whether the end of the job could be noted down; one that was taken over is no longer ours to end."""
        try:
            state, reason = self._ending(desk.job, ended)
            self._store.settle(desk.job, state, desk.stages, reason)
        except JobError:
            return True
        except (NotWritable, StoreError, OSError) as error:
            self._note(error)
            return False
        return True

    def _ending(self, job: Job, ended: Future[None]) -> tuple[State, Reason | None]:
        """What becomes of a job whose function has returned or raised."""
        error = ended.exception()
        if error is None:
            return "done", None
        if isinstance(error, Cancelled):
            now = self._store.find(job.id)
            return ENDINGS[None if now is None else now.wish], None
        if isinstance(error, NotWritable):
            return "paused", _refusal(error)
        if isinstance(error, PhotoplayError):
            return "failed", Reason(error.message, error.hint)
        log.error("job %s (%s)", job.id, job.kind, exc_info=error)
        return "failed", FAULT

    def _give_back(self) -> None:
        """Put the job that does not stop back in line, so that the next program begins with it at once."""
        desk = self.desk
        if desk is None:
            return
        log.warning("job %s did not stop within %g seconds: it goes on later", desk.job.id, self._pace.grace)
        stopped: Future[None] = Future()
        stopped.set_exception(Cancelled())
        self._settled(desk, stopped)

    def _note(self, error: Exception) -> None:
        """Count a fault. The log may lie on a full disk, too: it gets the first, second, fourth ... in a row."""
        self._faults += 1
        if self._faults.bit_count() == 1:
            log.error("the jobs of %s go on after fault %d", self._accelerator, self._faults, exc_info=error)


class Lock:
    """The lock of an accelerator. The system lets go of it however the process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None
        self._mine = False

    def taken(self) -> bool:
        """Whether this program has the accelerator, now if not before. Raises NotWritable."""
        if self._mine:
            return True
        if self._file is None:
            with explained(self._path):
                self._file = self._path.open("w")
        try:
            fcntl.flock(self._file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self._mine = True
        return True

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._file is not None:
            self._file.close()


def _refusal(error: NotWritable) -> Reason:
    """Why the job is paused; with the place to watch, when it is known."""
    if error.place is None:
        return Reason(error.message, error.hint)
    return Reason(error.message, f"{error.hint} {BY_ITSELF}".strip(), Room(str(error.place), error.need))

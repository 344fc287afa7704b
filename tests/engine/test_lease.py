"""Who goes first, and what happens to those who stop, fail or wait when the lease is closed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.engine.lease import Lease, Priority
from pipeline.errors import Cancelled, PhotoplayError


@pytest.fixture
def lease() -> Iterator[Lease]:
    lease = Lease()
    yield lease
    lease.close()


def steps(name: str, count: int, log: list[str]) -> Generator[None, None, str]:
    """Work of `count` steps that writes itself into the log."""
    for _ in range(count):
        log.append(name)
        yield
    return name


def until(reached: Callable[[], bool], log: list[str]) -> Generator[None, None, str]:
    """Work that goes on, step by step, until something has happened elsewhere, and then for two steps more."""
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline
        log.append("render")
        yield
    yield from steps("render", 2, log)
    return "render"


def test_a_preview_runs_to_its_end_between_two_steps_of_a_render(lease: Lease) -> None:
    log: list[str] = []
    with ThreadPoolExecutor() as pool:
        render = pool.submit(lease.run, until(lambda: "preview" in log, log), Priority.RENDER)
        while not log:
            time.sleep(0.001)
        assert lease.run(steps("preview", 3, log), Priority.PREVIEW) == "preview"
        assert render.result() == "render"
    first = log.index("preview")
    assert first > 0
    assert log[first:] == ["preview"] * 3 + ["render"] * 2


def test_equals_go_in_the_order_they_came_and_lower_priorities_wait(lease: Lease) -> None:
    log: list[str] = []
    waiting = threading.Event()

    def gate() -> Generator[None, None, None]:
        waiting.wait(30)
        yield

    with ThreadPoolExecutor() as pool:
        pool.submit(lease.run, gate(), Priority.PREVIEW)
        for place, (name, priority) in enumerate(
            [
                ("train", Priority.TRAINING),
                ("one", Priority.RENDER),
                ("two", Priority.RENDER),
                ("look", Priority.PREVIEW),
            ]
        ):
            pool.submit(lease.run, steps(name, 2, log), priority)
            while len(lease._line) < place + 2:
                time.sleep(0.001)
        waiting.set()
    assert log == ["look", "look", "one", "one", "two", "two", "train", "train"]


def test_work_stops_between_two_steps_and_cleans_up(lease: Lease) -> None:
    stop, log = threading.Event(), []

    def endless() -> Generator[None, None, None]:
        try:
            while True:
                log.append("step")
                stop.set()
                yield
        finally:
            log.append("cleaned up")

    with pytest.raises(Cancelled):
        lease.run(endless(), Priority.RENDER, stop)
    assert log == ["step", "cleaned up"]


def test_stopped_work_leaves_the_line_even_while_another_goes_first(lease: Lease) -> None:
    log: list[str] = []
    stop, gone = threading.Event(), threading.Event()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(lease.run, until(gone.is_set, log), Priority.PREVIEW)
        second = pool.submit(lease.run, steps("second", 1, log), Priority.RENDER, stop)
        stop.set()
        with pytest.raises(Cancelled):
            second.result(30)
        gone.set()
        assert first.result() == "render"
    assert "second" not in log


def test_what_work_raises_reaches_its_caller_and_the_lease_lives_on(lease: Lease) -> None:
    def broken() -> Generator[None, None, None]:
        yield
        raise PhotoplayError("The sky fell.")

    with pytest.raises(PhotoplayError, match="The sky fell"):
        lease.run(broken(), Priority.RENDER)
    assert lease.run(steps("next", 1, []), Priority.RENDER) == "next"


def test_closing_stops_everyone_and_nobody_comes_in_after() -> None:
    lease, log = Lease(), []
    with ThreadPoolExecutor() as pool:
        running = pool.submit(lease.run, until(lambda: False, log), Priority.RENDER)
        while not log:
            time.sleep(0.001)
        lease.close()
        with pytest.raises(Cancelled):
            running.result(30)
    lease.close()
    with pytest.raises(Cancelled):
        lease.run(steps("late", 1, log), Priority.PREVIEW)
    assert "late" not in log


def test_a_lease_nobody_used_has_no_thread() -> None:
    before = threading.active_count()
    Lease().close()
    assert threading.active_count() == before

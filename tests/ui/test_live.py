"""Work that is followed: a beat at once, the newest news, the result; closing the page stops it."""

from __future__ import annotations

import time
from collections.abc import Generator
from threading import Event

import gradio as gr
import pytest

from pipeline.errors import Cancelled, FootageError
from pipeline.progress import Progress
from ui.live import Followed, told_live


def test_the_first_beat_comes_before_the_work_and_the_last_knows_the_news() -> None:
    begun = Event()

    def work(progress: Progress) -> str:
        begun.set()
        progress.say("people", 3, 9)
        progress.say("people", 4, 9)
        time.sleep(0.7)
        return "made"

    followed = Followed(work)
    beats = iter(followed)
    assert next(beats).step is None and not begun.is_set()
    later = list(beats)
    assert later and later[-1].step is not None and later[-1].step.done == 4
    assert followed.made() == "made"


def test_a_page_that_is_closed_stops_the_work() -> None:
    stopped = Event()

    def work(progress: Progress) -> None:
        try:
            while True:
                time.sleep(0.02)
                progress.check()
        except Cancelled:
            stopped.set()
            raise

    beats = iter(Followed(work))
    next(beats)
    next(beats)
    beats.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert stopped.wait(5)


def test_an_error_of_the_work_is_told_and_what_was_shown_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    told = list[str]()
    monkeypatch.setattr(gr, "Warning", lambda text, duration: told.append(text))

    def fails(progress: Progress) -> None:
        raise FootageError("The clip <b> is torn.", "Export it again.")

    @told_live
    def handler() -> Generator[str, None, None]:
        work = Followed(fails)
        for _ in work:
            yield "at work"
        work.made()

    assert [one for one in handler() if one == "at work"]
    assert told == ["The clip &lt;b&gt; is torn. Export it again."]

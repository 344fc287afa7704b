"""Work that takes seconds, followed while it goes on: a handler looks at it twice a second and shows how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import wraps
from queue import Empty, SimpleQueue
from threading import Event
from typing import Generic, ParamSpec, TypeVar

import gradio as gr

from pipeline.errors import PhotoplayError
from pipeline.progress import Progress, Step
from ui.say import SHOWN, sentence

EVERY = 0.5
"""Seconds between two looks."""

Made = TypeVar("Made")
Shown = TypeVar("Shown")
Given = ParamSpec("Given")


@dataclass(frozen=True)
class Beat:
    """How work goes on. seconds: since it began. step: the newest news; None before the first."""

    seconds: float
    step: Step | None


class Followed(Generic[Made]):
    """Work on a thread of its own. Iterate over it to follow it; a page that is closed meanwhile stops it."""

    def __init__(self, work: Callable[[Progress], Made]) -> None:
        self._work, self._made = work, Future[Made]()

    def __iter__(self) -> Iterator[Beat]:
        """A beat at once and one every EVERY seconds until the work is done."""
        started, stop, news, step = time.monotonic(), Event(), SimpleQueue[Step](), None
        yield Beat(0.0, None)
        with ThreadPoolExecutor(1) as thread:
            self._made = thread.submit(self._work, Progress(news.put, stop))
            try:
                while not wait([self._made], EVERY).done:
                    step = newest(news) or step
                    yield Beat(time.monotonic() - started, step)
            finally:
                stop.set()

    def made(self) -> Made:
        """What came of it, once it was followed to its end. Raises what the work raised."""
        return self._made.result(0)


def newest(news: SimpleQueue[Step]) -> Step | None:
    """The last of the news, which are used up; None when there are none."""
    step = None
    try:
        while True:
            step = news.get_nowait()
    except Empty:
        return step


def told_live(handler: Callable[Given, Generator[Shown, None, None]]) -> Callable[Given, Generator[Shown, None, None]]:
    """The handler, whose PhotoplayError is shown in the page and ends it; what it has changed so far stays."""

    @wraps(handler)
    def show(*given: Given.args, **named: Given.kwargs) -> Generator[Shown, None, None]:
        try:
            yield from handler(*given, **named)
        except PhotoplayError as error:
            gr.Warning(sentence(error), duration=SHOWN)
            yield gr.skip()  # pyright: ignore[reportReturnType]  # Gradio's word for "leave every output alone"

    return show

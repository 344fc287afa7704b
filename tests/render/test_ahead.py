"""While the accelerator is at one batch the next is read and drawn; what comes out is the same."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, Thread
from typing import Any, cast

import numpy as np
import pytest

from pipeline.ahead import READ, Drawn, Turns, prepared_ahead, read_ahead
from pipeline.engine.batch import Batch, Pictures
from pipeline.engine.engine import Engine, Priority
from pipeline.errors import FootageError
from pipeline.frames import Frame, FrameRange, Picture
from pipeline.passes.placement import whole_frame
from pipeline.passes.request import Slot
from pipeline.plan import plan_render
from pipeline.progress import Progress
from pipeline.recipe.passes import ControlSpec
from pipeline.render import finish_passes
from pipeline.work import Work, open_work
from tests.render.conftest import Bench, tiny_recipe

WAIT = 30.0
"""Seconds after which nothing will come any more."""


class Slow:
    """An accelerator that gives its pictures back once the next batch has been drawn meanwhile."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, ...]] = []
        self.drawn: dict[int, Event] = {number: Event() for number in range(100)}

    def img2img(self, batch: Batch, priority: Priority, stop: Event | None = None) -> Pictures:
        self.frames.append(batch.frames)
        following = batch.frames[-1] + len(batch.frames)
        assert self.drawn[following].wait(WAIT), f"frame {following} is not drawn while {batch.frames} are worked at"
        return batch.pictures.copy()


def watched(work: Work, slow: Slow) -> None:
    """Tell the accelerator which frames are prepared."""
    own = work.prepare

    def prepare(frame: Frame) -> None:
        own(frame)
        slow.drawn[frame.number].set()

    work.prepare = prepare  # pyright: ignore[reportAttributeAccessIssue]


def test_the_next_batch_is_drawn_while_the_accelerator_works(bench: Bench) -> None:
    slow: Any = Slow()
    recipe = tiny_recipe("passes.face.enabled=false")
    plan = plan_render(bench.shot, recipe, bench.tools.models, bench.folder / "cache")
    for number in range(12, 100):
        slow.drawn[number].set()
    with open_work(plan, cast(Engine, slow), Priority.RENDER, Progress()) as work:
        watched(work, slow)
        finish_passes(work, FrameRange(0, 11), Progress())
    assert slow.frames == [(0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 10, 11)]


@pytest.mark.slow
def test_what_is_drawn_ahead_is_drawn_once_and_looks_the_same(bench: Bench) -> None:
    recipe = tiny_recipe()
    plan = plan_render(bench.shot, recipe, bench.tools.models, bench.folder / "cache")
    drawn: list[tuple[str, int]] = []
    with open_work(plan, bench.tools.engine, Priority.RENDER, Progress()) as work:
        own = work.drawn._draw

        def draw(spec: Any, slot: Any) -> Any:
            drawn.append((spec.kind, slot.frame))
            return own(spec, slot)

        work.drawn._draw = draw
        finish_passes(work, FrameRange(60, 67), Progress())
        frame = work.plate.frame(64)
        ahead = work.layers(frame)
    assert len(drawn) == len(set(drawn)) + 8 == 8 * 3, "two controls of the body, one of the face, for each frame"
    alone = plan_render(bench.shot, recipe, bench.tools.models, bench.folder / "fresh")
    with open_work(alone, bench.tools.engine, Priority.RENDER, Progress()) as work:
        for numbers in FrameRange(60, 67).batches(recipe.batch_size):
            work.finish(list(work.plate.frames(numbers)))
        assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(ahead, work.layers(frame), strict=True))


def frames_until(last: int) -> Iterator[Frame]:
    """Frames of one pixel; after the last one the file is damaged."""
    for number in range(last + 1):
        yield Frame(number, np.zeros((1, 1, 3), np.uint8))
    raise FootageError("Frame cannot be read.", "Export it again.")


def test_a_fault_in_the_next_batch_comes_after_this_one() -> None:
    with prepared_ahead(frames_until(5), [4, 4], lambda frame: None, Turns()) as batches:
        assert [frame.number for frame in next(batches)] == [0, 1, 2, 3]
        with pytest.raises(FootageError):
            next(batches)


class Clip:
    """A plate without filters that counts what is read of it."""

    filters = ()

    def __init__(self, last: int) -> None:
        self.last, self.read = last, 0

    def frames(self, frames: FrameRange) -> Iterator[Frame]:
        for frame in frames_until(self.last):
            self.read += 1
            yield frame


def test_the_clip_is_read_a_little_ahead_in_order_and_not_past_what_is_wanted() -> None:
    clip: Any = Clip(99)
    with read_ahead(clip, FrameRange(0, 99)) as frames:
        assert [next(frames).number for _ in range(10)] == list(range(10))
    assert 10 <= clip.read <= 10 + READ


def test_a_fault_of_the_clip_comes_where_its_frame_is_due() -> None:
    clip: Any = Clip(6)
    seen: list[int] = []
    with pytest.raises(FootageError), read_ahead(clip, FrameRange(0, 99)) as frames:
        seen.extend(frame.number for frame in frames)
    assert seen == list(range(7))


def test_who_waits_for_a_control_lets_the_other_prepare() -> None:
    turns, prepared = Turns(), Event()
    canvas, spec = np.zeros((8, 8, 3), np.uint8), ControlSpec(kind="canny", model="any")

    def draw(spec: ControlSpec, slot: Slot) -> Picture:
        assert prepared.wait(WAIT), "nobody else had a turn"
        return canvas

    def prepare() -> None:
        with turns.preparing():
            prepared.set()

    drawn = Drawn(draw, 1, turns)
    with turns.rendering():
        other = Thread(target=prepare)
        other.start()
        assert drawn.hint(spec, Slot(0, canvas, canvas, None, whole_frame((8, 8), 8))) is canvas
    other.join()
    drawn.close()


def test_leaving_early_prepares_no_more() -> None:
    seen: list[int] = []
    with prepared_ahead(frames_until(99), [4] * 25, lambda frame: seen.append(frame.number), Turns()) as batches:
        next(batches)
    assert len(seen) <= 8

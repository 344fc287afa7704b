"""Reading and drawing ahead: while the accelerator is at one batch, a second thread prepares the next.

Hardly anything of a render is made for two threads at once. So they take turns: the render holds everything, and lets
go of it only while it waits for the accelerator, for a control, or for files to be written; then the second thread goes
on, frame by frame. Controls are drawn on threads of their own, and the clip is read on one. What comes out is the same.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Condition, Event

from pipeline.errors import Cancelled
from pipeline.frames import Frame, FrameRange, Picture
from pipeline.passes.placement import Placement
from pipeline.passes.plan import PassPlan
from pipeline.passes.request import HintMaker, Slot
from pipeline.prepare.plate import Plate
from pipeline.recipe.passes import ControlSpec

DRAWERS = 2
"""Controls that are drawn at once."""
READ = 4
"""Frames of the clip that are read before somebody asks for them."""


class Turns:
    """Whose turn it is: the render's, or that of the thread that prepares. One render and one such thread.

    The render goes first: it waits for the frame at work and not for the next one.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._rendering = self._preparing = False

    @contextmanager
    def rendering(self) -> Iterator[None]:
        """The render's turn, for as long as the block lasts; outside of it there is nobody to take turns with."""
        self._take()
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Inside the render's turn: let the other go on, for as long as the block lasts."""
        if not self._rendering:
            yield
            return
        self._leave()
        try:
            yield
        finally:
            self._take()

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """The other's turn."""
        with self._changed:
            self._changed.wait_for(lambda: not self._rendering)
            self._preparing = True
        try:
            yield
        finally:
            with self._changed:
                self._preparing = False
                self._changed.notify_all()

    def _take(self) -> None:
        with self._changed:
            self._rendering = True
            self._changed.wait_for(lambda: not self._preparing)

    def _leave(self) -> None:
        with self._changed:
            self._rendering = False
            self._changed.notify_all()


class Drawn:
    """Controls that are drawn ahead, each handed out once, on threads of their own. limit: how many are kept.

    `draw` is called on several threads. Who waits for a control lets the others go on with `turns`. Close it when
    nothing is to be drawn any more.
    """

    def __init__(self, draw: HintMaker, limit: int, turns: Turns) -> None:
        self._draw, self._limit, self._turns = draw, limit, turns
        self._kept: OrderedDict[tuple[ControlSpec, int, Placement], Future[Picture]] = OrderedDict()
        self._pool = ThreadPoolExecutor(DRAWERS, thread_name_prefix="draw")

    def close(self) -> None:
        """Finish the controls that are being drawn, and draw no more."""
        self._pool.shutdown(cancel_futures=True)

    def draw(self, plan: PassPlan, slot: Slot) -> None:
        """Have every control of a pass drawn for a slot."""
        for spec, _ in plan.controls:
            self._kept[spec, slot.frame, slot.placement] = self._pool.submit(self._draw, spec, slot)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def hint(self, spec: ControlSpec, slot: Slot) -> Picture:
        """What a control sees of a slot: as it was drawn ahead, or drawn now. Raises what drawing it has raised."""
        coming = self._kept.pop((spec, slot.frame, slot.placement), None)
        if coming is None:
            coming = self._pool.submit(self._draw, spec, slot)
        if coming.done():
            return coming.result()
        with self._turns.away():
            return coming.result()


@contextmanager
def prepared_ahead(
    reader: Iterator[Frame], sizes: list[int], prepare: Callable[[Frame], None], turns: Turns
) -> Iterator[Iterator[list[Frame]]]:
    """Batches of so many frames, one being prepared while the block is at the one before; two are held at a time.

    The block has the render's turn. What reading or preparing raises is raised where its batch is asked for.
    """
    leaving = Event()

    def one() -> Frame:
        with turns.preparing():
            if leaving.is_set():
                raise Cancelled
            frame = next(reader)
            prepare(frame)
            return frame

    def batch(size: int) -> list[Frame]:
        return [one() for _ in range(size)]

    def batches(pool: ThreadPoolExecutor) -> Iterator[list[Frame]]:
        coming: Future[list[Frame]] = pool.submit(batch, sizes[0])
        for following in (*sizes[1:], 0):
            with turns.away():
                ready = coming.result()
            coming = pool.submit(batch, following)
            yield ready

    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool, turns.rendering():
        try:
            yield batches(pool)
        finally:
            leaving.set()


@contextmanager
def read_ahead(plate: Plate, frames: FrameRange) -> Iterator[Iterator[Frame]]:
    """The plate's frames in order, read on a thread of their own. What reading raises is raised where its frame is due.

    Where filters lie over the plate they are read as they are asked for: filters look for faces, on one thread alone.
    """
    stream = plate.frames(frames)
    if plate.filters:
        yield stream
        return

    def read(pool: ThreadPoolExecutor) -> Iterator[Frame]:
        coming = deque(pool.submit(next, stream, None) for _ in range(READ))
        while (frame := coming.popleft().result()) is not None:
            coming.append(pool.submit(next, stream, None))
            yield frame

    with ThreadPoolExecutor(1, thread_name_prefix="read") as pool:
        try:
            yield read(pool)
        finally:
            pool.shutdown(cancel_futures=True)

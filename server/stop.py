"""The end: finish the step at work, keep everything, be gone within 20 seconds; sooner when asked twice."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

import uvicorn

from server.log import tell

SIGNALS = (signal.SIGINT, signal.SIGTERM)
PATIENCE = 18.0
"""Seconds from the first signal until the program ends whatever it is doing: 20 is promised."""
ANSWERS = 3
"""Seconds that answers under way are given to be finished."""
HURRIED = 1
"""Exit code of a program that was asked twice. What was finished is kept; the rest is made at the next start."""


class Stop:
    """Whether the end was asked for, and what follows from it."""

    def __init__(self) -> None:
        self.asked = False
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def listen(self) -> None:
        """Hear the signals from now on. Called in the main thread."""
        for number in SIGNALS:
            signal.signal(number, self.hear)

    def hear(self, number: int, frame: FrameType | None = None) -> None:
        """The first signal begins the end, with a limit; the second one is the end."""
        if self.asked:
            tell("stopping at once", logging.WARNING)
            os._exit(HURRIED)
        self.asked = True
        tell("stopping", signal=signal.Signals(number).name)
        limit = threading.Timer(PATIENCE, self._give_up)
        limit.daemon = True
        limit.start()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self) -> None:
        """Until the end is asked for."""
        self._loop = asyncio.get_running_loop()
        if not self.asked:
            await self._event.wait()

    def _give_up(self) -> None:
        tell("the step at work takes too long; it is made anew at the next start", logging.WARNING)
        os._exit(0)


def leave(code: int) -> NoReturn:
    """End the program now that everything is closed. Taking the large libraries apart would take seconds more."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


class Server(uvicorn.Server):
    """uvicorn, whose end is ours to decide."""

    def __init__(self, config: uvicorn.Config, stop: Stop) -> None:
        super().__init__(config)
        self._stop = stop

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal while the server runs: take no more requests."""
        self._stop.hear(sig, frame)
        self.should_exit = True

"""What hostile files reach for when they are believed: a program that leaves a trace, a file, and an address."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread


@dataclass
class Lair:
    """trace: made by every payload that is run. secret: a named pipe, which knows when somebody opens it for reading.

    port: of 127.0.0.1, where somebody listens.
    """

    folder: Path
    opened: int = 0
    asked: int = 0
    _ended: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        os.mkfifo(self.secret)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self.port = self._listener.getsockname()[1]
        self._watches = [Thread(target=self._watch_secret), Thread(target=self._watch_address)]
        for watch in self._watches:
            watch.start()

    @property
    def trace(self) -> Path:
        """A file that is there once a payload was run."""
        return self.folder / "was-run"

    @property
    def secret(self) -> Path:
        """A file that nobody has handed in."""
        return self.folder / "secret"

    def close(self) -> None:
        """Stop watching."""
        self._ended.set()
        for watch in self._watches:
            watch.join()
        self._listener.close()

    def _watch_secret(self) -> None:
        while not self._ended.wait(0.02):
            try:
                pipe = os.open(self.secret, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                continue
            self.opened += 1
            os.close(pipe)

    def _watch_address(self) -> None:
        while not self._ended.is_set():
            try:
                visitor, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.asked += 1
            visitor.close()

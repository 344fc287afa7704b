"""A stage of the flow: its name, its version, how far it must see, and where its finished frames lie."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.files import atomic, explained, frames_in
from pipeline.keys import Key, Setting, key_of

WHOLE_SHOT = -1
"""The reach of a stage that must see every frame of the shot."""


@dataclass(frozen=True)
class Stage:
    """name: as in the manifest. version: raised when the output changes. reach: frames it must see before and after."""

    name: str
    version: int
    reach: int

    def key(self, settings: Mapping[str, Setting], inputs: Sequence[Key]) -> Key:
        """The key of this stage's output."""
        return key_of(self.name, self.version, settings, inputs)


@dataclass(frozen=True)
class FrameStore:
    """The finished files of one stage output, one or more per frame. A file that exists is finished."""

    root: Path
    key: Key
    suffix: str

    @property
    def folder(self) -> Path:
        """Where all frames of this output lie."""
        return self.root / self.key[:2] / self.key

    def path(self, frame: int) -> Path:
        """Where this frame's file lies or will lie."""
        return self.folder / f"{frame:06d}{self.suffix}"

    def use(self) -> None:
        """Note that this output is in use now, which keeps it from being cleared away. Raises OutputError."""
        with explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            os.utime(self.folder)

    def finished(self) -> frozenset[int]:
        """Every frame that is finished, in one look: for a long shot a hundred times faster than asking for each."""
        return frames_in(self.folder, self.suffix)

    def has(self, frame: int) -> bool:
        """Whether this frame is finished."""
        return self.path(frame).exists()

    def write(self, frame: int, data: bytes) -> None:
        """Finish this frame. Raises OutputError when it cannot be written."""
        with atomic(self.path(frame)) as part:
            part.write_bytes(data)

    def read(self, frame: int) -> bytes:
        """A finished frame's bytes."""
        return self.path(frame).read_bytes()

"""Pictures and files on their way to a browser: each in a file of its own that only its owner may fetch.

Gradio would write the same picture again over a file that is being served, and copy files to where anyone may ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.clip.still import encode_png
from pipeline.frames import Picture
from workspaces.handout import Exchange


@dataclass(frozen=True)
class Pictures:
    """What browsers are given. A file is written once, whole, and never changes: its name says what is in it."""

    exchange: Exchange

    def keep(self, owner: str, picture: Picture) -> str:
        """The path of a PNG with this picture, without loss. Raises OutputError when it cannot be written."""
        return str(self.exchange.give_bytes(owner, encode_png(picture), ".png"))

    def give(self, owner: str, path: Path) -> str:
        """The path under which the owner's browser may fetch one of their files. Raises OutputError."""
        return str(self.exchange.give(owner, path))


def small(picture: Picture, side: int = 160) -> Picture:
    """The picture with sides of at most twice `side` pixels, by leaving out lines: for rows and sheets."""
    step = max(1, max(picture.shape[:2]) // side)
    return np.ascontiguousarray(picture[::step, ::step])

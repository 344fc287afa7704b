"""The adapter to ffmpeg for sound: files in, a file or figures out."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg

from pipeline.errors import FootageError

QUIET = ("-hide_banner", "-nostats", "-nostdin", "-y", "-protocol_whitelist", "file,pipe")
RATE = 48000
"""Samples a second of everything made here: what video uses."""


def run(name: str, arguments: Sequence[str]) -> str:
    """Run ffmpeg and give what it said. Raises FootageError, naming the file, when the sound cannot be worked on."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), *QUIET, *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    said = done.stderr.decode(errors="replace")
    if done.returncode != 0:
        last = said.strip().splitlines()[-1] if said.strip() else "nothing"
        raise FootageError(f"The sound of {name} cannot be used.", f"ffmpeg says: {last}")
    return said


def source(path: Path) -> tuple[str, ...]:
    """A file as input; nothing that it names is opened."""
    return ("-i", f"file:{path}")

"""A soundtrack at another speed and the same pitch."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from pipeline.sound.mix import FLAC
from pipeline.sound.tool import RATE, run, source


def stretched(path: Path, speed: Fraction, length: Fraction, made: Path) -> Path:
    """Write the sound of a file at `speed` (2 = twice as fast), as long as `length` seconds, its pitch kept: FLAC.

    By Rubber Band with short windows, which keeps a click within a sixtieth of a second of its place at any speed from
    half to double (measured; atempo's length is off by up to 24 ms, long windows move a click by 27 ms). Raises
    FootageError.
    """
    tempo = f"rubberband=tempo={float(speed):.9f}:window=short"
    chain = f"aresample={RATE},{tempo},apad,atrim=0:{float(length):.6f}"
    run(path.name, (*source(path), "-af", chain, *FLAC, f"file:{made}"))
    return made

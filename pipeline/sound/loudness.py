"""How loud a soundtrack is, as EBU R128 and ITU-R BS.1770 measure it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from pipeline.sound.tool import run, source

TRUE_PEAK = -1.0
"""The highest true peak of a delivery, in dBTP (EBU R128)."""


@dataclass(frozen=True)
class Loudness:
    """integrated: LUFS over the whole file; None for silence. true_peak: dBTP. loudness_range: LU."""

    integrated: float | None
    true_peak: float
    loudness_range: float


def loudness_of(path: Path) -> Loudness:
    """Measure the first soundtrack of a file. Raises FootageError when it has none that can be read."""
    said = run(
        path.name,
        ("-v", "info", *source(path), "-map", "0:a:0", "-af", "loudnorm=print_format=json", "-f", "null", "-"),
    )
    figures = json.loads(said[said.rindex("{") : said.rindex("}") + 1])
    integrated = float(figures["input_i"])
    return Loudness(
        integrated if math.isfinite(integrated) else None, float(figures["input_tp"]), float(figures["input_lra"])
    )

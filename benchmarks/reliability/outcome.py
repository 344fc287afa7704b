"""What a benchmark of reliability found: figures, each with its limit, as JSON for report.py."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """One figure. limit: what is asked of it, in words; empty for one that is only told."""

    name: str
    value: float | str
    limit: str = ""
    met: bool = True


@dataclass(frozen=True)
class Outcome:
    """What one benchmark found. how: what was done, in one or two sentences."""

    title: str
    how: str
    seconds: float
    figures: tuple[Figure, ...]

    @property
    def met(self) -> bool:
        """Whether every figure is inside its limit."""
        return all(figure.met for figure in self.figures)


def none_of(name: str, value: int) -> Figure:
    """A figure that has to be 0."""
    return Figure(name, value, "0", value == 0)


def report(outcome: Outcome, path: Path | None) -> int:
    """Print an outcome, write it to `path` if there is one, and return the exit status."""
    told = json.dumps(asdict(outcome), indent=1)
    print(told)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(told + "\n", encoding="utf-8")
    return int(not outcome.met)


def run(about: str, amount: tuple[str, int], measure: Callable[[int], Outcome]) -> None:
    """The command line of a benchmark: how much to do (an option's name and its default), and where to write it."""
    name, usual = amount
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    sys.exit(report(measure(getattr(options, name)), options.report))

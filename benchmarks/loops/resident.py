"""How much memory a program has resident as its work goes on, and by how much it grows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.progress import Step


def resident_mib() -> float:
    """The resident memory of this process. Linux only."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Resident:
    """Listens to work and notes the resident memory after each step of each stage."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[int, float]] = {}

    def listen(self, step: Step) -> None:
        """Note what is resident when a step is done."""
        self._seen.setdefault(step.stage, {})[step.done] = resident_mib()

    def growth(self, early: int) -> dict[str, dict[str, Any]]:
        """Of each stage with several steps from `early` on: MiB there and at its last, the most, and some between."""
        long = {stage: memory for stage, memory in self._seen.items() if sum(done >= early for done in memory) > 1}
        return {stage: _growth(memory, early) for stage, memory in long.items()}


def worst(stages: dict[str, dict[str, Any]]) -> float:
    """The largest growth of all stages, in MiB; 0 where no stage went far enough."""
    return max((stage["growth_mib"] for stage in stages.values()), default=0.0)


def _growth(memory: dict[int, float], early: int) -> dict[str, Any]:
    counted = [done for done in sorted(memory) if done >= early]
    first, last = counted[0], counted[-1]
    return {
        "early_mib": round(memory[first], 1),
        "last_mib": round(memory[last], 1),
        "most_mib": round(max(memory[done] for done in counted), 1),
        "growth_mib": round(memory[last] - memory[first], 1),
        "by_frame": {done: round(memory[done]) for done in counted[:: max(len(counted) // 10, 1)]},
    }

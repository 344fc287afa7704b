"""The short form of `make reliability`: five kills, and nothing is lost, half, doubled or different."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_five_kills_lose_nothing(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, "benchmarks/reliability/kill.py", "--kills", "5", "--report", str(report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    tally = json.loads(report.read_text())
    assert tally["kills"] == 5 and tally["runs_to_the_end"] >= 1
    assert (tally["lost"], tally["half"], tally["different"]) == (0, 0, 0)
    assert tally["most_redone"] <= 4

"""The short forms of `make reliability`: kills, refused writes, a long resume.

Those of the rest are in test_local.py (people), test_store.py (transitions) and tests/engine/test_memory.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SHORT = {
    "kill": ("--kills", 5),
    "checkpoint": ("--kills", 5),
    "refusals": ("--every", 25),
    "resume": ("--frames", 2000),
}
"""Script -> how much of it."""
LONGEST = 900
"""Seconds after which a script hangs and the test fails."""


@pytest.mark.long
@pytest.mark.parametrize("script", SHORT)
def test_nothing_is_lost(script: str, tmp_path: Path) -> None:
    option, amount = SHORT[script]
    report = tmp_path / "report.json"
    command = [sys.executable, f"benchmarks/reliability/{script}.py", option, str(amount), "--report", str(report)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=LONGEST
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = {figure["name"]: figure for figure in json.loads(report.read_text())["figures"]}
    assert all(figure["met"] for figure in figures.values())
    assert sum(figure["limit"] != "" for figure in figures.values()) >= 2
    if "kills" in figures:
        assert figures["kills"]["value"] >= amount


def test_the_report_shows_every_figure_and_marks_what_fell_short(tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    figures = [
        {"name": "lost", "value": 1234, "limit": "0", "met": False},
        {"name": "kills", "value": 5, "limit": "", "met": True},
    ]
    result = {"title": "Kills", "how": "Killed.", "seconds": 3.2, "figures": figures}
    (results / "kill.json").write_text(json.dumps(result))
    subprocess.run([sys.executable, "benchmarks/reliability/report.py", str(results)], cwd=ROOT, check=True)
    page = (tmp_path / "REPORT.md").read_text()
    assert "## Kills" in page and "| lost | 1,234 | 0 | **no** |" in page and "| kills | 5 |  |  |" in page

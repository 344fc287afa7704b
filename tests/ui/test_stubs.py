"""Gradio starts without writing stubs for editors beside its sources and ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.checkout import ROOT

COMPONENT = """
import gradio as gr

class Own(gr.HTML):
    "A component in a file of its own."
    EVENTS = ["change"]
"""
PROGRAM = """
import sys
from ui.stubs import leave_out_stubs
if sys.argv[1] == "without":
    leave_out_stubs()
sys.path.insert(0, sys.argv[2])
import own
component = own.Own("x")
assert component.change and component.value == "x"
"""


@pytest.mark.slow
@pytest.mark.parametrize(("how", "stubs"), [("without", []), ("with", ["own.pyi"])])
def test_no_stub_is_written_and_components_are_whole(tmp_path: Path, how: str, stubs: list[str]) -> None:
    (tmp_path / "own.py").write_text(COMPONENT)
    done = subprocess.run([sys.executable, "-c", PROGRAM, how, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.glob("*.pyi")) == stubs

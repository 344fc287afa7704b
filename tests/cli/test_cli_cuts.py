"""Cuts on the command line: listed as they are found, and as they are set by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli import main


def test_cuts_are_listed_and_set_by_hand(interview: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--home", str(tmp_path / "home"), "cuts", str(interview)]
    assert main(command) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [["0-63"], ["64-115"]]
    by_hand = ["--footage", "added_cuts=30", "--footage", "removed_cuts=64"]
    assert main([*command, *by_hand]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1].split(maxsplit=1) == ["30-115", "cut set by hand"]
    assert said[2].split(maxsplit=1) == ["64", "a cut was found here and removed by hand"]
    assert main([*command, *by_hand, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"cuts": [30], "found": [64]}
    assert main([*command, "--footage", "added_cuts=900"]) == 2
    assert "There is no frame 900 in plate" in capsys.readouterr().err

"""`redo`: a stretch of a delivered version, rendered again with one setting changed, laid into the whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli import main
from tests.conftest import INTERVIEW

pytestmark = pytest.mark.slow


def test_a_stretch_is_redone(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new, recipe = tmp_path / "v001", tmp_path / "v002", str(home / "tiny.toml")
    render = ["--home", str(home), "render", str(INTERVIEW), "--preset", recipe, "--frames", "40-43", "--out", str(old)]
    assert main(render) == 0
    redo = ["--home", str(home), "redo", str(INTERVIEW), str(old), "--out", str(new), "--frames"]
    change = ["--set", "passes.face.denoising_strength=0.2"]
    capsys.readouterr()
    assert main([*redo, "41-42", *change, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["frames"] == [40, 43] and told["recipe"]["passes"][1]["denoising_strength"] == 0.5
    assert [one["frames"] for one in told["patches"]] == [[41, 42]]
    assert told["patches"][0]["recipe"]["passes"][1]["denoising_strength"] == 0.2
    assert main([*redo, "41-50", *change]) == 2
    assert "do not lie in v001" in capsys.readouterr().err

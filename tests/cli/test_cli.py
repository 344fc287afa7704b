"""The command line as an artist meets it: exit codes, one sentence for bad input, and a killed render that goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli import main
from tests import footage
from tests.render.conftest import files_in

ROOT = Path(__file__).parents[2]


def arguments(home: Path, shot: Path, out: Path, *more: str) -> list[str]:
    """A render of `shot` with the tiny recipe."""
    return ["--home", str(home), "render", str(shot), "--preset", str(home / "tiny.toml"), "--out", str(out), *more]


def refused(capsys: pytest.CaptureFixture[str], command: list[str], *words: str) -> None:
    """The command ends with 2 and a sentence that holds the words, and no traceback."""
    assert main(command) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert all(word in said for word in words), said


@pytest.mark.slow
def test_render_prints_the_figures_and_where_things_lie(
    home: Path, interview: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(home, interview, tmp_path / "out", "--frames", "62-64", "--set", "seed=5")) == 0
    said = capsys.readouterr().out
    assert "mouth" in said
    assert str(tmp_path / "out" / "before-after.mp4") in said
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["recipe"]["seed"] == 5
    rendered = tmp_path / "out" / "render.mp4"
    assert main(["measure", str(interview), str(rendered), "--frames", "62-64", "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert measured["expression"] == json.loads((tmp_path / "out" / "measurements.json").read_text())["expression"]


def test_preview_writes_every_layer_of_one_frame(
    home: Path, looked_at: Path, interview: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(looked_at, home / "cache", dirs_exist_ok=True)
    command = ["--home", str(home), "preview", str(interview), "--preset", str(home / "tiny.toml")]
    assert main([*command, "--frame", "30", "--out", str(tmp_path / "look"), "--json"]) == 0
    files = json.loads(capsys.readouterr().out)
    assert {"plate", "result", "layer-body", "layer-face", "matte-face"} <= set(files)
    assert all(Path(path).is_file() for path in files.values())


def test_presets_are_listed_with_the_reason_when_they_cannot_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["presets", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["draft"]["ready"]
    assert not rows["cinematic-body-face"]["ready"]
    assert any("realisticVisionV20_v20" in reason for reason in rows["cinematic-body-face"]["missing"])


def test_a_preset_without_its_models_is_refused_and_never_reduced(
    interview: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["render", str(interview), "--preset", "cinematic-body-face", "--out", str(tmp_path / "out")]
    refused(capsys, command, "realisticVisionV20_v20")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--preset", "drfat"], ("no preset drfat", "Did you mean draft?")),
        (["--set", "passes.face.denoise_strength=0.4"], ("Did you mean `denoising_strength`?",)),
        (["--frames", "5-2"], ("5-2",)),
        (["--frames", "0-9999"], ("frames 0-",)),
        (["--frames", "all"], ("FIRST-LAST",)),
    ],
)
def test_bad_settings_get_one_sentence(
    home: Path,
    interview: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: list[str],
    words: tuple[str],
) -> None:
    refused(capsys, [*arguments(home, interview, tmp_path / "out"), *change], *words)
    assert not (tmp_path / "out").exists()


def test_bad_footage_gets_one_sentence_and_writes_nothing(
    home: Path, interview: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("not a video")
    small = footage.clip(tmp_path / "small.mp4", 3, 64, 48)
    broken = footage.cut_file(interview, tmp_path / "broken.mp4", 0.4)
    for clip in (text, small, broken, tmp_path / "none.mp4", tmp_path):
        refused(capsys, arguments(home, clip, tmp_path / "out"), clip.stem)
        assert not (tmp_path / "out").exists()


def test_a_full_disk_gets_one_sentence(home: Path, interview: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """/dev/full refuses every write as a full disk does; a folder below it cannot be made at all."""
    refused(capsys, arguments(home, interview, Path("/dev/full/out"), "--frames", "62"), "cannot be written")


def test_faults_are_json_too_when_json_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["render", str(tmp_path / "none.mp4"), "--preset", "draft", "--out", str(tmp_path / "o"), "--json"]) == 2
    )
    said = json.loads(capsys.readouterr().out)
    assert said["error"]
    assert "hint" in said


@pytest.mark.slow
def test_a_killed_render_goes_on_and_ends_in_the_same_bytes(home: Path, interview: Path, tmp_path: Path) -> None:
    """SIGKILL once the first batch is on disk, then the same command again, against a render that was left alone."""
    fresh = tmp_path / "home"
    shutil.copytree(home, fresh)
    command = [sys.executable, str(ROOT / "cli.py")]
    killed = arguments(fresh, interview, tmp_path / "killed", "--frames", "56-71")
    with subprocess.Popen([*command, *killed], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("passes: 8 of 16"):
                os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed" / "render.mp4").exists()
    before = time.time_ns()
    assert main(killed) == 0
    redone = [p for p in (fresh / "cache").rglob("*.png") if p.stat().st_mtime_ns > before]
    assert len(redone) < 2 * 16
    assert main(arguments(home, interview, tmp_path / "whole", "--frames", "56-71")) == 0
    parts = ("render.mp4", "before-after.mp4", "layers", "mattes", "measurements.json", "manifest.json")
    assert files_in(tmp_path / "killed", parts) == files_in(tmp_path / "whole", parts)

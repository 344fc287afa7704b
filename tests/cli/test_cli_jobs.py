"""The commands for jobs as an artist meets them: put in line, look, change one's mind, carry out, clear away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import answered


@pytest.fixture
def jobs(home: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """`python cli.py jobs ...`: its exit code, and what it printed, as data where `--json` asks for it."""
    return lambda *arguments: answered(capsys, "--home", str(home), "jobs", *arguments)


@pytest.mark.slow
def test_renders_are_put_in_line_and_carried_out(jobs: Any, home: Path, interview: Path, tmp_path: Path) -> None:
    add = ["add", str(interview), "--preset", str(home / "tiny.toml"), "--json"]
    _, (first,) = jobs(*add, "--frames", "62-63", "--out", str(tmp_path / "out"))
    _, (second,) = jobs(*add, "--frames", "0-1")
    assert first["state"] == second["state"] == "queued"
    assert first["id"].isalnum(), "an id that begins with a dash would be taken for an option"
    out = Path(second["spec"]["out"])
    assert out.name == "v001" and out.parent.parent == home / "users" / "local"
    assert jobs("cancel", second["id"][:8])[0] == 0
    assert jobs("run")[0] == 0
    code, listed = jobs("list")
    assert code == 0 and listed.splitlines()[0].startswith(first["id"][:8] + " done")
    assert " cancelled " in listed.splitlines()[1]
    assert (tmp_path / "out" / "render.mp4").exists()
    _, (again,) = jobs("resume", second["id"][:8], "--json")
    assert again["state"] == "queued"
    _, (paused,) = jobs("pause", second["id"][:8], "--json")
    assert paused["state"] == "paused"
    _, (removed,) = jobs("remove", second["id"][:8], "--json")
    assert removed["id"] == second["id"]
    assert [job["id"] for job in jobs("list", "--json")[1]] == [first["id"]]


def test_gc_says_what_is_left(jobs: Any) -> None:
    code, cleared = jobs("gc", "--keep", "1", "--json")
    assert code == 0 and set(cleared) == {"outputs", "freed", "left"}
    assert "GB cleared away" in jobs("gc")[1]


@pytest.mark.parametrize("command", ["show", "cancel", "resume", "pause", "remove"])
def test_a_job_that_is_not_there_is_one_sentence(jobs: Any, command: str) -> None:
    code, said = jobs(command, "nowhere")
    assert code == 2 and "No jobs begin with 'nowhere'." in said and "Traceback" not in said


def test_what_would_be_refused_later_is_not_put_in_line(jobs: Any, interview: Path) -> None:
    before = jobs("list", "--json")[1]
    code, said = jobs("add", str(interview), "--preset", "cinematic-body-face")
    assert code == 2 and "realisticVisionV20_v20" in said
    assert jobs("list", "--json")[1] == before

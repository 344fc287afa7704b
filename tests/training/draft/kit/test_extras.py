"""What is not installed is said in one sentence that says how to install it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ModelMissing
from training.draft.kit.__main__ import main
from training.draft.kit.extras import assets_folder, library, versions


def test_an_absent_library_is_named_with_its_remedy() -> None:
    with pytest.raises(ModelMissing, match=r"The kit needs no_such_engine, .* requirements-draft\.txt") as caught:
        library("no_such_engine")
    assert "\n" not in str(caught.value)


def test_a_folder_without_assets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="does not hold the kit's assets"):
        assets_folder(tmp_path)


def test_the_command_line_says_it_and_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pairs", "--assets", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "assets" in said
    assert not (tmp_path / "out").exists()


def test_versions_are_known_or_none() -> None:
    assert versions()["numpy"][0].isdigit()
    assert all(versions().values())


def test_nobody_kept_for_tests_is_portrayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--assets", str(tmp_path), "--out", str(tmp_path / "out"), "--character", "901", "--name", "x"]
    assert main(["portraits", *options]) == 2
    assert "Take one from 300 to 399" in capsys.readouterr().err

"""The command `train`, from the command line to the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from cli import main
from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame
from pipeline.recipe.load import save_recipe
from tests.render.conftest import tiny_recipe

QUICK = ("--base", "tiny", "--steps", "2", "--rank", "2", "--resolution", "64", "--set", "batch_size=1")


@pytest.fixture
def pictures(interview: Path, tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    Image.fromarray(read_frame(probe(interview), 20).pixels).save(tmp_path / "pictures" / "20.png")
    return tmp_path / "pictures"


def command(home: Path, pictures: Path, *options: str) -> list[str]:
    return ["--home", str(home), "train", str(pictures), "--trigger", "Ava", "--json", *QUICK, *options]


def test_from_a_folder_to_a_file(home: Path, pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = pictures.parent / "ava.safetensors"
    options = ("--name", "ava", "--consent", "Ava, ours", "--out", str(out))
    assert main(command(home, pictures, *options)) == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == {"lora": "ava", "file": str(out), "prompt": "Ava <lora:ava:0.8>"}
    assert "Only 1 pictures" in told.err and "training: 2 of 2" in told.err
    assert out.stat().st_size > 1000 and (home / "models" / "loras" / "ava").is_dir()


def test_the_report_comes_before_the_refusal(home: Path, pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(home, pictures, "--name", "eve")) == 2
    told = capsys.readouterr()
    assert "1 pictures are used" in told.err and "say whose it is" in json.loads(told.out)["error"]


def test_looking_and_lining_up(home: Path, pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(home, pictures, "--name", "eve", "--look")) == 0
    assert "no profiles" in json.loads(capsys.readouterr().out)["missing"]
    assert main(command(home, pictures, "--name", "eve", "--consent", "Eve, ours", "--queue")) == 0
    assert len(json.loads(capsys.readouterr().out)["job"]) == 32


@pytest.mark.parametrize("options", [("--set", "nothing"), ("--set", "rang=8"), ("--rank", "0")])
def test_settings_that_do_not_exist(
    options: tuple[str, ...], home: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(home, pictures, "--name", "eve", *options)) == 2
    assert json.loads(capsys.readouterr().out)["error"]


@pytest.mark.slow
def test_variations_are_trained_tried_on_and_probed(
    home: Path, pictures: Path, interview: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_recipe(tiny_recipe(), tmp_path / "tiny.toml")
    options = ("--name", "zoe", "--consent", "Zoe, ours", "--vary", "rank=2,4", "--trigger-alone")
    shown = ("--preview", f"{interview}:20", "--preset", str(tmp_path / "tiny.toml"))
    assert main(command(home, pictures, *options, *shown, "--sheet", "0.5,1", "--probe", "20-21")) == 0
    *loras, jobs = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [lora["lora"] for lora in loras] == ["zoe", "zoe-r4", "zoe-trigger"]
    assert set(jobs) == {"sheet", "probe zoe", "probe zoe-r4", "probe zoe-trigger"}
    folder = home / "users" / "local" / "characters"
    samples = sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/samples/*"))
    assert set(samples) == {f"{name}/samples/000002.png" for name in ("zoe", "zoe-r4", "zoe-trigger")}
    assert main(["--home", str(home), "jobs", "run"]) == 0
    assert len(list((folder / "zoe" / "sheets").glob("*/*.png"))) == 6
    assert (folder / "zoe-r4" / "probes" / "v001" / "with" / "measurements.json").is_file()


@pytest.mark.parametrize(
    "options", [("--vary", "rank"), ("--vary", "seed=1,2"), ("--sheet", "1"), ("--vary", "rank=0")]
)
def test_variations_that_cannot_be(
    options: tuple[str, ...], home: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(home, pictures, "--name", "eve", "--consent", "Eve, ours", *options)) == 2
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["error"]

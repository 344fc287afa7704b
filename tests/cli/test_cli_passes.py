"""An engine's folder on the command line: what is recognised, what the vectors mean, and a preview that uses depth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli import main
from pipeline.clip.still import decode_png
from tests.clip.engine import Export, inside_square, write_depth, write_ids, write_motion, write_plate


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A plate and its passes."""
    folder = tmp_path_factory.mktemp("shot")
    return write_plate(folder / "plate"), write_ids(write_depth(write_motion(folder / "aov")))


def test_passes_are_listed_and_their_vectors_tested(
    home: Path, shot: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", str(home), "passes", str(shot[1]), "--plate", str(shot[0])]) == 0
    said = capsys.readouterr().out
    assert "motion       Shot01_MotionVectors_####.exr: 12 frames, 1-12" in said
    assert "Regions: object 1, object 7." in said
    assert "Motion vectors: R > 0 is right, G > 0 is up, from the frame before" in said
    assert main(["--home", str(home), "passes", str(shot[1]), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["not_used"] == []


def test_a_preview_shows_the_engines_depth(home: Path, shot: tuple[Path, Path], tmp_path: Path) -> None:
    recipe = tmp_path / "depth.toml"
    text = (home / "tiny.toml").read_text().replace('kind = "canny"', 'kind = "depth"\nsource = "rendered"', 1)
    recipe.write_text(text.replace('source = "estimated"\nmodel = "tiny-canny"', 'model = "tiny-canny"', 1))
    command = ["--home", str(home), "preview", str(shot[0]), "--preset", str(recipe), "--out", str(tmp_path / "out")]
    assert main([*command, "--frame", "2"]) == 2
    assert main([*command, "--frame", "2", "--passes", str(shot[1]), "--footage", "rate=25"]) == 0
    seen = decode_png((tmp_path / "out" / "000002-control-body-depth.png").read_bytes())
    assert seen[:64, :96][inside_square(2)[::2, ::2]].mean() > 240


@pytest.mark.parametrize(
    ("footage", "words"),
    [("mising=hold", "Did you mean missing?"), ("missing=maybe", "'error', 'hold' or 'black'"), ("rate=0", "rate")],
)
def test_a_wrong_footage_setting_is_refused(
    shot: tuple[Path, Path], capsys: pytest.CaptureFixture[str], footage: str, words: str
) -> None:
    assert main(["passes", str(shot[1]), "--footage", footage]) == 2
    assert words in capsys.readouterr().err


def test_passes_that_do_not_fit_are_refused(
    home: Path, shot: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_depth(tmp_path, Export(first=50, frames=(0, 1, 2)))
    assert main(["--home", str(home), "passes", str(folder), "--plate", str(shot[0])]) == 2
    assert "has the numbers 50 to 52, the plate has 12 frames" in capsys.readouterr().err

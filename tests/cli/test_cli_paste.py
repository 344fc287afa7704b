"""Settings of Auto1111 become a recipe file, from a text or from a picture."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cli import main
from pipeline.recipe.load import load_recipe

TEXT = (
    "film still\nNegative prompt: cgi\nSteps: 25, Sampler: Euler, CFG scale: 7, Seed: 5, Size: 912x512, "
    "Model hash: e6415c4892, Denoising strength: 0.63, Face restoration: CodeFormer"
)


def picture(text: str) -> bytes:
    info, file = PngInfo(), io.BytesIO()
    info.add_text("parameters", text)
    Image.new("RGB", (8, 8)).save(file, "PNG", pnginfo=info)
    return file.getvalue()


def test_a_picture_and_a_text_become_a_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "body.png").write_bytes(picture(TEXT))
    (tmp_path / "face.txt").write_text(TEXT.replace("0.63", "0.5"), encoding="utf-8")
    out = tmp_path / "mine.toml"
    command = ["--home", str(tmp_path), "paste", str(tmp_path / "body.png"), "--face", str(tmp_path / "face.txt")]
    assert main([*command, "--out", str(out), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["left_out"] == ["Face restoration (CodeFormer) has no counterpart here."]
    recipe = load_recipe(out)
    assert recipe.checkpoint == "realisticVisionV20_v20"
    assert [(p.name, p.denoising_strength) for p in recipe.passes] == [("body", 0.63), ("face", 0.5)]


@pytest.mark.parametrize("content", [b"a cat", picture("a cat"), b"\x89PNG\r\n\x1a\nbroken"])
def test_what_carries_no_settings_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    (tmp_path / "body.png").write_bytes(content)
    command = ["paste", str(tmp_path / "body.png"), "--out", str(tmp_path / "mine.toml")]
    assert main(command) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not (tmp_path / "mine.toml").exists()


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paste", str(tmp_path / "none.txt"), "--out", str(tmp_path / "mine.toml")]) == 2
    assert "cannot be read" in capsys.readouterr().err

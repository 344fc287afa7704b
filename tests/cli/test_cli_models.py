"""The commands for models as an artist meets them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.cli.conftest import answered
from tests.models import siblings


@pytest.fixture
def models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """`python cli.py models ...` in a home of its own: its exit code, and what it printed, as data for `--json`."""
    return lambda *arguments: answered(capsys, "--home", str(tmp_path / "home"), "models", *arguments)


def test_a_file_is_imported_listed_verified_and_removed(models: Any, tmp_path: Path) -> None:
    file = siblings.write({"emb_params": torch.ones(2, 768)}, tmp_path / "ng.safetensors")
    code, (row,) = models("import", str(file), "--json")
    assert (code, row["kind"], row["id"], row["again"]) == (0, "embedding", "ng", False)
    assert "was here already" in models("import", str(file))[1]
    rows = {row["id"]: row for row in models("list", "--json")[1]}
    assert rows["ng"]["state"] == "here" and len(rows["ng"]["hash"]) == 12
    assert "realisticVisionV20_v20" not in models("list", "--here")[1]
    assert models("verify", "ng", "--json") == (0, {"embedding/ng": []})
    stored = Path(row["folder"]) / "embedding.safetensors"
    stored.write_bytes(stored.read_bytes() + b"x")
    code, said = models("verify", "ng")
    assert code == 2 and "is not what it was" in said
    assert "is removed" in models("remove", "ng")[1]
    assert models("remove", "ng")[0] == 2


def test_a_bad_file_is_one_sentence(models: Any, tmp_path: Path) -> None:
    (tmp_path / "page.safetensors").write_text("<html>not here</html>")
    code, said = models("import", str(tmp_path / "page.safetensors"))
    assert code == 2 and "is not a model" in said and "Traceback" not in said


def test_fetching_says_what_will_come_and_that_there_is_no_network(
    models: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    code, said = models("fetch", "--preset", "cinematic-body-face")
    assert code == 2 and said.count("offline") == 4
    for name in ("realisticVisionV20_v20", "control_v11p_sd15_openpose", "control_v1p_sd15_mediapipe_face"):
        assert f"{name}: " in said
    assert "Licence: CreativeML OpenRAIL-M" in said


def test_fetching_shows_what_a_licence_forbids(models: Any) -> None:
    code, said = models("fetch", "CinematicDiffusion_v1")
    assert code == 2 and "forbids commercial use" in said and "--accept" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((), "Nothing was named"), (("nowhere",), "not in the catalogue"), (("draft",), "not in the catalogue")],
)
def test_what_cannot_be_fetched_is_one_sentence(models: Any, arguments: tuple[str, ...], words: str) -> None:
    code, said = models("fetch", *arguments)
    assert code == 2 and words in said


def test_a_preset_that_lacks_nothing_fetches_nothing(models: Any) -> None:
    assert models("fetch", "--preset", "draft", "--json") == (0, [])

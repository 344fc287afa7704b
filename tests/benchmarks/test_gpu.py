"""The benchmark for cards runs whole on a bare machine: no library that reads films or faces may be asked for."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.gpu_parts.floor import counted, per_frame, steps_of
from benchmarks.gpu_parts.models import SD15
from tests.contract.bare import INTERPRETER, bare_environment

ROOT = Path(__file__).parents[2]


def run(out: Path, environment: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """Run the benchmark at tiny size on the CPU, where the libraries that it needs are all there is."""
    program = [*INTERPRETER, str(ROOT / "benchmarks" / "gpu.py"), "--tiny", "--rounds", "1", "--out", str(out)]
    models = ["--folder", str(out.parent / "models")]
    return subprocess.run([*program, *models, *options], env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def environment(folder: Path) -> dict[str, str]:
    return bare_environment(folder / "libraries")


@pytest.fixture(scope="module")
def found(folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    done = run(folder / "gpu.json", environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((folder / "gpu.json").read_text())


@pytest.mark.long
def test_every_part_runs_and_says_what_it_is_of(found: dict[str, Any]) -> None:
    assert found["machine"]["device"] == "cpu" and found["size"] == "tiny"
    assert found["versions"]["torch"] == torch.__version__.partition("+")[0] or found["versions"]["torch"]
    assert found["commit"] is None or len(found["commit"]) == 40
    assert set(found["parts"]) == {"load", "floor", "body", "face", "inversion", "vae", "lora", "profile"}
    assert str(ROOT) not in json.dumps(found)


@pytest.mark.long
def test_the_figures_hang_together(found: dict[str, Any]) -> None:
    parts = found["parts"]
    for name in ("body", "face", "inversion", "vae"):
        part = parts[name]
        assert set(part["batches"]) == {"1", "2"}
        assert part["seconds_a_frame"] == min(row["seconds_a_frame"] for row in part["batches"].values()) > 0
        assert part["share_of_floor"] == pytest.approx(parts["floor"]["seconds"][name] / part["seconds_a_frame"])
        assert 0 < part["share_of_floor"] < 1.5
    for name in ("body", "face"):
        stock = parts[name]["stock"]["seconds_a_frame"]
        assert parts[name]["ratio_median"] == pytest.approx(stock / parts[name]["seconds_a_frame"])
    assert parts["lora"]["image_steps"] == 8 and parts["lora"]["last_loss"] > 0
    profile = parts["profile"]
    assert profile["calls"] > 100 and 0 < sum(row["share"] for row in profile["operators"]) <= 1.0001


@pytest.mark.long
def test_a_run_that_was_cut_off_goes_on_where_it_was(
    found: dict[str, Any], folder: Path, environment: dict[str, str]
) -> None:
    cut = {**found, "parts": {k: v for k, v in found["parts"].items() if k != "vae"}}
    cut["parts"]["body"] = found["parts"]["body"] | {"seconds_a_frame": 123.0}
    (folder / "cut.json").write_text(json.dumps(cut))
    done = run(folder / "cut.json", environment, "--parts", "body,vae")
    assert done.returncode == 0, done.stderr
    again = json.loads((folder / "cut.json").read_text())
    assert again["parts"]["body"]["seconds_a_frame"] == 123.0 and again["parts"]["vae"]["seconds_a_frame"] > 0


@pytest.mark.long
def test_the_counted_operations_are_those_of_the_design() -> None:
    gflop = counted(SD15)
    assert gflop["unet.body"] == pytest.approx(1609, rel=0.02)
    assert gflop["control.body"] == pytest.approx(576, rel=0.05)
    assert gflop["encode.body"] == pytest.approx(2037, rel=0.02)
    assert gflop["decode.body"] == pytest.approx(4527, rel=0.02)
    frame = per_frame(SD15, gflop)
    assert frame["body"] + frame["face"] == pytest.approx(160_000, rel=0.03)


def test_steps_are_counted_as_auto1111_does() -> None:
    assert (steps_of(25, 0.65), steps_of(30, 0.5), steps_of(25, 1.0)) == (17, 16, 25)

"""Nothing is lost: refused writes, killed programs, full disks, and frames that look like a fault."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import files
from pipeline.engine.engine import Engine, Priority
from pipeline.errors import NotWritable, Overflow
from pipeline.forecast import check_room, forecast
from pipeline.frames import FrameRange
from pipeline.plan import plan_render
from pipeline.render import suspects
from pipeline.version import OutFolder
from tests.render.conftest import Bench, files_in, tiny_recipe

pytestmark = pytest.mark.slow

PARTS = ("render.mp4", "before-after.mp4", "layers", "mattes", "measurements.json", "manifest.json")
FRAMES = "62-65"


def finished(folder: Path) -> dict[Path, bytes]:
    """Every finished file of the cache."""
    return {path: path.read_bytes() for path in folder.rglob("[!.]*") if path.is_file()}


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EIO])
def test_a_write_refused_anywhere_loses_nothing(
    bench: Bench, looked_at: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: int
) -> None:
    shutil.copytree(looked_at, tmp_path / "other")
    bench.render(tiny_recipe("seed=3"), FRAMES, "whole")
    other = Bench(bench.shot, type(bench.tools)(bench.tools.engine, bench.tools.models, tmp_path / "other"), tmp_path)
    sync, writes, refusals = os.fsync, 0, 0

    def refuse_now_and_then(descriptor: int) -> None:
        nonlocal writes
        writes += 1
        if writes % 23 == 0:
            raise OSError(fault, os.strerror(fault))
        sync(descriptor)

    monkeypatch.setattr(files.os, "fsync", refuse_now_and_then)
    before: dict[Path, bytes] = {}
    while refusals < 10:
        try:
            other.render(tiny_recipe("seed=3"), FRAMES, "parts")
            break
        except NotWritable as error:
            refusals += 1
            assert "disk" in error.message and error.hint
            now = finished(tmp_path / "other")
            assert before.items() <= now.items(), "a finished frame was lost or changed"
            assert not [path for path in (tmp_path / "other").rglob(".*") if path.is_file()], "half a file was left"
            before = now
    assert 1 <= refusals < 10
    assert files_in(tmp_path / "parts", PARTS) == files_in(tmp_path / "whole", PARTS)


def test_what_a_killed_render_left_unfinished_is_cleared_from_its_folder(bench: Bench) -> None:
    bench.render(tiny_recipe(), "62", "out")
    left = bench.folder / "out" / "layers" / "body" / ".000063.123.456.png"
    left.write_bytes(b"half")
    bench.render(tiny_recipe(), "62", "out")
    assert not left.exists()


def test_a_disk_that_is_clearly_too_small_is_refused_before_anything_is_written(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 100_000})
    monkeypatch.setattr("pipeline.forecast.shutil.disk_usage", lambda place: usage)
    with pytest.raises(NotWritable, match=r"needs about 1\.\d MB in .*, and 0\.1 MB are free"):
        bench.render(tiny_recipe(), "62-64", "out")
    assert not (bench.folder / "out").exists()


def test_the_forecast_counts_only_what_is_not_finished(bench: Bench, tmp_path: Path) -> None:
    plan = plan_render(bench.shot, tiny_recipe(), bench.tools.models, bench.tools.cache)
    out, frames = OutFolder(bench.folder / "out"), FrameRange(62, 64)
    (before,) = forecast(plan, frames, out).values()
    bench.render(tiny_recipe(), "62-64", "out")
    written = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    (after,) = forecast(plan, frames, out).values()
    assert after < before / 10
    assert before < written, "the tiny models' noise takes more room than pictures do"
    check_room(plan, frames, out)


def doctored(bench: Bench, monkeypatch: pytest.MonkeyPatch, change: Callable[[int, np.ndarray], None]) -> list[int]:
    """Let the engine's results be changed by `change(call, pictures)`; the calls so far are returned as a list."""
    calls: list[int] = []
    genuine = Engine.img2img

    def img2img(engine: Engine, batch: Any, priority: Priority, stop: Any = None) -> np.ndarray:
        pictures = genuine(engine, batch, priority, stop)
        calls.append(len(calls))
        change(calls[-1], pictures)
        return pictures

    monkeypatch.setattr(Engine, "img2img", img2img)
    return calls


def test_a_passing_fault_is_gone_after_a_second_try(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.render(tiny_recipe(), "60-63", "sound")

    def black_once(call: int, pictures: np.ndarray) -> None:
        if call == 0:
            pictures[2] = 0

    calls = doctored(bench, monkeypatch, black_once)
    for path in bench.tools.cache.rglob("*.png"):
        path.unlink()
    done = bench.render(tiny_recipe(), "60-63", "again")
    assert len(calls) == 3, "body twice, face once"
    assert not [warning for warning in done.version.warnings if "look at it" in warning]
    assert files_in(bench.folder / "again", ["layers"]) == files_in(bench.folder / "sound", ["layers"])


def test_a_fault_that_comes_again_is_marked_for_good(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def black(call: int, pictures: np.ndarray) -> None:
        pictures[2] = 0

    with monkeypatch.context() as patched:
        doctored(bench, patched, black)
        bench.render(tiny_recipe("passes.face.enabled=false"), "60-63", "out")
    bench.render(tiny_recipe("passes.face.enabled=false"), "60-63", "out")
    manifest = json.loads((bench.folder / "out" / "manifest.json").read_text())
    assert "Frame 62 of the pass body is black: look at it." in manifest["warnings"]
    plan = plan_render(bench.shot, tiny_recipe("passes.face.enabled=false"), bench.tools.models, bench.tools.cache)
    assert list(suspects(plan.passes, FrameRange(60, 61))) == []


def test_a_frame_that_repeats_the_last_one_of_the_batch_before_is_marked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The body of frame 64, after the cut, comes out as that of frame 63, before it, which lies in another batch."""
    kept: list[np.ndarray] = []

    def stuck(call: int, pictures: np.ndarray) -> None:
        if kept:
            pictures[0] = kept[0]
        kept.append(pictures[-1].copy())

    doctored(bench, monkeypatch, stuck)
    done = bench.render(tiny_recipe("passes.face.enabled=false"), "60-67", "out")
    assert done.version.warnings[-1] == "Frame 64 of the pass body is the same as the frame before: look at it."


def test_numbers_that_overflow_once_are_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def overflow_once(call: int, pictures: np.ndarray) -> None:
        if call == 0:
            raise Overflow("The model gave no picture: its numbers overflowed.")

    calls = doctored(bench, monkeypatch, overflow_once)
    bench.render(tiny_recipe("passes.face.enabled=false"), "60", "out")
    assert len(calls) == 2

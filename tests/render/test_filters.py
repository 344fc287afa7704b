"""Filters before and after the passes, and the sound, in whole renders with tiny models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.errors import FootageError
from pipeline.frames import FrameRange
from pipeline.progress import Progress
from pipeline.render import Order, preview
from pipeline.sound.loudness import loudness_of
from tests.footage import click_time, click_wav
from tests.render.conftest import Bench, tiny_recipe

pytestmark = pytest.mark.slow

GRAIN = 'finish=[{kind="grain", amount=6.0}]'
CLARITY = 'prepare=[{kind="deflicker"}, {kind="clarity", amount=1.0}]'
OFF = ("passes.body.enabled=false", "passes.face.denoising_strength=0")


def pictures(path: Path) -> np.ndarray:
    shot = probe(path)
    return np.array([frame.pixels for frame in read_frames(shot, shot.frames)]).astype(float)


def test_finish_touches_the_composite_and_no_model(bench: Bench) -> None:
    plain = bench.render(tiny_recipe(*OFF), "40-43", "plain")
    before = {path for path in bench.tools.cache.rglob("*") if path.is_file()}
    grained = bench.render(tiny_recipe(*OFF, GRAIN), "40-43", "grained")
    assert {path for path in bench.tools.cache.rglob("*") if path.is_file()} == before
    difference = pictures(grained.out.render) - pictures(plain.out.render)
    assert 2 < difference.std() < 8
    assert grained.version.keys == plain.version.keys


def test_prepare_is_seen_by_the_passes_and_has_a_key_of_its_own(bench: Bench) -> None:
    plain = bench.render(tiny_recipe(*OFF), "40-43", "plain")
    clear = bench.render(tiny_recipe(*OFF, CLARITY), "40-43", "clear")
    assert clear.version.keys["prepare"]
    assert clear.version.keys["pass.face"] != plain.version.keys["pass.face"]
    assert clear.version.keys["tracks"] == plain.version.keys["tracks"]
    difference = np.abs(pictures(clear.out.render) - pictures(plain.out.render)).mean((0, 3))
    face = difference[40:200, 200:440].mean()
    assert face > 3 * difference[:, :60].mean()


def test_a_part_is_prepared_as_it_is_in_the_whole(bench: Bench) -> None:
    whole = bench.render(tiny_recipe(*OFF, CLARITY), "36-47", "whole")
    other = Bench(
        bench.shot, type(bench.tools)(bench.tools.engine, bench.tools.models, bench.folder / "fresh"), bench.folder
    )
    part = other.render(tiny_recipe(*OFF, CLARITY), "40-43", "part")
    layers = [(out.out.path / "layers" / "face" / "000041.png").read_bytes() for out in (whole, part)]
    assert layers[0] == layers[1]


def test_a_preview_shows_the_prepared_plate(bench: Bench) -> None:
    order = Order(bench.shot, tiny_recipe(*OFF, CLARITY), FrameRange(40, 40), bench.folder / "out")
    shown = preview(order, bench.tools, Progress()).plate
    plate = next(read_frames(bench.shot, FrameRange(40, 40))).pixels
    assert np.abs(shown.astype(int) - plate).max() > 4


def test_another_soundtrack_is_heard_in_sync(bench: Bench, tmp_path: Path) -> None:
    reference = click_wav(tmp_path / "reference.wav", 0.1, 2.0)
    sound = f'sound={{source="reference", reference="{reference}", loudness=-20.0}}'
    made = bench.render(tiny_recipe(*OFF, sound), "40-47", "loud")
    assert click_time(made.out.render, 0.1) == pytest.approx(0.1, abs=0.01)
    assert loudness_of(made.out.render).true_peak <= 0
    assert not (made.out.path / ".sound").exists()


def test_a_soundtrack_that_is_not_there_is_named(bench: Bench) -> None:
    with pytest.raises(FootageError, match="gone"):
        bench.render(tiny_recipe(*OFF, 'sound={source="reference", reference="gone.wav"}'), "40-41", "silent")

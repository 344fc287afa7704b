"""An engine's own depth leads a pass, from the file to the result; and a plate that is a picture sequence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.clip.attach import with_passes
from pipeline.clip.exr import read_parts
from pipeline.clip.probe import probe
from pipeline.clip.shot import Shot
from pipeline.clip.still import decode_png
from pipeline.engine.engine import Engine
from pipeline.errors import FootageError
from pipeline.frames import FrameRange
from pipeline.models.store import ModelStore
from pipeline.plan import plan_render
from pipeline.progress import Progress
from pipeline.recipe.load import parse_recipe
from pipeline.recipe.recipe import Delivery, Recipe
from pipeline.render import Order, Tools, preview
from tests.clip.engine import inside_square, write_depth, write_ids, write_motion, write_plate
from tests.render.conftest import TINY, Bench


def led_by_depth(source: str) -> Recipe:
    """One pass over the whole frame with one control, for which any ControlNet will do."""
    control = {"kind": "depth", "source": source, "model": "tiny-canny"}
    body = {"name": "body", "steps": 2, "denoising_strength": 0.5, "controls": [control]}
    return parse_recipe({**TINY, "passes": [body]}, "tiny")


@pytest.fixture
def bench(models: ModelStore, engine: Engine, tmp_path: Path) -> Bench:
    shot = with_passes(probe(write_plate(tmp_path / "plate")), write_depth(tmp_path / "aov"))
    return Bench(shot, Tools(engine, models, tmp_path / "cache"), tmp_path)


def test_the_pass_sees_the_engines_depth_and_follows_it(bench: Bench) -> None:
    order = Order(bench.shot, led_by_depth("rendered"), FrameRange(3, 3), bench.folder / "out")
    made = preview(order, bench.tools, Progress())
    seen = made.controls["body"]["depth"]
    small = inside_square(3)[::2, ::2]
    assert seen[:64, :96][small].mean() > 240
    assert seen[:64, :96][~small].mean() < 15
    flat = write_depth(bench.folder / "flat", spoil=lambda metres: metres[:, ::-1])
    other = with_passes(probe(bench.shot.plate), flat)
    assert not np.array_equal(preview(replace(order, shot=other), bench.tools, Progress()).result, made.result)


def test_only_passes_that_use_it_hang_on_it(bench: Bench) -> None:
    without = replace(bench.shot, rendered=None)
    plain = parse_recipe({**TINY, "passes": TINY["passes"][:1]}, "tiny")

    def key(shot: Shot, recipe: Recipe) -> str:
        return plan_render(shot, recipe, bench.tools.models, bench.tools.cache).passes[0].key

    assert key(without, plain) == key(bench.shot, plain)
    before = key(bench.shot, led_by_depth("rendered"))
    folder = write_depth(bench.folder / "moved", spoil=lambda metres: metres + 1)
    assert key(with_passes(probe(bench.shot.plate), folder), led_by_depth("rendered")) != before


def test_a_render_without_the_pass_is_refused_before_it_begins(bench: Bench) -> None:
    order = Order(probe(bench.shot.plate), led_by_depth("rendered"), FrameRange(0, 0), bench.folder / "out")
    with pytest.raises(FootageError, match="control depth of the pass body"):
        preview(order, bench.tools, Progress())


def at_object(name: str) -> Recipe:
    """One pass over an object of the engine's."""
    hero = {"name": "hero", "steps": 2, "size": 64, "region": {"kind": "object", "name": name}}
    return parse_recipe({**TINY, "passes": [hero]}, "tiny")


def test_a_pass_works_at_an_object_of_the_engines(bench: Bench) -> None:
    shot = with_passes(probe(bench.shot.plate), write_ids(bench.folder / "aov"))
    order = Order(shot, at_object("object 7"), FrameRange(3, 3), bench.folder / "out")
    made = preview(order, bench.tools, Progress())
    assert np.array_equal(made.mattes["hero"] > 0, inside_square(3))
    moved = np.abs(made.result.astype(int) - made.plate).max(axis=2) > 0
    around = cv2.dilate(inside_square(3).astype(np.uint8), np.ones((31, 31))) > 0
    assert moved[inside_square(3)].mean() > 0.9
    assert not moved[~around].any()
    with pytest.raises(FootageError, match="The pass hero works at object 8, which plate does not bring"):
        preview(replace(order, recipe=at_object("object 8")), bench.tools, Progress())


@pytest.mark.slow
def test_exact_motion_carries_frames_and_is_in_the_key(bench: Bench) -> None:
    carried = {"name": "body", "steps": 2, "temporal": {"kind": "propagated"}}
    recipe = parse_recipe({**TINY, "passes": [carried]}, "tiny")
    exact = with_passes(probe(bench.shot.plate), write_motion(bench.folder / "aov"))
    keys = [
        plan_render(shot, recipe, bench.tools.models, bench.tools.cache).passes[0].key for shot in (bench.shot, exact)
    ]
    assert keys[0] != keys[1]
    benches = {"guessed": bench, "exact": replace(bench, shot=exact)}
    done = [one.render(recipe, "4-7", name) for name, one in benches.items()]
    layers = [decode_png(each.out.layer("body", 6).read_bytes()).astype(int) for each in done]
    assert not np.array_equal(layers[0], layers[1])


def test_an_exr_master_carries_the_layers(bench: Bench) -> None:
    recipe = led_by_depth("rendered").model_copy(update={"delivery": Delivery(master="exr")})
    done = bench.render(recipe, "2-3", "out")
    (part,) = read_parts(done.out.path / "master" / "plate_000003.exr")
    assert {"R", "A", "body.R", "body.A"} <= set(part.channels)
    result, alone = part.channels["G"], part.channels["body.G"]
    assert np.abs(result - alone).max() < 1e-3  # the pass covers the whole frame


def test_a_sequence_is_rendered_and_delivered(bench: Bench) -> None:
    done = bench.render(led_by_depth("rendered"), "2-5", "out")
    assert probe(done.out.render).frames == FrameRange(0, 3)
    assert any("24 frames a second were assumed" in warning for warning in done.version.warnings)

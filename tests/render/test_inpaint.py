"""Auto1111's inpaint settings in a pass over a region with a matte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.clip.attach import with_passes
from pipeline.clip.probe import probe
from pipeline.engine.engine import Engine
from pipeline.frames import Box, FrameRange, Matte
from pipeline.models.store import ModelStore
from pipeline.plan import plan_render
from pipeline.progress import Progress
from pipeline.recipe.load import parse_recipe
from pipeline.recipe.recipe import Recipe
from pipeline.render import Order, Preview, Tools, preview
from tests.clip.engine import inside_square, write_ids, write_plate
from tests.render.conftest import TINY, Bench


def hero(**settings: Any) -> Recipe:
    """One pass over an object of the engine's."""
    region = {"kind": "object", "name": "object 7", "padding": 8}
    spec = {"name": "hero", "steps": 4, "denoising_strength": 0.5, "size": 64, "region": region} | settings
    return parse_recipe({**TINY, "passes": [spec]}, "tiny")


@pytest.fixture
def bench(models: ModelStore, engine: Engine, tmp_path: Path) -> Bench:
    shot = with_passes(probe(write_plate(tmp_path / "plate")), write_ids(tmp_path / "aov"))
    return Bench(shot, Tools(engine, models, tmp_path / "cache"), tmp_path)


def shown(bench: Bench, recipe: Recipe) -> Preview:
    return preview(Order(bench.shot, recipe, FrameRange(3, 3), bench.folder / "out"), bench.tools, Progress())


def test_every_masked_content_is_another_picture(bench: Bench) -> None:
    contents = ("original", "fill", "latent_noise", "latent_nothing")
    made = [shown(bench, hero(inpaint={"masked_content": content})).result.astype(int) for content in contents]
    assert min(np.abs(a - b).max() for i, a in enumerate(made) for b in made[:i]) > 2
    assert np.array_equal(made[0], shown(bench, hero()).result)


def test_the_model_sees_the_region_alone_or_the_whole_picture(bench: Bench) -> None:
    recipes = [hero(inpaint={"area": area}) for area in ("only_masked", "whole_picture")]
    plans = [plan_render(bench.shot, r, bench.tools.models, bench.tools.cache).passes[0] for r in recipes]
    assert plans[0].key != plans[1].key
    plate = (bench.shot.width, bench.shot.height)
    matte = shown(bench, recipes[0]).mattes["hero"]
    found = Matte(3, matte, 0.0, Box(0, 0, *plate))
    alone, whole = (planned.plan.place(plate, found) for planned in plans)
    assert alone is not None and whole is not None
    assert alone.canvas == (64, 64) and alone.box.width < plate[0]
    assert whole.box == Box(0, 0, *plate) and min(whole.canvas) == 64
    changed = np.abs(shown(bench, recipes[1]).result.astype(int) - shown(bench, recipes[1]).plate).max(axis=2)
    assert changed[inside_square(3)].mean() > 1
    assert not changed[:4].any(), "only the region is laid over"


def test_a_mask_blur_of_its_own_softens_the_mask_and_the_layer(bench: Bench) -> None:
    hard, soft = (shown(bench, hero(inpaint={"mask_blur": blur})).layers["hero"][..., 3] for blur in (0.0, 6.0))
    assert set(np.unique(hard)) <= {0, 255} and len(np.unique(soft)) > 20
    assert np.count_nonzero(soft) > np.count_nonzero(hard)
    own = shown(bench, hero(inpaint={"mask_blur": 6.0}, feather=0.0)).layers["hero"][..., 3]
    assert set(np.unique(own)) <= {0, 255}, "the layer's own feather goes before"


def test_colours_come_back_to_those_of_the_source(bench: Bench) -> None:
    plain, corrected = (shown(bench, hero(colour_correction=on)) for on in (False, True))
    inside = inside_square(3)
    assert not np.array_equal(plain.result[inside], corrected.result[inside])
    gaps = [np.abs(p.result[inside].mean(0) - p.plate[inside].mean(0)).max() for p in (plain, corrected)]
    assert gaps[1] < gaps[0]


def test_the_defaults_leave_the_keys_as_they_were(bench: Bench) -> None:
    def key(recipe: Recipe) -> str:
        return plan_render(bench.shot, recipe, bench.tools.models, bench.tools.cache).passes[0].key

    base = key(hero())
    assert key(hero(inpaint={"area": "only_masked"}, inversion={"steps": 9})) == base
    changes: list[dict[str, Any]] = [
        {"inpaint": {"masked_content": "fill"}},
        {"inpaint": {"mask_blur": 4.0}},
        {"colour_correction": True},
        {"inversion": {"enabled": True}},
        {"controls": [{"kind": "canny", "model": "tiny-canny", "mode": "control"}]},
    ]
    assert len({key(hero(**change)) for change in changes} | {base}) == len(changes) + 1
    floored = hero().model_copy(update={"sides": "floor"})
    assert key(floored) != base

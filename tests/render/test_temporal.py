"""Temporal modes in a render: the same frames however the shot is split, and what each mode takes from where."""

from __future__ import annotations

import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.still import decode_png
from pipeline.engine.engine import Priority
from pipeline.errors import ModelMissing
from pipeline.frames import FrameRange, Picture
from pipeline.models.store import ModelStore
from pipeline.plan import plan_render
from pipeline.progress import Progress, Step
from pipeline.recipe.recipe import Recipe
from pipeline.render import Order, finish_passes, preview
from pipeline.work import open_work
from tests import footage
from tests.engine.batches import counted_calls
from tests.render.conftest import Bench, tiny_recipe

pytestmark = pytest.mark.slow

MODES = {
    "warped noise": ("passes.body.noise=warped",),
    "guided start": ('passes.body.temporal={kind="guided_start", every=4}',),
    "shared attention": ('passes.body.temporal={kind="shared_attention", every=3}',),
    "propagated": ('passes.body.temporal={kind="propagated", every=4}',),
    "animatediff": ('passes.body.temporal={kind="animatediff", model="tiny-motion", window=6, overlap=2}',),
    "steady": ("passes.body.steady={reach=2}",),
}
BODY = ("passes.face.enabled=false", "passes.body.steps=2", "passes.body.controls=[]")


def recipe_of(mode: str) -> Recipe:
    return tiny_recipe(*BODY, *MODES[mode])


def finished(bench: Bench, recipe: Recipe, frames: str, cache: Path) -> dict[int, Picture]:
    """The finished frames of the body after a render of `frames` into this cache, all that lie there."""
    plan = plan_render(bench.shot, recipe, bench.tools.models, cache)
    with open_work(plan, bench.tools.engine, Priority.RENDER, Progress()) as work:
        finish_passes(work, FrameRange.parse(frames), Progress())
    store = plan.passes[0].steadied or plan.passes[0].frames
    return {n: decode_png(store.read(n)) for n in FrameRange.parse(frames) if store.has(n)}


@pytest.mark.parametrize("mode", MODES)
def test_a_shot_comes_out_the_same_however_it_is_split(bench: Bench, mode: str, tmp_path: Path) -> None:
    """Across the cut at 64: in one go, and from the middle outwards in three renders that stop within a batch."""
    recipe = recipe_of(mode)
    for name in ("one", "three"):
        shutil.copytree(tmp_path / "cache", tmp_path / name)
    whole = finished(bench, recipe, "62-68", tmp_path / "one")
    for frames in ("65-66", "67-68", "62-64"):
        finished(bench, recipe, frames, tmp_path / "three")
    with counted_calls() as calls:
        parts = finished(bench, recipe, "62-68", tmp_path / "three")
    assert not calls, "what is finished is not asked for again"
    assert sorted(whole) == sorted(parts) == list(range(62, 69))
    assert [n for n in whole if not np.array_equal(whole[n], parts[n])] == []
    alone = finished(bench, tiny_recipe(*BODY), "66-66", tmp_path / "one")[66]
    assert whole[66].shape != alone.shape or not np.array_equal(whole[66], alone)


def test_only_the_key_frames_of_a_propagated_pass_ask_the_model(bench: Bench, tmp_path: Path) -> None:
    change = 'passes.body.temporal={kind="propagated", every=4, fill_strength=0.0}'
    with counted_calls() as calls:
        finished(bench, tiny_recipe(*BODY, change), "65-70", tmp_path / "cache")
    assert calls["Encoder"] == 3, "the key frames 64, 68 and 72"


def test_a_face_is_made_in_every_mode(bench: Bench, tmp_path: Path) -> None:
    """The face moves on the plate, so its canvas shows the flow from another place in every frame."""
    modes = [change.replace("passes.body", "passes.face") for mode in MODES.values() for change in mode]
    for change in modes:
        recipe = tiny_recipe("passes.body.enabled=false", "passes.face.steps=2", "passes.face.controls=[]", change)
        made = bench.tools.cache, plan_render(bench.shot, recipe, bench.tools.models, tmp_path / "cache")
        with open_work(made[1], bench.tools.engine, Priority.RENDER, Progress()) as work:
            finish_passes(work, FrameRange(66, 67), Progress())
            layers = work.layers(work._window.frame(67))
        assert layers and layers[0].alpha.max() > 0.9 and np.isfinite(layers[0].pixels).all()


def test_a_pass_over_a_steadied_one_reads_what_was_steadied(bench: Bench, tmp_path: Path) -> None:
    below = ("passes.face.source=below", "passes.face.steps=2", "passes.face.steady={reach=1}")
    recipe = tiny_recipe("passes.body.controls=[]", "passes.body.steps=2", "passes.body.steady={reach=1}", *below)
    plain = tiny_recipe("passes.body.controls=[]", "passes.body.steps=2", *below)
    plans = [plan_render(bench.shot, r, bench.tools.models, tmp_path / "cache") for r in (recipe, plain)]
    assert plans[0].passes[0].key == plans[1].passes[0].key, "steadying comes after the pass"
    assert plans[0].passes[1].key != plans[1].passes[1].key
    with open_work(plans[0], bench.tools.engine, Priority.RENDER, Progress()) as work:
        finish_passes(work, FrameRange(66, 67), Progress())
        assert len(work.layers(work._window.frame(67))) == 2


def test_a_preview_shows_a_frame_by_itself(bench: Bench, tmp_path: Path) -> None:
    with counted_calls() as calls:
        made = preview(Order(bench.shot, recipe_of("steady"), FrameRange(66, 66), tmp_path), bench.tools, Progress())
    assert made.result.shape == made.plate.shape and calls["Encoder"] == 1


def test_a_pass_hangs_on_its_motion_adapter_and_needs_it(bench: Bench, tmp_path: Path) -> None:
    recipe = recipe_of("animatediff")
    plan = plan_render(bench.shot, recipe, bench.tools.models, tmp_path / "cache")
    assert "tiny-motion" in plan.models
    models = ModelStore(tmp_path / "models")
    shutil.copytree(bench.tools.models.folder, models.folder)
    config = models.folder / "motion" / "tiny-motion" / "config.json"
    config.write_text(config.read_text() + "\n")
    assert plan_render(bench.shot, recipe, models, tmp_path / "cache").passes[0].key != plan.passes[0].key
    config.unlink()
    with pytest.raises(ModelMissing, match="motion adapter tiny-motion is incomplete"):
        plan_render(bench.shot, recipe, models, tmp_path / "cache")


@pytest.mark.parametrize("temporal", ['{kind="guided_start", every=4}', MODES["animatediff"][0].partition("=")[2]])
def test_memory_does_not_grow_with_the_shot(bench_of: Callable[[Path], Bench], tmp_path: Path, temporal: str) -> None:
    """No model is asked, so what grows is what the modes keep: counted in the middle and at the end of 64 frames."""
    bench = bench_of(footage.clip(tmp_path / "long.mp4", count=64, width=96, height=64))
    modes = (f"passes.body.temporal={temporal}", "passes.body.steady={reach=2}")
    recipe = tiny_recipe(*BODY, "passes.body.denoising_strength=0.0", "passes.body.noise=warped", *modes)
    plan = plan_render(bench.shot, recipe, bench.tools.models, tmp_path / "cache")
    held: dict[int, int] = {}

    def listen(step: Step) -> None:
        held[step.done] = tracemalloc.get_traced_memory()[0]

    with open_work(plan, bench.tools.engine, Priority.RENDER, Progress()) as work:
        tracemalloc.start()
        finish_passes(work, FrameRange(0, 63), Progress(listen))
        tracemalloc.stop()
    assert held[64] - held[32] < 200_000, "less than what twelve of the frames hold"

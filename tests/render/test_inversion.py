"""Inversion as a stage of a render: kept by key, asked for once, the same however the shot is split."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.engine.engine import Priority
from pipeline.errors import RecipeError
from pipeline.frames import FrameRange
from pipeline.plan import RenderPlan, plan_render
from pipeline.progress import Progress
from pipeline.recipe.recipe import Recipe
from pipeline.render import finish_passes
from pipeline.stage import FrameStore
from pipeline.work import open_work
from tests import footage
from tests.engine.batches import counted_calls
from tests.render.conftest import Bench, tiny_recipe

BODY = ("passes.face.enabled=false", "passes.body.steps=4", "passes.body.controls=[]", "passes.body.inversion.steps=5")
ON = (*BODY, "passes.body.inversion.enabled=true", "passes.body.inversion.prompt=a woman in a game")


@pytest.fixture
def bench(bench_of: Callable[[Path], Bench], tmp_path: Path) -> Bench:
    return bench_of(footage.clip(tmp_path / "plate.mp4", count=12, width=96, height=64))


def finish(bench: Bench, recipe: Recipe, frames: str, cache: Path) -> tuple[RenderPlan, int]:
    """Finish the passes of some frames; the plan, and how often the UNet was called."""
    plan = plan_render(bench.shot, recipe, bench.tools.models, cache)
    with counted_calls() as calls, open_work(plan, bench.tools.engine, Priority.RENDER, Progress()) as work:
        finish_passes(work, FrameRange.parse(frames), Progress())
    return plan, calls["UNet2DConditionModel"]


def noise_store(plan: RenderPlan) -> FrameStore:
    store = plan.passes[0].inverted
    assert store is not None
    return store


def calls_after(bench: Bench, first: tuple[str, ...], *changes: str) -> int:
    """How often the UNet is called for a frame whose noise is there from a render with other settings."""
    cache = bench.tools.cache
    finish(bench, tiny_recipe(*first), "0-0", cache)
    return finish(bench, tiny_recipe(*first, *changes), "0-0", cache)[1]


def test_it_is_another_picture_and_a_stage_of_its_own(bench: Bench, tmp_path: Path) -> None:
    plain, calls = finish(bench, tiny_recipe(*BODY), "0-3", tmp_path / "cache")
    assert calls == 3 and plain.passes[0].inverted is None
    read, calls = finish(bench, tiny_recipe(*ON), "0-3", tmp_path / "cache")
    assert calls == 5 + 3 and noise_store(read).finished() == frozenset(range(4))
    assert plain.passes[0].frames.read(2) != read.passes[0].frames.read(2)
    assert read.keys["inversion.body"] == noise_store(read).key and "inversion.body" not in plain.keys


@pytest.mark.parametrize(
    ("change", "denoising"),
    [
        ("passes.body.denoising_strength=0.9", 4),
        ("passes.body.guidance_scale=3.0", 3),
        ("passes.body.prompt=another film", 3),
        ("passes.body.sampler=euler_a", 3),
        ("passes.body.inversion.randomness=0.3", 3),
        ("passes.body.colour_correction=true", 3),
        ("seed=9", 3),
    ],
)
def test_what_the_pass_does_with_the_noise_does_not_invert_again(bench: Bench, change: str, denoising: int) -> None:
    assert calls_after(bench, ON, change) == denoising


@pytest.mark.parametrize(
    ("change", "inverting"),
    [
        ("passes.body.inversion.steps=6", 6),
        ("passes.body.inversion.sigma_adjustment=true", 4),
        ("passes.body.inversion.prompt=a man", 5),
        ("passes.body.inversion.guidance_scale=1.5", 5),
        ("working_size=72", 5),
    ],
)
def test_what_the_noise_hangs_on_inverts_again(bench: Bench, change: str, inverting: int) -> None:
    assert calls_after(bench, ON, change) == inverting + 3


def test_a_stored_start_hangs_on_where_the_pass_starts(bench: Bench) -> None:
    stored = (*ON, "passes.body.inversion.start=stored", "passes.body.inversion.sigma_adjustment=true")
    assert calls_after(bench, stored, "passes.body.guidance_scale=3.0") == 3
    assert calls_after(bench, stored, "passes.body.denoising_strength=0.9") == 4 + 4


def test_a_controls_weight_leaves_the_noise_and_the_control_itself_does_not(bench: Bench) -> None:
    led = (*ON, 'passes.body.controls=[{kind="canny", model="tiny-canny", weight=0.8}]')
    assert calls_after(bench, led, "passes.body.controls.canny.weight=0.4") == 3
    assert calls_after(bench, led, "passes.body.inversion.controls=false") == 5 + 3
    first, second = (plan_render(bench.shot, tiny_recipe(*one), bench.tools.models, Path()) for one in (ON, led))
    assert noise_store(first).key != noise_store(second).key


@pytest.mark.slow
@pytest.mark.parametrize("mode", [(), ('passes.body.temporal={kind="shared_attention", every=3}',)])
def test_a_shot_comes_out_the_same_however_it_is_split(bench: Bench, tmp_path: Path, mode: tuple[str, ...]) -> None:
    recipe = tiny_recipe(*ON, *mode)
    whole, _ = finish(bench, recipe, "1-9", tmp_path / "one")
    for frames in ("5-6", "7-9", "1-4"):
        parts, _ = finish(bench, recipe, frames, tmp_path / "three")
    stores = [(plan.passes[0].frames, noise_store(plan)) for plan in (whole, parts)]
    for frame in range(1, 10):
        assert stores[0][0].read(frame) == stores[1][0].read(frame)
        assert stores[0][1].read(frame) == stores[1][1].read(frame)


def test_a_render_killed_after_the_inversion_goes_on_from_it(bench: Bench, tmp_path: Path) -> None:
    plan, _ = finish(bench, tiny_recipe(*ON), "0-3", tmp_path / "cache")
    before = plan.passes[0].frames.read(1)
    plan.passes[0].frames.path(1).unlink()
    assert finish(bench, tiny_recipe(*ON), "0-3", tmp_path / "cache")[1] == 3
    assert plan.passes[0].frames.read(1) == before


def test_the_override_boxes_put_their_settings_in_place(bench: Bench) -> None:
    boxes = ("sampler", "prompt", "steps", "strength")
    ticked = [f"passes.body.inversion.override_{box}=true" for box in boxes]
    (body,) = tiny_recipe(*ON, "passes.body.sampler=ddim", *ticked).active_passes
    assert (body.sampler, body.prompt, body.negative_prompt) == ("euler", "a woman in a game", "")
    assert (body.steps, body.denoising_strength) == (5, 1.0)
    (off,) = tiny_recipe(*BODY, "passes.body.sampler=ddim", *ticked).active_passes
    assert (off.sampler, off.steps) == ("ddim", 4)
    written = ("passes.body.prompt=a woman in a game", "passes.body.negative_prompt=", "passes.body.sampler=euler")
    by_hand = tiny_recipe(*ON, *written, "passes.body.steps=5", "passes.body.denoising_strength=1.0")
    keys = [
        plan_render(bench.shot, r, bench.tools.models, Path()).passes[0].key
        for r in (by_hand, tiny_recipe(*ON, *ticked))
    ]
    assert keys[0] == keys[1]


def test_a_frame_that_starts_from_others_has_no_noise_to_be_read() -> None:
    for change in ('temporal={kind="guided_start"}', 'temporal={kind="propagated"}', "inpaint.masked_content=fill"):
        with pytest.raises(RecipeError, match="noise is read off the source"):
            tiny_recipe(*ON, f"passes.body.{change}")

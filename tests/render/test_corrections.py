"""Corrections: what is painted onto a pass's matte is in it, or out of it, and goes along over its frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.clip.painted import keep_painted
from pipeline.clip.read import read_frame
from pipeline.clip.shot import Shot
from pipeline.clip.still import decode_png
from pipeline.crew import Crew, open_crew
from pipeline.errors import FootageError, RecipeError
from pipeline.frames import Crop, FrameRange, Mask
from pipeline.passes.followed import Followed
from pipeline.passes.plan import deciding
from pipeline.plan import RenderPlan, plan_render
from pipeline.prepare.corrected import enclosing
from pipeline.prepare.painted import Placed
from pipeline.progress import Progress
from pipeline.recipe.load import parse_recipe, recipe_with
from pipeline.recipe.recipe import Recipe
from pipeline.recipe.regions import Correction, CorrectionMode
from pipeline.render import Order, render
from tests.render.conftest import TINY, Bench, tiny_recipe

PAINTED, LATER, OUTSIDE = 20, 26, 31
"""Frames: painted on, inside the range, and behind it."""


def disc(x: float, y: float, radius: int) -> Mask:
    return cv2.circle(np.zeros((360, 640), np.uint8), (round(x), round(y)), radius, (255,), -1).astype(np.uint8)


def with_own(bench: Bench) -> Shot:
    return replace(bench.shot, painted=bench.folder / "painted")


def corrected(shot: Shot, *painted: tuple[CorrectionMode, Mask], follow: str = "track") -> Recipe:
    """The face alone, with corrections painted on frame PAINTED for 15-30."""
    kept = [
        Correction(matte=keep_painted(shot, mask), frame=PAINTED, first=15, last=30, mode=mode)
        for mode, mask in painted
    ]
    recipe = tiny_recipe("passes.body.enabled=false", f'passes.face.region.follow="{follow}"')
    face = recipe.passes[1].model_copy(update={"corrections": tuple(kept)})
    return recipe.model_copy(update={"passes": (recipe.passes[0], face)})


@contextmanager
def crew_of(bench: Bench, shot: Shot, recipe: Recipe) -> Iterator[tuple[RenderPlan, Crew]]:
    plan = plan_render(shot, recipe, bench.tools.models, bench.tools.cache)
    with open_crew(plan, Progress()) as crew:
        yield plan, crew


def masks(bench: Bench, shot: Shot, recipe: Recipe, frames: Sequence[int]) -> list[Mask]:
    with crew_of(bench, shot, recipe) as (plan, crew):
        found = [crew.mask(plan.passes[0], read_frame(shot, frame)) for frame in frames]
    assert all(mask is not None for mask in found)
    return [mask for mask in found if mask is not None]


def middle(mask: Mask) -> np.ndarray:
    return np.mean(np.nonzero(mask), axis=1)[::-1]


def spot_in(mask: Mask, radius: int) -> Mask:
    x, y = middle(mask)
    return disc(x, y, radius)


def box(mask: Mask) -> tuple[int, int, int, int]:
    x, y, width, height = cv2.boundingRect(mask)
    return x, y, width, height


def went(shot: Shot, place: tuple[int, int, int, int]) -> np.ndarray:
    """How far, in pixels, what is seen at a place of frame PAINTED has moved by frame LATER."""
    before, after = (read_frame(shot, number).pixels for number in (PAINTED, LATER))
    x, y, width, height = place[0] - 20, place[1] - 20, place[2] + 40, place[3] + 40
    found = cv2.matchTemplate(after, before[y : y + height, x : x + width], cv2.TM_CCOEFF_NORMED)
    _, best, _, (left, top) = cv2.minMaxLoc(found)
    assert best > 0.8
    return np.array([left - x, top - y])


@pytest.mark.parametrize("follow", ["track", "frame"])
def test_what_is_added_is_in_the_matte_and_goes_along(bench: Bench, follow: str) -> None:
    """A lock of hair above the face: the flow carries it as far as the hair itself has moved."""
    shot, frames = with_own(bench), (PAINTED, LATER, OUTSIDE)
    plain = masks(bench, shot, corrected(shot, follow=follow), frames)
    x, y, width, _ = box(plain[0])
    lock = disc(x + width / 2, y - 6, 14)
    assert np.logical_and(lock, plain[0] == 0).any()
    more = masks(bench, shot, corrected(shot, ("add", lock), follow=follow), frames)
    assert more[0][lock > 0].min() == 255
    assert (more[0][lock == 0] == plain[0][lock == 0]).all()
    assert (more[2] == plain[2]).all(), "behind its range"
    added = np.where((more[1] > 0) & (plain[1] == 0), 255, 0).astype(np.uint8)
    new = np.where((lock > 0) & (plain[0] == 0), 255, 0).astype(np.uint8)
    assert (plain[1] <= more[1]).all() and added.sum() > 0.5 * new.sum()
    moved = np.subtract(box(added)[:2], box(new)[:2])
    assert np.hypot(*(moved - went(shot, box(new)))) < 3


@pytest.mark.parametrize("follow", ["track", "frame"])
def test_what_is_taken_away_is_out_of_the_matte_and_goes_along(bench: Bench, follow: str) -> None:
    """A spot in the face goes along with the face."""
    shot, frames = with_own(bench), (PAINTED, LATER, OUTSIDE)
    plain = masks(bench, shot, corrected(shot, follow=follow), frames)
    spot = spot_in(plain[0], 8)
    less = masks(bench, shot, corrected(shot, ("remove", spot), follow=follow), frames)
    assert less[0][spot > 0].max() == 0
    assert (less[0][spot == 0] == plain[0][spot == 0]).all()
    hole = np.where((plain[1] > 0) & (less[1] == 0), 255, 0).astype(np.uint8)
    assert hole.sum() == pytest.approx(spot.sum(), rel=0.3)
    assert np.hypot(*(middle(hole) - middle(spot) - went(shot, box(spot)))) < 3
    assert (less[2] == plain[2]).all()


def test_corrections_go_in_their_order_and_a_matte_can_be_taken_away_whole(bench: Bench) -> None:
    shot = with_own(bench)
    (plain,) = masks(bench, shot, corrected(shot), [PAINTED])
    spot, everything = spot_in(plain, 8), np.full((360, 640), 255, np.uint8)
    (both,) = masks(bench, shot, corrected(shot, ("remove", everything), ("add", spot), follow="frame"), [PAINTED])
    assert (both == spot).all()
    with crew_of(bench, shot, corrected(shot, ("remove", everything))) as (plan, crew):
        assert crew.mask(plan.passes[0], read_frame(shot, PAINTED)) is None
        assert crew.people(plan.passes[0], read_frame(shot, PAINTED)) == ()


def test_the_square_of_a_followed_face_grows_to_what_was_added(bench: Bench) -> None:
    shot = with_own(bench)
    (plain,) = masks(bench, shot, corrected(shot), [PAINTED])
    x, y, width, height = box(plain)
    far = disc(x + width + 90, y + height / 2, 12)
    frame = read_frame(shot, PAINTED)
    with crew_of(bench, shot, corrected(shot, ("add", far))) as (plan, crew):
        (person,) = crew.people(plan.passes[0], frame)
        placement = plan.passes[0].plan.follow((640, 360), person.crop)
        assert isinstance(placement, Followed)
        seen = placement.cut(np.repeat(far[..., None], 3, axis=2))[..., 0] > 127
    assert person.matte.mask[far > 0].min() == 255
    scale = placement.upright_size[0] / person.crop.side
    assert seen.sum() == pytest.approx((far > 0).sum() * scale**2, rel=0.02), "all of it is on the canvas"


def test_a_crop_grows_no_further_than_it_must() -> None:
    crop = Crop(100.0, 100.0, 80.0, 90.0)
    inside = Placed(np.zeros((0, 0), np.uint8), (110.0, 100.0), 20.0)
    assert enclosing(crop, inside, 4.0) == crop
    outside = replace(inside, middle=(100.0, 160.0))
    assert enclosing(crop, outside, 4.0).side == pytest.approx(2 * (60 + 10 + 4))


def test_nothing_is_added_where_nobody_is_followed(bench: Bench) -> None:
    shot = with_own(bench)
    recipe = recipe_with(corrected(shot, ("add", disc(300, 300, 10))), {"passes.face.region.minimum_size": 200})
    with (
        crew_of(bench, shot, recipe) as (plan, crew),
        pytest.raises(FootageError, match=f"Nobody is followed in frame {PAINTED}"),
    ):
        crew.mask(plan.passes[0], read_frame(shot, PAINTED))


def test_corrections_are_in_the_key_and_none_leave_it_as_it_was(bench: Bench) -> None:
    shot = with_own(bench)

    def key(*painted: tuple[CorrectionMode, Mask]) -> str:
        return plan_render(shot, corrected(shot, *painted), bench.tools.models, bench.tools.cache).passes[0].key

    spot, other = disc(300, 100, 10), disc(310, 100, 10)
    keys = {key(), key(("add", spot)), key(("remove", spot)), key(("add", other)), key(("add", spot), ("add", other))}
    assert len(keys) == 5
    assert "corrections" not in deciding(corrected(shot).passes[1], set())
    with pytest.raises(FootageError, match="not kept with"):
        plan_render(bench.shot, corrected(shot, ("add", spot)), bench.tools.models, bench.tools.cache)


def test_the_whole_frame_has_no_matte_to_correct() -> None:
    painted = {"matte": "a" * 64, "frame": 2, "first": 1, "last": 3, "mode": "add"}
    body = TINY["passes"][0] | {"corrections": [painted]}  # pyright: ignore[reportIndexIssue, reportArgumentType]
    with pytest.raises(RecipeError, match="whole frame has no matte"):
        parse_recipe(TINY | {"passes": [body]}, "tiny")


@pytest.mark.slow
def test_a_layer_reaches_as_far_as_its_corrected_matte(bench: Bench) -> None:
    shot = with_own(bench)
    (plain,) = masks(bench, shot, corrected(shot), [PAINTED])
    x, y, width, height = box(plain)
    far, spot = disc(x + width + 60, y + height / 2, 14), spot_in(plain, 14)
    recipe = corrected(shot, ("add", far), ("remove", spot))
    order = Order(shot, recipe, FrameRange(PAINTED, PAINTED), bench.folder / "out")
    done = render(order, bench.tools, Progress())
    layer = decode_png(done.out.layer("face", PAINTED).read_bytes())
    plate = read_frame(shot, PAINTED).pixels.astype(int)
    inner = cv2.erode(far, np.ones((17, 17), np.uint8)) > 0
    assert layer[..., 3][inner].min() > 200
    assert np.abs(layer[..., :3].astype(int) - plate)[inner].mean() > 5, "the model worked there"
    assert layer[..., 3][cv2.erode(spot, np.ones((17, 17), np.uint8)) > 0].max() < 60

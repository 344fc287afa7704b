"""Hands, parts of faces and painted mattes, in whole renders with tiny models."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.clip.painted import keep_painted
from pipeline.clip.read import read_frame
from pipeline.clip.still import decode_png
from pipeline.errors import FootageError
from pipeline.frames import FrameRange
from pipeline.recipe.passes import AdapterSpec, PassSpec
from pipeline.recipe.recipe import Recipe
from pipeline.recipe.regions import Face, FacePart, Hands, Painted
from pipeline.render import Rendered
from tests.render.conftest import Bench, tiny_recipe

pytestmark = pytest.mark.slow

FRAMES = "100-101"


def with_passes(*passes: PassSpec) -> Recipe:
    return tiny_recipe("passes.body.enabled=false", "passes.face.enabled=false").model_copy(update={"passes": passes})


def matte(done: Rendered, name: str, frame: int) -> np.ndarray:
    return decode_png(done.out.matte(name, frame).read_bytes())


def alpha(done: Rendered, name: str, frame: int) -> np.ndarray:
    return decode_png(done.out.layer(name, frame).read_bytes())[..., 3]


def test_every_region_changes_its_own_place_with_its_own_strength(bench: Bench) -> None:
    hands = PassSpec(name="hands", region=Hands(minimum_size=10), size=64, steps=3, denoising_strength=0.9)
    mouth = PassSpec(name="mouth", region=FacePart(part="mouth", minimum_size=20), size=64, steps=3, feather=1)
    eyes = mouth.model_copy(update={"name": "eyes", "region": FacePart(part="eyes", minimum_size=20)})
    done = bench.render(with_passes(hands, mouth, eyes), FRAMES, "parts")
    assert {"tracks", "tracks.hands", "pass.hands", "pass.mouth", "pass.eyes"} <= set(done.version.keys)
    assert (done.out.path / "mattes" / "hands.2").is_dir(), "each hand has a matte of its own"
    faces = [matte(done, name, 100) for name in ("eyes", "mouth")]
    assert not np.logical_and(*faces).any()
    assert matte(done, "hands", 100)[200:300, 140:200].any() and not matte(done, "hands", 100)[:150].any()
    for name in ("hands", "mouth", "eyes"):
        inside = alpha(done, name, 101) > 250
        assert inside.any() and matte(done, name, 101)[inside].min() == 255
    stronger = eyes.model_copy(update={"denoising_strength": 0.8, "adapters": (AdapterSpec(id="none", weight=0),)})
    again = bench.render(with_passes(hands, mouth, stronger), FRAMES, "stronger")
    same = {name for name, key in done.version.keys.items() if again.version.keys[name] == key}
    assert {"pass.hands", "pass.mouth"} <= same and "pass.eyes" not in same


def test_hair_is_a_region_of_its_own(bench: Bench) -> None:
    hair = PassSpec(name="hair", region=FacePart(part="hair", minimum_size=20), size=64, steps=3, feather=1, match=0.5)
    done = bench.render(with_passes(hair), "20-21", "hair")
    found, face = matte(done, "hair", 20) > 0, PassSpec(name="face", region=Face(minimum_size=20), size=64, steps=3)
    beside = bench.render(with_passes(face), "20-21", "face")
    skin = matte(beside, "face", 20) > 0
    assert found.sum() > skin.sum() and (found & skin).sum() < 0.35 * found.sum()
    hair_rows, face_rows = (np.flatnonzero(mask.any(axis=1)) for mask in (found, skin))
    assert hair_rows[0] < face_rows[0] - 10, "it reaches above the face"
    assert hair_rows[-1] > face_rows[-1] - 20, "and down to the shoulders"
    assert (alpha(done, "hair", 20)[found] > 100).mean() > 0.95
    again = bench.render(with_passes(hair.model_copy(update={"match": 0.0})), "20-21", "plain")
    assert again.version.keys == done.version.keys, "what it is graded to asks no model"


def test_a_painted_matte_is_worked_at_where_it_was_painted(bench: Bench) -> None:
    shot = replace(bench.shot, painted=bench.folder / "painted")
    mask = cv2.circle(np.zeros((360, 640), np.uint8), (500, 100), 30, (255,), -1).astype(np.uint8)
    name = keep_painted(shot, mask)
    region = Painted(matte=name, frame=100, first=100, last=100)
    fix = PassSpec(name="fix", region=region, size=64, steps=3, denoising_strength=0.9, feather=2)
    kept = replace(bench, shot=shot)
    done = kept.render(with_passes(fix), FRAMES, "painted")
    assert (matte(done, "fix", 100) == mask).all()
    assert not done.out.matte("fix", 101).exists(), "it is for one frame"
    assert done.version.warnings == tuple(shot.notes)
    layer = decode_png(done.out.layer("fix", 100).read_bytes())
    plate = read_frame(shot, 100).pixels.astype(int)
    assert np.abs(layer[..., :3].astype(int) - plate)[layer[..., 3] > 250].mean() > 5
    with pytest.raises(FootageError, match="not kept with"):
        bench.render(with_passes(fix), FRAMES, "elsewhere")


def test_a_painted_matte_keeps_to_what_it_was_painted_on(bench: Bench) -> None:
    """The vase on the shelf, which the camera's move carries along."""
    shot = replace(bench.shot, painted=bench.folder / "painted")
    mask = np.zeros((360, 640), np.uint8)
    mask[100:150, 470:500] = 255
    region = Painted(matte=keep_painted(shot, mask), frame=70, first=66, last=80)
    fix = PassSpec(name="fix", region=region, size=64, steps=3)
    done = replace(bench, shot=shot).render(with_passes(fix), "70-78", "vase")
    before, after = (read_frame(shot, number).pixels for number in (70, 78))
    there = matte(done, "fix", 78)
    y, x, _, _ = *np.argwhere(there).min(axis=0), 0, 0
    found = cv2.matchTemplate(after, before[100:150, 470:500], cv2.TM_CCOEFF_NORMED)
    _, best, _, (left, top) = cv2.minMaxLoc(found)
    assert best > 0.8
    assert abs(x - left) <= 2 and abs(y - top) <= 2
    assert FrameRange(70, 78) and (there > 0).sum() == pytest.approx((mask > 0).sum(), rel=0.15)

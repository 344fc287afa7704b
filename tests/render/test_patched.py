"""A stretch redone in a long version: only it is rendered, the rest is the version's own, and the manifest says so."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.clip.still import decode_png
from pipeline.composite.crossing import SEAM
from pipeline.errors import FootageError, RecipeError
from pipeline.frames import FrameRange
from pipeline.patched import render_patched
from pipeline.progress import Progress
from pipeline.recipe.recipe import Recipe
from pipeline.render import Order, Rendered
from pipeline.version import Patch, version_in
from tests.engine.batches import counted_calls
from tests.render.conftest import Bench, files_in, tiny_recipe

pytestmark = pytest.mark.slow

WHOLE, STRETCH = FrameRange(40, 55), FrameRange(44, 51)
LOWER = "passes.face.denoising_strength=0.3"


def redo(bench: Bench, of: str, recipe: Recipe, stretch: FrameRange, out: str, whole: FrameRange = WHOLE) -> Rendered:
    order = Order(bench.shot, recipe, whole, bench.folder / out, Patch(bench.folder / of, stretch))
    return render_patched(order, bench.tools, Progress())


def emptied(bench: Bench, looked_at: Path) -> None:
    """A cache in which nothing is rendered."""
    shutil.rmtree(bench.tools.cache)
    shutil.copytree(looked_at, bench.tools.cache)


def frames(done: Rendered, kind: str, name: str) -> dict[int, bytes]:
    return {int(path.stem): path.read_bytes() for path in (done.out.path / kind / name).glob("*.png")}


def pictures(done: Rendered) -> np.ndarray:
    shot = probe(done.out.render)
    return np.array([frame.pixels for frame in read_frames(shot, shot.frames)]).astype(float)


def test_a_redone_stretch_is_laid_into_the_whole(bench: Bench, looked_at: Path) -> None:
    """Nothing of the old version is left but its folder."""
    recipe, lower = tiny_recipe(), tiny_recipe(LOWER)
    old = bench.render(recipe, "40-55", "v001")
    untouched = files_in(old.out.path, ["layers", "mattes", "render.mp4", "manifest.json"])
    emptied(bench, looked_at)
    with counted_calls() as alone:
        part = bench.render(lower, "44-51", "alone")
    emptied(bench, looked_at)
    with counted_calls() as calls:
        new = redo(bench, "v001", lower, STRETCH, "v002")
    assert calls == alone, "the model is asked for the stretch, and for nothing else"
    core = [frame for frame in STRETCH if STRETCH.first + SEAM <= frame <= STRETCH.last - SEAM]
    outside = [frame for frame in WHOLE if frame not in STRETCH]
    for kind in ("layers", "mattes"):
        before, after, redone = (frames(one, kind, "face") for one in (old, new, part))
        assert sorted(after) == sorted(before) == list(WHOLE)
        assert {at: after[at] for at in outside} == {at: before[at] for at in outside}
        assert {at: after[at] for at in core} == {at: redone[at] for at in core}
    at = STRETCH.first + 1
    one, other, seam = (decode_png(frames(done, "layers", "face")[at]).astype(float) for done in (old, part, new))
    opaque = (one[..., 3] == 255) & (other[..., 3] == 255)
    assert opaque.any() and np.abs(seam - (one + other) / 2)[opaque].max() <= 1, "half and half in the second frame"
    was, now = pictures(old), pictures(new)
    assert len(was) == len(now) == len(WHOLE)
    apart = {at: np.abs(was - now)[at - WHOLE.first][opaque].mean() for at in WHOLE}
    assert max(apart[at] for at in outside) < 0.3 * min(apart[at] for at in core)
    assert files_in(old.out.path, ["layers", "mattes", "render.mp4", "manifest.json"]) == untouched
    says_how_it_was_made(bench, recipe, lower)


def says_how_it_was_made(bench: Bench, recipe: Recipe, lower: Recipe) -> None:
    told = json.loads((bench.folder / "v002" / "manifest.json").read_text())
    assert told["recipe"] == recipe.model_dump(mode="json") and told["frames"] == [40, 55]
    (stretch,) = told["patches"]
    assert stretch["recipe"] == lower.model_dump(mode="json") and stretch["frames"] == [44, 51]
    assert stretch["laid_into"] == "v001" and stretch["seam"] == SEAM
    version = version_in(bench.folder / "v002")
    assert version.recipe_at(50) == stretch["recipe"] and version.recipe_at(52) == told["recipe"]
    assert json.loads(json.dumps(asdict(version))) == told


@pytest.mark.long
def test_it_goes_on_and_is_redone_again(bench: Bench) -> None:
    """Stopped while it is delivered, it goes on without a model; and a second stretch goes into the first one's."""
    bench.render(tiny_recipe(), "40-55", "v001")
    done = redo(bench, "v001", tiny_recipe(LOWER), STRETCH, "v002")
    made = files_in(done.out.path, ["layers", "mattes", "manifest.json"])
    done.out.render.unlink()
    with counted_calls() as calls:
        redo(bench, "v001", tiny_recipe(LOWER), STRETCH, "v002")
    assert not calls and files_in(done.out.path, ["layers", "mattes", "manifest.json"]) == made
    least = tiny_recipe("passes.face.denoising_strength=0.1")
    again = redo(bench, "v002", least, FrameRange(48, 55), "v003")
    assert [one.frames for one in again.version.patches] == [(44, 51), (48, 55)]
    assert again.version.recipe_at(50)["passes"][1]["denoising_strength"] == 0.1
    assert again.version.recipe_at(46)["passes"][1]["denoising_strength"] == 0.3
    assert frames(again, "layers", "face")[46] == frames(done, "layers", "face")[46]


def test_what_does_not_fit_is_refused_before_anything_is_made(bench: Bench) -> None:
    old, whole = bench.render(tiny_recipe(), "40-43", "v001"), FrameRange(40, 43)
    lower, middle = tiny_recipe(LOWER), FrameRange(41, 42)

    def refused(of: str, recipe: Recipe, stretch: FrameRange) -> None:
        redo(bench, of, recipe, stretch, "out", whole)

    with pytest.raises(RecipeError, match="another setting of finish"):
        refused("v001", tiny_recipe(LOWER, 'finish=[{kind="deband"}]'), middle)
    with pytest.raises(FootageError, match="do not lie in v001"):
        refused("v001", lower, FrameRange(42, 60))
    with pytest.raises(FootageError, match="holds no delivered version"):
        refused("none", lower, middle)
    old.out.layer("body", 41).unlink()
    with pytest.raises(FootageError, match="no layer body of frame 41 any more"):
        refused("v001", lower, middle)
    told = json.loads(old.out.manifest.read_text())
    old.out.manifest.write_text(json.dumps(told | {"measurements": None}))
    with pytest.raises(FootageError, match="not finished"):
        refused("v001", lower, middle)
    old.out.manifest.write_text(json.dumps(told | {"frames": [40, 42]}))
    with pytest.raises(FootageError, match="not a version of frames 40-43"):
        refused("v001", lower, middle)
    assert not (bench.folder / "out").exists()

"""What delivered pictures say of themselves, and that a recipe comes back out of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cli import main
from pipeline.clip.still import decode_png
from pipeline.infotexts import infotexts_of
from pipeline.models.record import Record, write_record
from pipeline.models.store import FOLDERS, ModelStore
from pipeline.plan import plan_render
from pipeline.progress import Progress
from pipeline.recipe.in_png import recipe_in_png
from pipeline.recipe.infotext import infotext_in_png, parse_infotext, png_with_infotext, texts_in_png
from pipeline.recipe.load import load_recipe
from pipeline.recipe.pasted import recipe_from
from pipeline.recipe.recipe import Recipe
from pipeline.render import Order, preview, write_preview
from tests.render.conftest import Bench, tiny_recipe

CHANGES = ("seed=7", "prompt='a woman, (rim light:1.2)'", "negative_prompt=cgi", "delivery.master=png")


@pytest.fixture(scope="module")
def rendered(bench_in: Callable[[Path], Bench], tmp_path_factory: pytest.TempPathFactory) -> tuple[Recipe, Path]:
    """One frame of the tiny recipe with a master of PNGs, and where it was delivered. Tests only read it."""
    recipe, bench = tiny_recipe(*CHANGES), bench_in(tmp_path_factory.mktemp("rendered"))
    bench.render(recipe, "62", "out")
    return recipe, bench.folder / "out"


def test_every_delivered_picture_carries_its_pass_and_the_recipe(rendered: tuple[Recipe, Path]) -> None:
    recipe, out = rendered
    layers = {name: (out / "layers" / name / "000062.png").read_bytes() for name in ("body", "face")}
    (master,) = (out / "master").glob("*.png")
    said = {name: parse_infotext(infotext_in_png(data)) for name, data in layers.items()}
    assert said["body"].prompt == recipe.prompt and said["body"].negative_prompt == "cgi"
    assert said["body"].settings["Denoising strength"] == "0.65" and said["body"].settings["Seed"] == "7"
    assert said["body"].settings["Size"] == "120x64" and said["face"].settings["Size"] == "64x64"
    assert "Mask blur" in said["face"].settings or "Masked area padding" in said["face"].settings
    for data in (*layers.values(), master.read_bytes()):
        assert recipe_in_png(data, {}).recipe == recipe
    assert infotext_in_png(master.read_bytes()) == infotext_in_png(layers["body"])
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["infotexts"] == {name: infotext_in_png(data) for name, data in layers.items()}


def test_mattes_carry_nothing_and_pictures_stay_what_they_are(rendered: tuple[Recipe, Path]) -> None:
    _, out = rendered
    assert texts_in_png((out / "mattes" / "face" / "000062.png").read_bytes()) == {}
    layer = (out / "layers" / "body" / "000062.png").read_bytes()
    bare = png_with_infotext(layer, "other")
    assert np.array_equal(decode_png(bare), decode_png(layer)) and texts_in_png(bare) == {"parameters": "other"}


def test_previews_carry_them_too(bench: Bench) -> None:
    recipe = tiny_recipe(*CHANGES)
    made = preview(
        Order(bench.shot, recipe, bench.shot.frames.__class__(62, 62), bench.folder / "x"), bench.tools, Progress()
    )
    files = write_preview(made, bench.folder / "shown")
    told = {name for name, path in files.items() if "parameters" in texts_in_png(path.read_bytes())}
    assert told == {"result", "layer-body", "layer-face"}
    assert recipe_in_png(files["result"].read_bytes(), {}).recipe.seed == 7


def test_the_command_line_reads_the_recipe_back(rendered: tuple[Recipe, Path], tmp_path: Path) -> None:
    recipe, out = rendered
    picture, mine = out / "layers" / "face" / "000062.png", tmp_path / "mine.toml"
    assert main(["--home", str(tmp_path), "paste", str(picture), "--out", str(mine)]) == 0
    assert load_recipe(mine) == recipe


def test_auto1111s_part_alone_gives_the_same_passes(rendered: tuple[Recipe, Path]) -> None:
    recipe, out = rendered
    body, face = (
        parse_infotext(infotext_in_png((out / "layers" / name / "000062.png").read_bytes()))
        for name in ("body", "face")
    )
    found = recipe_from(body, face).recipe
    assert (found.prompt, found.negative_prompt, found.seed) == (recipe.prompt, "cgi", 7)
    for ours, theirs in zip(recipe.passes, found.passes, strict=True):
        for name in ("denoising_strength", "guidance_scale", "steps", "sampler", "controls"):
            assert getattr(ours, name) == getattr(theirs, name), name


def test_hashes_are_those_that_auto1111_shows(bench: Bench, tmp_path: Path) -> None:
    import shutil

    from safetensors.torch import save_file
    from torch import zeros

    shutil.copytree(bench.tools.models.folder, tmp_path / "models")
    store = ModelStore(tmp_path / "models")
    lora = tmp_path / "models" / FOLDERS["adapter"] / "ava"
    lora.mkdir(parents=True)
    save_file({"x": zeros(1)}, lora / "adapter.safetensors")
    digits = {"checkpoint": "a" * 64, "control": "b" * 64, "adapter": "c" * 64}
    kinds = {"checkpoint": "tiny", "control": "tiny-canny", "adapter": "ava"}
    for kind, id in kinds.items():
        folder = tmp_path / "models" / FOLDERS[kind] / id  # pyright: ignore[reportArgumentType]
        fields = {"old_hash": "d" * 8, "tensors_hash": "e" * 64, "sha256": digits[kind]}
        write_record(Record(id=id, kind=kind, form="x", file="x", bytes=1, **fields), folder)  # pyright: ignore
    recipe = tiny_recipe("prompt='film <lora:ava:0.5>'")
    text = infotexts_of(plan_render(bench.shot, recipe, store, tmp_path / "cache")).passes["body"]
    said = parse_infotext(text).settings
    assert said["Model hash"] == "a" * 10 and said["Lora hashes"] == f"ava: {'e' * 12}"
    assert f"tiny-canny [{'d' * 8}]" in said["ControlNet 0"]


def test_a_recipe_that_was_tampered_with_is_one_sentence() -> None:
    from pipeline.clip.still import encode_png
    from pipeline.errors import RecipeError

    bare = encode_png(np.zeros((4, 4, 3), np.uint8))
    for recipe, words in (
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"title": "x", "walls": 3}', "`walls` is not a setting"),
    ):
        with pytest.raises(RecipeError, match=words):
            recipe_in_png(png_with_infotext(bare, "a", recipe), {})

"""Recipes as files: what is accepted, what is refused, and in which words."""

from pathlib import Path

import pytest

from pipeline.errors import RecipeError
from pipeline.recipe.load import changed, load_recipe, parse_recipe, save_recipe
from pipeline.recipe.passes import Face, PassSpec, WholeFrame
from pipeline.recipe.recipe import Recipe

PRESETS = Path(__file__).parents[2] / "presets"


def recipe() -> Recipe:
    return load_recipe(PRESETS / "draft.toml")


def test_every_preset_loads_and_survives_being_written(tmp_path: Path) -> None:
    paths = sorted(PRESETS.glob("*.toml"))
    assert {p.stem for p in paths} >= {"draft", "cinematic-body-face", "expressive-closeup"}
    for path in paths:
        loaded = load_recipe(path)
        save_recipe(loaded, tmp_path / path.name)
        assert load_recipe(tmp_path / path.name) == loaded


def test_the_source_workflow_means_what_its_author_set() -> None:
    body, face = load_recipe(PRESETS / "cinematic-body-face.toml").passes
    assert (body.denoising_strength, body.steps, body.sampler) == (0.65, 25, "euler")
    assert 7 <= body.guidance_scale <= 8
    assert {c.kind for c in body.controls} == {"openpose", "canny", "mediapipe_face"}
    assert (face.denoising_strength, face.steps, face.guidance_scale) == (0.5, 30, 8)
    assert face.source == "plate"
    assert face.region == Face(minimum_size=30, rotation_threshold=20, padding=32)
    assert all((c.weight, c.start, c.end) == (1, 0, 1) for p in (body, face) for c in p.controls)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("passes.face.denoise_strength=0.4", ("`passes.face.denoise_strength`", "Did you mean `denoising_strength`?")),
        ("passes.face.denoising_strength=1.4", ("`passes.face.denoising_strength`", "1.4")),
        ("passes.fce.steps=3", ("`fce`", "Did you mean `face`?")),
        ("passes.face.region.paddin=3", ("`passes.face.region.paddin`", "Did you mean `padding`?")),
        ("passes.body.controls.cany.weight=1", ("`cany`", "Did you mean `canny`?")),
        ("sed=3", ("`sed`", "Did you mean `seed`?")),
        ("seed", ("SETTING=VALUE",)),
        ("seed=-1", ("`seed`",)),
        ("passes.face.sampler=heun", ("`passes.face.sampler`", "euler")),
        ("passes.face.size=250", ("`passes.face.size`", "multiple of 8")),
        ("working_size=nan", ("`working_size`",)),
    ],
)
def test_a_wrong_setting_is_named_with_its_neighbour(change: str, words: tuple[str, ...]) -> None:
    with pytest.raises(RecipeError) as caught:
        changed(recipe(), [change])
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_changes_reach_the_named_place_and_nothing_else() -> None:
    new = changed(recipe(), ["passes.face.denoising_strength=0.45", "prompt=a man, 35 mm", "seed=7"])
    assert new.passes[1].denoising_strength == 0.45
    assert (new.prompt, new.seed) == ("a man, 35 mm", 7)
    assert new.passes[0] == recipe().passes[0]
    assert changed(recipe(), []) == recipe()


def test_all_faults_are_told_at_once() -> None:
    data = recipe().model_dump(mode="json") | {"sed": 1, "working_size": 3}
    with pytest.raises(RecipeError, match=r"(?s)`working_size`.*`sed`|`sed`.*`working_size`"):
        parse_recipe(data, "test.toml")


@pytest.mark.parametrize("text", ["not = [toml", "title = 3", "\xff"])
def test_a_file_that_is_no_recipe_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(RecipeError, match=r"mine\.toml"):
        load_recipe(path)
    with pytest.raises(RecipeError, match="no recipe"):
        load_recipe(tmp_path / "none.toml")


def test_pass_names_differ_and_a_control_ends_after_it_starts() -> None:
    twice = recipe().model_dump(mode="json")
    twice["passes"].append(twice["passes"][0])
    with pytest.raises(RecipeError, match="same name"):
        parse_recipe(twice, "test")
    with pytest.raises(RecipeError, match="end lies before start"):
        changed(recipe(), ["passes.body.controls.canny.start=0.9", "passes.body.controls.canny.end=0.1"])


def test_single_people_get_their_own_settings() -> None:
    two = changed(
        recipe(),
        [
            "passes.face.region.follow=track",
            "passes.face.people=[{person=1, denoising_strength=0.45}, {person=2, prompt='his', enabled=false}]",
        ],
    )
    face = two.passes[1]
    her, his, other = (face.for_person(number) for number in (1, 2, 3))
    assert (her.denoising_strength, her.prompt, her.enabled, her.people) == (0.45, None, True, ())
    assert (his.denoising_strength, his.prompt, his.enabled) == (face.denoising_strength, "his", False)
    assert other == face.model_copy(update={"people": ()})
    assert changed(two, ["passes.face.people.2.enabled=true"]).passes[1].for_person(2).enabled
    off = changed(two, ["passes.face.enabled=false"])
    assert not off.passes[1].for_person(1).enabled


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("passes.face.people=[{person=1}, {person=1}]", "one person is listed twice"),
        ("passes.face.people=[{person=0}]", "passes.face.people"),
        ("passes.body.people=[{person=1}]", "only where faces are followed"),
        ("passes.body.noise=face_space", "only where faces are followed"),
    ],
)
def test_settings_of_single_people_that_mean_nothing_are_refused(change: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        changed(recipe(), [change])


def test_what_needs_tracks_is_refused_without_them() -> None:
    alone = changed(recipe(), ["passes.face.region.follow=frame"])
    assert alone.passes[1].for_person(1) == alone.passes[1]
    for change in ("passes.face.people=[{person=1}]", "passes.face.noise=face_space"):
        with pytest.raises(RecipeError, match="only where faces are followed"):
            changed(alone, [change])


def test_a_pass_takes_the_recipes_prompt_unless_it_has_its_own() -> None:
    base = recipe()
    own = base.passes[0].model_copy(update={"prompt": "her hands"})
    assert base.prompt_of(own) == "her hands"
    assert base.prompt_of(base.passes[0]) == base.prompt
    assert base.negative_prompt_of(own) == base.negative_prompt


def test_a_pass_is_whole_frame_unless_it_says_otherwise() -> None:
    assert PassSpec(name="body").region == WholeFrame()

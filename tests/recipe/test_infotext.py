"""Auto1111's text with settings, in the forms of its several versions, there and back, alone and in a PNG."""

from __future__ import annotations

import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipeline.errors import RecipeError
from pipeline.recipe.as_infotext import Facts, infotext_of
from pipeline.recipe.controlnet_units import MODES
from pipeline.recipe.infotext import Infotext, infotext_in_png, parse_infotext, png_with_infotext, write_infotext
from pipeline.recipe.load import parse_recipe
from pipeline.recipe.networks import NamedLora, named_networks
from pipeline.recipe.passes import ControlSpec, Face, PassSpec
from pipeline.recipe.pasted import recipe_from
from pipeline.recipe.recipe import Recipe

BODY = """film still of Ava Machina, (natural skin:1.2), soft light,
35 mm <lora:ava_v3:0.7>
Negative prompt: video game, cgi,
ng_deepnegative_v1_75t
Steps: 25, Sampler: Euler a, CFG scale: 7.5, Seed: 1234567890, Size: 910x512, Model hash: e6415c4892, \
Model: realisticVisionV20_v20, Denoising strength: 0.65, Clip skip: 2, ENSD: 31337, \
ControlNet 0: "Module: openpose, Model: control_v11p_sd15_openpose [cab727d4], Weight: 1, \
Resize Mode: Crop and Resize, Low Vram: False, Guidance Start: 0, Guidance End: 0.8, \
Pixel Perfect: True, Control Mode: Balanced", \
ControlNet 1: "preprocessor: canny, model: control_v11p_sd15_canny [d14c016b], weight: 0.9, starting/ending: (0.1, 1), \
resize mode: Crop and Resize, pixel perfect: False, control mode: My prompt is more important, \
preprocessor params: (512, 100, 200)", Lora hashes: "ava_v3: e73f1b0f16e6", \
TI hashes: "ng_deepnegative_v1_75t: 54e7e4826d53", Version: v1.6.0"""

FACE = """close-up of Ava Machina
Steps: 30, Sampler: Euler, CFG scale: 8, Seed: 7, Size: 512x512, Model hash: e6415c4892, Denoising strength: 0.5, \
Mask blur: 4, Masked content: original, Inpaint area: Only masked, Masked area padding: 24, \
ControlNet-0 Enabled: True, ControlNet-0 Module: mediapipe_face, \
ControlNet-0 Model: control_v2p_sd15_mediapipe_face [9c7784a9], ControlNet-0 Weight: 1, \
ControlNet-0 Guidance Start: 0, ControlNet-0 Guidance End: 1, ControlNet-1 Enabled: False, ControlNet-1 Model: None"""

KNOWN = {"e6415c4892": "realisticVisionV20_v20", "9c7784a9": "control_v1p_sd15_mediapipe_face"}


def test_a_text_is_taken_apart() -> None:
    info = parse_infotext(BODY)
    assert info.prompt.splitlines() == [
        "film still of Ava Machina, (natural skin:1.2), soft light,",
        "35 mm <lora:ava_v3:0.7>",
    ]
    assert info.negative_prompt == "video game, cgi,\nng_deepnegative_v1_75t"
    assert list(info.settings)[:4] == ["Steps", "Sampler", "CFG scale", "Seed"]
    assert info.settings["TI hashes"] == "ng_deepnegative_v1_75t: 54e7e4826d53"
    assert info.settings["Version"] == "v1.6.0"


@pytest.mark.parametrize("text", ["", "a cat", "a cat\nNegative prompt: dog", "a: b, c: d", "Steps: 20, Seed: 1"])
def test_a_text_without_settings_is_refused(text: str) -> None:
    with pytest.raises(RecipeError, match="no text with Auto1111's settings"):
        parse_infotext(text)


def test_a_text_that_is_no_prompt_any_more_is_refused() -> None:
    with pytest.raises(RecipeError, match="too long"):
        parse_infotext("a" * 100_001)


def test_an_empty_prompt_and_windows_line_ends() -> None:
    info = parse_infotext("\r\nNegative prompt: cgi\r\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1\r\n")
    assert (info.prompt, info.negative_prompt, info.settings["Seed"]) == ("", "cgi", "1")


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1).filter(
    lambda text: not text.startswith("Negative")
)
values = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1).filter(
    lambda text: text == text.strip()
)


@given(words, words, st.lists(values, min_size=3, max_size=6))
def test_what_is_written_is_read_back(prompt: str, negative: str, settings: list[str]) -> None:
    info = Infotext(prompt, negative, {f"Setting {number}": value for number, value in enumerate(settings)})
    assert parse_infotext(write_infotext(info)) == info


def test_settings_become_a_recipe() -> None:
    pasted = recipe_from(parse_infotext(BODY), parse_infotext(FACE), KNOWN)
    recipe, (body, face) = pasted.recipe, pasted.recipe.passes
    assert (recipe.checkpoint, recipe.seed, recipe.crop_and_resize) == (
        "realisticVisionV20_v20",
        1234567890,
        (910, 512),
    )
    assert (body.denoising_strength, body.guidance_scale, body.steps) == (0.65, 7.5, 25)
    assert (body.sampler, body.clip_skip) == ("euler_a", 2)
    assert body.controls == (
        ControlSpec(kind="openpose", model="control_v11p_sd15_openpose", weight=1, start=0, end=0.8),
        ControlSpec(kind="canny", model="control_v11p_sd15_canny", weight=0.9, start=0.1, end=1, mode="prompt"),
    )
    assert isinstance(face.region, Face) and face.region.padding == 24
    assert (face.inpaint.mask_blur, face.inpaint.masked_content, face.inpaint.area) == (4, "original", "only_masked")
    assert recipe.sides == "floor" and not body.inversion.enabled
    assert (face.denoising_strength, face.guidance_scale, face.steps, face.sampler) == (0.5, 8, 30, "euler")
    assert (recipe.noise_source, recipe.eta_noise_seed_delta) == ("gpu", 31337)
    assert face.prompt == "close-up of Ava Machina" and face.negative_prompt == ""
    assert face.controls == (ControlSpec(kind="mediapipe_face", model="control_v1p_sd15_mediapipe_face"),)
    assert parse_recipe(recipe.model_dump(mode="json"), "test") == recipe
    assert pasted.left_out == ()


def pasted(**settings: str) -> tuple[Recipe, str]:
    """A recipe out of the least settings and these; and what was left out, as one text."""
    given = {"Steps": "20", "Sampler": "Euler", "CFG scale": "7", "Seed": "1", "Size": "512x512", "Model": "film"}
    info = Infotext("a cat", "", given | {"Denoising strength": "0.5"} | settings)
    found = recipe_from(info)
    return found.recipe, " ".join(found.left_out)


def test_what_is_not_known_here_is_said() -> None:
    recipe, said = pasted(
        **{"Sampler": "Heun", "Face restoration": "CodeFormer", "Model": "My film (v2)", "CFG scale": "99"}
    )
    assert recipe.checkpoint == "My_film_v2" and recipe.passes[0].sampler == "euler"
    assert recipe.passes[0].guidance_scale == PassSpec(name="body").guidance_scale
    for words in (
        "sampler Heun",
        "Face restoration (CodeFormer)",
        "looked for by name",
        "guidance scale 99.0 is out of",
    ):
        assert words in said


SCRIPT = {
    "Decode prompt": "a woman, in a game",
    "Decode negative prompt": "",
    "Decode CFG scale": "1.5",
    "Decode steps": "60",
    "Randomness": "0.1",
    "Sigma Adjustment": "True",
}


def test_the_alternative_test_is_read_and_written_where_its_script_writes_it() -> None:
    recipe, said = pasted(**SCRIPT)
    own = recipe.passes[0].inversion
    assert (
        "counterpart" not in said and own.enabled and own.sigma_adjustment and own.start == "auto1111" and own.controls
    )
    assert (own.prompt, own.negative_prompt, own.guidance_scale) == ("a woman, in a game", "", 1.5)
    assert (own.steps, own.randomness) == (60, 0.1)
    text = write_infotext(infotext_of(recipe, recipe.passes[0], Facts((512, 512))))
    assert 'Decode prompt: "a woman, in a game", Decode CFG scale: 1.5, Decode steps: 60, Randomness: 0.1' in text
    assert recipe_from(parse_infotext(text)).recipe == recipe


def test_a_script_as_it_stands_in_a_text_with_an_empty_prompt() -> None:
    line = "Steps: 50, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 512x512, Model: film, Denoising strength: 1, "
    script = "Decode prompt: , Decode negative prompt: , Decode CFG scale: 1, Decode steps: 50, Randomness: 0, "
    own = recipe_from(parse_infotext(f"a cat\n{line}{script}Sigma Adjustment: False")).recipe.passes[0].inversion
    assert own.enabled and (own.prompt, own.steps, own.sigma_adjustment) == ("", 50, False)


def test_what_the_override_boxes_put_in_place_is_what_is_written() -> None:
    recipe, _ = pasted(**SCRIPT)
    boxes = {"override_prompt": True, "override_steps": True, "override_strength": True, "override_sampler": True}
    ticked = recipe.passes[0].model_copy(update={"inversion": recipe.passes[0].inversion.model_copy(update=boxes)})
    info = infotext_of(recipe, ticked, Facts((512, 512)))
    assert (info.prompt, info.settings["Steps"]) == ("a woman, in a game", "60")
    assert (info.settings["Denoising strength"], info.settings["Sampler"]) == ("1", "Euler")


@pytest.mark.parametrize("mode", ["Balanced", "My prompt is more important", "ControlNet is more important"])
def test_control_modes_go_both_ways(mode: str) -> None:
    unit = f"Module: canny, Model: control_v11p_sd15_canny, Weight: 1, Control Mode: {mode}"
    recipe, said = pasted(**{"ControlNet 0": unit})
    assert "control mode" not in said and recipe.passes[0].controls[0].mode == MODES[mode]
    text = write_infotext(infotext_of(recipe, recipe.passes[0], Facts((512, 512))))
    assert f"Control Mode: {mode}" in text and recipe_from(parse_infotext(text)).recipe == recipe


def test_a_control_mode_that_nobody_knows_is_said() -> None:
    recipe, said = pasted(**{"ControlNet 0": "Module: canny, Model: canny, Control Mode: Guess"})
    assert "Guess" in said and recipe.passes[0].controls[0].mode == "balanced"


@pytest.mark.parametrize("content", ["original", "fill", "latent noise", "latent nothing"])
@pytest.mark.parametrize("area", ["Only masked", "Whole picture"])
def test_inpaint_goes_both_ways(content: str, area: str) -> None:
    face = parse_infotext(FACE)
    changed = {"Masked content": content, "Inpaint area": area, "Mask blur": "7"}
    face = Infotext(face.prompt, face.negative_prompt, {**face.settings, **changed})
    found = recipe_from(parse_infotext(BODY), face, KNOWN)
    own = found.recipe.passes[1].inpaint
    assert found.left_out == () and own.mask_blur == 7
    assert (own.masked_content, own.area) == (content.replace(" ", "_"), area.lower().replace(" ", "_"))
    texts = [write_infotext(infotext_of(found.recipe, spec, Facts((512, 512)))) for spec in found.recipe.passes]
    assert "Inpaint area" not in texts[0] and f"Inpaint area: {area}" in texts[1]
    again = recipe_from(parse_infotext(texts[0]), parse_infotext(texts[1]), KNOWN).recipe.passes[1]
    assert again.inpaint == own and again.region == found.recipe.passes[1].region


def test_masked_content_gives_way_to_noise_that_is_read_off_it() -> None:
    face = parse_infotext(FACE)
    face = Infotext(face.prompt, face.negative_prompt, {**face.settings, **SCRIPT, "Masked content": "fill"})
    found = recipe_from(parse_infotext(BODY), face, KNOWN)
    assert found.recipe.passes[1].inpaint.masked_content == "original" and "masked content" in found.left_out[0]


def test_the_settings_of_the_only_controlnet_of_early_2023() -> None:
    recipe, _ = pasted(
        **{
            "ControlNet Enabled": "True",
            "ControlNet Module": "canny",
            "ControlNet Model": "control_sd15_canny [fef5e48e]",
            "ControlNet Weight": "0.8",
            "ControlNet Guidance Strength": "0.6",
        }
    )
    assert recipe.passes[0].controls == (ControlSpec(kind="canny", model="control_sd15_canny", weight=0.8, end=0.6),)


def test_a_map_made_beforehand_is_told_by_its_model() -> None:
    recipe, _ = pasted(**{"ControlNet 0": "Module: none, Model: control_v11f1p_sd15_depth [cfd03158], Weight: 1"})
    assert recipe.passes[0].controls[0].kind == "depth"
    recipe, said = pasted(**{"ControlNet 0": "Module: shuffle, Model: control_v11e_sd15_shuffle [x], Weight: 1"})
    assert recipe.passes[0].controls == () and "sees something that is not read here" in said


def test_a_recipe_is_written_as_auto1111_would_and_read_back() -> None:
    recipe = recipe_from(parse_infotext(BODY), parse_infotext(FACE), KNOWN).recipe
    hashes = {
        "realisticVisionV20_v20": "e6415c4892",
        "control_v1p_sd15_mediapipe_face": "9c7784a9",
        "ava_v3": "e73f1b0f16e6",
    }
    embeddings = {"NG_DeepNegative_V1_75T": "54e7e4826d53", "badhandv4": "5e40d722fc3d"}
    texts = [write_infotext(infotext_of(recipe, p, Facts((910, 512), hashes, embeddings))) for p in recipe.passes]
    assert 'Lora hashes: "ava_v3: e73f1b0f16e6", TI hashes: "NG_DeepNegative_V1_75T: 54e7e4826d53"' in texts[0]
    assert "Model hash: e6415c4892, Model: realisticVisionV20_v20" in texts[0] and "badhandv4" not in texts[0]
    again = recipe_from(parse_infotext(texts[0]), parse_infotext(texts[1]), KNOWN)
    assert again.left_out == ()
    assert again.recipe == recipe


def picture(**texts: str) -> bytes:
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text)
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (10, 20, 30)).save(file, "PNG", pnginfo=info)
    return file.getvalue()


@pytest.mark.parametrize("text", [BODY, "кино, 映画 – Ä", "a" * 5000])
def test_a_png_carries_the_text_as_auto1111_writes_it(text: str) -> None:
    assert infotext_in_png(picture(comment="x", parameters=text)) == text


def test_a_compressed_text_is_read() -> None:
    info, file = PngInfo(), io.BytesIO()
    info.add_text("parameters", BODY, zip=True)
    Image.new("RGB", (8, 8)).save(file, "PNG", pnginfo=info)
    assert infotext_in_png(file.getvalue()) == BODY


def test_our_pngs_carry_it_and_stay_the_same_picture() -> None:
    data = png_with_infotext(png_with_infotext(picture(comment="x"), "first"), "second – Ä")
    image = Image.open(io.BytesIO(data))
    assert isinstance(image, Image.Image) and image.getpixel((3, 3)) == (10, 20, 30)
    assert image.info == {"comment": "x", "parameters": "second – Ä"}
    assert infotext_in_png(data) == "second – Ä"


def test_pictures_without_settings_and_damaged_ones_are_one_sentence() -> None:
    whole = picture(parameters=BODY)
    for data, said in ((b"GIF89a", "not a PNG"), (picture(), "carries no settings"), (whole[:-30], "damaged")):
        with pytest.raises(RecipeError, match=said):
            infotext_in_png(data)
    changed = bytearray(whole)
    changed[whole.index(b"film still")] ^= 1
    with pytest.raises(RecipeError, match="damaged"):
        infotext_in_png(bytes(changed))


def test_a_text_that_unfolds_without_end_is_refused() -> None:
    info, file = PngInfo(), io.BytesIO()
    info.add(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(10_000_000)))
    Image.new("RGB", (8, 8)).save(file, "PNG", pnginfo=info)
    with pytest.raises(RecipeError, match="damaged"):
        infotext_in_png(file.getvalue())


@pytest.mark.parametrize(
    ("tag", "lora"),
    [
        ("<lora:ava>", NamedLora("ava")),
        ("<lora:ava:0.7>", NamedLora("ava", 0.7, 0.7)),
        ("<lora:ava:0.5:0.8>", NamedLora("ava", unet_weight=0.8, text_weight=0.5)),
        ("<lora:ava:te=0.2:unet=0.9>", NamedLora("ava", unet_weight=0.9, text_weight=0.2)),
        ("<lora:ava:-0.4>", NamedLora("ava", -0.4, -0.4)),
        ("<lyco:ava:much>", NamedLora("ava")),
    ],
)
def test_loras_are_taken_out_of_the_prompt(tag: str, lora: NamedLora) -> None:
    found = named_networks(f"film still {tag}, 35 mm")
    assert found.text == "film still , 35 mm" and found.loras == (lora,)


def test_other_tags_are_kept_aside_and_comparisons_are_words() -> None:
    found = named_networks("a < b > c <hypernet:old:1>")
    assert found.text == "a < b > c " and found.others == ("<hypernet:old:1>",)
    assert found.loras == ()

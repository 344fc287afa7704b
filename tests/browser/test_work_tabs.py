"""A test for each of the tabs Shot, Look, Render and Compare, in a real browser with the real app."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE, opened, running, shoot
from tests.browser.steps import choose, choose_frames, drop, few_steps, has_picture, set_number, turn_to

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

COLD = 8
"""Seconds that a cold start may take."""
SAMPLES = Path(__file__).parents[2] / "samples"
AT_ONCE = 0.3
"""Seconds within which a click must be seen to have done something."""


def test_shot_shows_cuts_and_people_and_takes_a_range(page: Page) -> None:
    film = page.locator(".film")
    expect(film).to_have_attribute("data-range", "0-115")
    expect(page.locator("#people")).to_contain_text("in 116 of 116 frames")
    expect(page.locator("#people")).to_contain_text("1 person at a time")
    expect(page.locator(".film-cut")).to_have_count(1)
    page.get_by_role("button", name=re.compile("^Set-up 2")).click()
    expect(page.get_by_label("First frame")).to_have_value("64")
    expect(film).to_have_attribute("data-range", "64-115")
    drag_end(page, "last", 0.75)
    expect(page.get_by_label("Last frame")).to_have_value(re.compile("8[567]"))
    page.get_by_label("End of the range").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Last frame")).to_have_value(re.compile("8[678]"))
    strip = page.locator(".film-strip")
    box = strip.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 70.5 / 116, box["y"] + 20)
    expect(page.locator("#shot-frame input[type=number]")).to_have_value("70")
    before = page.locator(".viewer img:visible").get_attribute("src")
    page.get_by_label("Number the people in the picture").check()
    expect(page.locator(".viewer img:visible")).not_to_have_attribute("src", str(before))
    shoot(page, "shot")


def drag_end(page: Page, end: str, share: float) -> None:
    """Drag an end of the range to a share of the strip's width."""
    strip, handle = page.locator(".film").bounding_box(), page.locator(f".film-end.{end}").bounding_box()
    assert strip is not None and handle is not None
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + 20)
    page.mouse.down()
    page.mouse.move(strip["x"] + strip["width"] * share, strip["y"] + 20, steps=5)
    page.mouse.up()


def test_a_folder_of_this_machine_that_holds_no_passes_gets_a_sentence(page: Page, tmp_path: Path) -> None:
    page.get_by_text("Mattes and engine passes").click()
    page.locator("#passes textarea, #passes input").fill(str(tmp_path))
    page.locator("#open-local").click()
    expect(page.locator(".toast-body")).to_contain_text(str(tmp_path.name))
    expect(page.locator(".toast-body")).not_to_contain_text("Traceback")


def test_look_previews_measures_and_says_what_has_changed(page: Page) -> None:
    few_steps(page)
    set_number(page, "look-frame", 44)
    expect(page.locator(".viewer img:visible")).to_be_visible()
    assert seconds_until_told(page) <= AT_ONCE
    status = page.locator("#look-status")
    expect(status).to_contain_text(re.compile(r"expression off 0\.\d+ · detail \d\.\d+"))
    shoot(page, "look")
    set_number(page, "face-denoising_strength", 0)
    page.locator("#face-denoising_strength input[type=number]").fill("0.3")
    page.locator("#face-denoising_strength input[type=number]").blur()
    expect(status).to_contain_text("Changed since: face denoising strength")
    expect(page.locator(".pass-about").last).to_contain_text("0.05 below body, may lose expression")
    set_number(page, "body-steps", 3)
    page.locator("#body-steps input[type=number]").focus()
    page.keyboard.press("Control+Enter")
    expect(status).to_contain_text("asked for")
    expect(status).not_to_contain_text("Changed since")
    expect(status).to_contain_text("detail")
    expect(page.locator("#strip .caption-label").filter(has_text="result before")).to_have_count(1)


def seconds_until_told(page: Page) -> float:
    """From a click on Preview frame to the first word of it on the page, as the page's own clock has it."""
    page.evaluate(
        """() => {
        const status = document.querySelector("#look-status"), button = document.querySelector("#preview");
        button.addEventListener("click", () => { window.asked = performance.now(); }, { once: true, capture: true });
        new MutationObserver((_, watch) => {
          if (!status.textContent.includes("Preview of frame 0044")) return;
          window.told = performance.now() - window.asked;
          watch.disconnect();
        }).observe(status, { childList: true, subtree: true, characterData: true });
        }"""
    )
    page.locator("#preview").click()
    page.wait_for_function("window.told !== undefined")
    return float(page.evaluate("window.told")) / 1000


def test_a_grid_is_made_and_a_click_takes_its_settings(page: Page) -> None:
    few_steps(page)
    set_number(page, "look-frame", 44)
    page.get_by_text("Grid and contact sheet").click()
    page.locator("#values-0 textarea, #values-0 input").fill("0.2, 0.6")
    page.locator("#make-grid").click()
    expect(page.locator("#look-status")).to_contain_text("2 times")
    captions = page.locator("#sheet .caption-label")
    expect(captions).to_have_count(2)
    expect(captions.last).to_contain_text(re.compile(r"denoising strength 0.6 · expression off 0\.\d+ · detail"))
    shoot(page, "look-grid")
    page.locator("#sheet img").last.click()
    expect(page.locator("#face-denoising_strength input[type=number]")).to_have_value("0.6")


def test_a_preset_is_saved_found_again_and_removed(page: Page) -> None:
    turn_to(page, "Look")
    set_number(page, "body-steps", 7)
    page.get_by_text("Save, paste, every setting").click()
    page.locator("#preset-title textarea, #preset-title input").fill("Night <b>blue")
    page.locator("#save-preset").click()
    card = page.get_by_role("radio", name="Night <b>blue")
    expect(card).to_have_attribute("aria-checked", "true")
    page.get_by_role("radio", name="Draft", exact=True).click()
    expect(page.locator("#body-steps input[type=number]")).to_have_value("25")
    card.click()
    expect(page.locator("#body-steps input[type=number]")).to_have_value("7")
    page.get_by_role("button", name="Remove this preset").click()
    page.get_by_role("button", name="Remove it for good").click()
    expect(card).to_have_count(0)
    expect(page.locator("#body-steps input[type=number]")).to_have_value("25")


def test_settings_are_pasted_and_a_typo_is_named(page: Page) -> None:
    turn_to(page, "Look")
    page.get_by_text("Save, paste, every setting").click()
    text = page.locator("#every-setting textarea")
    page.locator("#show-text").click()
    expect(text).to_have_value(re.compile("denoising_strength"))
    text.fill(text.input_value().replace("denoising_strength", "denoise_strength", 1))
    page.locator("#use-text").click()
    expect(page.locator(".toast-body")).to_contain_text("Did you mean `denoising_strength`?")
    text.fill(
        "rain\nNegative prompt: cartoon\nSteps: 21, Sampler: Euler a, CFG scale: 6, Seed: 5, Size: 912x512, "
        "Denoising strength: 0.61, Tonal wobble: 3"
    )
    page.locator("#use-text").click()
    expect(page.locator("#body-steps input[type=number]")).to_have_value("21")
    expect(page.locator("#prompt textarea")).to_have_value("rain")
    expect(page.locator("#left-out")).to_contain_text("Tonal wobble")


def test_a_prompt_of_ten_thousand_letters_is_taken(page: Page) -> None:
    turn_to(page, "Look")
    words = "natural light, " * 700
    page.locator("#prompt textarea").fill(words)
    page.get_by_text("Save, paste, every setting").click()
    page.locator("#show-text").click()
    expect(page.locator("#every-setting textarea")).to_have_value(re.compile("natural light"))
    assert page.locator("#every-setting textarea").input_value().count("natural light") >= 700


def test_render_shows_stages_and_what_changed_and_compare_its_figures(page: Page) -> None:
    choose_frames(page, 40, 45)
    few_steps(page)
    page.locator("#look-render").click()
    expect(page.locator("#progress")).to_contain_text("plate v")
    expect(page.locator("#progress .total")).to_be_visible()
    has_picture(page, ".viewer")
    shoot(page, "render")
    expect(page.locator("#outcome")).to_contain_text("Finished")
    expect(page.locator("#versions")).to_contain_text(re.compile(r"v\d{3}"))
    cut_at(page, 43, "Add")
    expect(page.locator(".film")).to_have_attribute("data-range", "40-45")
    set_strength(page, 0.25)
    page.locator("#look-render").click()
    expect(page.locator("#changed")).to_contain_text("denoising strength 0.2 → 0.25")
    expect(page.locator("#changed")).to_contain_text("added cuts empty → 43")
    expect(page.locator("#outcome")).to_contain_text("Finished")
    page.locator("#to-compare").click()
    compared(page)
    cut_at(page, 43, "Remove")


def cut_at(page: Page, frame: int, verb: str) -> None:
    """Set or take away a cut by hand."""
    turn_to(page, "Shot")
    set_number(page, "shot-frame", frame)
    page.get_by_role("button", name=f"{verb} a cut at" if verb == "Add" else f"{verb} the cut at").click()
    expect(page.locator("#setups")).to_contain_text("added by hand" if verb == "Add" else "1 cut found. Drag")


def set_strength(page: Page, value: float) -> None:
    turn_to(page, "Look")
    set_number(page, "face-denoising_strength", value)
    expect(page.locator(".pass-about").last).to_contain_text("0.10 below body")


def compared(page: Page) -> None:
    """The player with three versions at one frame, full-size pictures at rest, a reference, and a curve to click."""
    player = page.locator(".player")
    expect(player).to_have_attribute("data-frame", "0")
    expect(player).to_have_attribute("data-still", "0")
    choose(page, "side-a", re.compile("v001 result"))
    expect(page.locator(".player-tag.a")).to_contain_text("v001 result")
    page.locator("#drop-reference input[type=file]").set_input_files(
        SAMPLES / "interview" / "film_reference" / "film_0047.png"
    )
    expect(page.locator("#match")).to_be_visible()
    choose(page, "side-c", re.compile("reference"))
    expect(player).to_have_attribute("data-tiles", "3")
    player.focus()
    page.keyboard.press("s")
    page.keyboard.press("End")
    expect(player).to_have_attribute("data-frame", "5")
    expect(player).to_have_attribute("data-still", "5")
    shoot(page, "compare")
    choose(page, "side-c", re.compile("v001 result"))
    expect(page.locator(".player-tag.c")).to_contain_text("v001 result")
    expect(player).to_have_attribute("data-still", "5")
    expect(player).to_have_attribute("data-frame", "5")
    curves = page.locator(".player-curves").bounding_box()
    assert curves is not None
    page.mouse.click(curves["x"] + 96 + (curves["width"] - 96 - 88) * 2 / 5, curves["y"] + 20)
    expect(player).to_have_attribute("data-frame", "2")
    expect(page.locator("#share")).to_be_visible()
    page.get_by_text("Every figure").click()
    expect(page.locator(".figures").last).to_contain_text("Structure, whole frame")
    page.locator("#match").click()
    page.get_by_text("Save, paste, every setting").click()
    page.locator("#show-text").click()
    expect(page.locator("#every-setting textarea")).to_have_value(re.compile("grade_match"))


def test_compare_is_not_empty_before_there_is_a_render(page: Page) -> None:
    drop(page, SAMPLES / "stairwell" / "plate.mp4")
    expect(page.locator(".facts")).to_contain_text("108 frames")
    turn_to(page, "Compare")
    expect(page.get_by_text("Nothing to compare yet")).to_be_visible()
    has_picture(page, ".compared .viewer")
    expect(page.locator("#compare-render")).to_be_enabled()


def test_a_cold_start_costs_little(chromium: Browser, tmp_path: Path) -> None:
    """The server's processor time from nothing to a page in use, which is the same on a busy machine."""
    with running(tmp_path / "home") as app:
        context = chromium.new_context()
        context.set_default_timeout(PATIENCE)
        page = opened(context.new_page(), app)
        has_picture(page, ".viewer")
        times = Path(f"/proc/{app.process.pid}/stat").read_text().rpartition(")")[2].split()
        context.close()
    spent = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
    assert spent <= COLD

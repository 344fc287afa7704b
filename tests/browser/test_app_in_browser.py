"""The whole way in a real browser: open, preview, render, compare, stop, and what is refused."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import PATIENCE, App, opened, running
from tests.browser.steps import choose, choose_frames, drop, few_steps, has_picture, set_number, turn_to

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

SAMPLES = Path(__file__).parents[2] / "samples"


def test_the_page_opens_with_the_sample_shot(page: Page) -> None:
    expect(page.locator(".facts")).to_contain_text("640 × 360")
    expect(page.locator(".facts")).to_contain_text("24 frames a second")
    expect(page.locator(".facts")).to_contain_text("116 frames")
    expect(page.get_by_text("This is the sample shot")).to_be_visible()
    expect(page.get_by_label("Last frame")).to_have_value("115")
    has_picture(page, ".viewer")


def test_presets_that_are_not_ready_say_what_is_missing(page: Page) -> None:
    turn_to(page, "Look")
    page.get_by_role("radio", name="Cinematic body and face (not ready)").click()
    expect(page.locator("#presets")).to_contain_text("realisticVisionV20_v20")
    expect(page.locator("#body-guidance_scale input[type=number]")).to_have_value("7")
    page.locator("#preview").click()
    expect(page.locator(".toast-body")).to_contain_text("Cinematic body and face cannot be rendered here")


def test_a_file_that_is_no_video_gets_a_sentence_and_the_next_one_is_welcome(page: Page, tmp_path: Path) -> None:
    letter = tmp_path / "<b>letter<b>.mp4"
    letter.write_text("Dear studio, here is the shot.\n")
    held = list[Route]()
    page.route("**/queue/join*", lambda route: held.append(route))
    drop(page, letter)
    expect(page.locator("#drop .file-preview")).to_be_visible()
    expect(page.locator("#drop .icon-button-wrapper")).to_be_hidden()
    for route in held:
        route.continue_()
    page.unroute("**/queue/join*")
    toast = page.locator(".toast-body")
    expect(toast).to_contain_text(".mp4")
    expect(toast).not_to_contain_text("Traceback")
    expect(page.locator(".facts")).to_contain_text("116 frames")
    drop(page, SAMPLES / "stairwell" / "plate.mp4")
    expect(page.locator(".facts")).to_contain_text("108 frames")
    expect(page.get_by_text("This is the sample shot")).to_be_hidden()


def test_an_uploaded_shot_is_kept_opened_again_and_deleted(page: Page, app: App) -> None:
    drop(page, SAMPLES / "stairwell" / "plate.mp4")
    expect(page.locator(".facts")).to_contain_text("108 frames")
    expect(page.locator("#shots input")).to_have_value(re.compile("^plate, "))
    expect(page.locator("#room")).to_contain_text("of 200 GB used")
    plates = set((app.home / "users" / "local").glob("plate-*/plate.mp4"))
    assert plates and not [*app.home.glob("uploads/*/plate.mp4")]
    browser = page.context
    page.close()
    page = opened(browser.new_page(), app)
    expect(page.locator(".facts")).to_contain_text("116 frames")
    page.locator("#shots input").click()
    page.get_by_role("option", name=re.compile("^plate, ")).first.click()
    expect(page.locator(".facts")).to_contain_text("108 frames")
    page.locator("#remove").click()
    expect(page.locator("#remove")).to_have_text("Delete it and its versions for good")
    page.locator("#remove").click()
    expect(page.locator(".facts")).to_contain_text("116 frames")
    expect(page.locator("#remove")).to_be_hidden()
    assert len(plates - set((app.home / "users" / "local").glob("plate-*/plate.mp4"))) == 1


def test_a_preview_shows_everything_that_led_to_it(page: Page) -> None:
    few_steps(page)
    set_number(page, "look-frame", 44)
    page.locator("#preview").click()
    expect(page.get_by_text("Preview of frame 0044")).to_be_visible()
    has_picture(page, "#strip")
    captions = page.locator("#strip .caption-label").all_inner_texts()
    controls = ["body: pose", "body: edges", "body: face", "face: edges", "face: face"]
    parts = ["plate", *controls, "face matte", "body layer", "face layer", "result"]
    assert [caption.strip() for caption in captions if ", person " not in caption] == parts
    before = page.locator(".viewer img:visible").get_attribute("src")
    page.locator("#strip img").first.click()
    expect(page.locator(".viewer img:visible")).not_to_have_attribute("src", str(before))


def test_a_render_runs_to_its_end_and_is_compared(page: Page, app: App) -> None:
    choose_frames(page, 40, 43)
    few_steps(page)
    page.locator("#look-render").click()
    expect(page.locator("#progress")).to_contain_text("plate v")
    expect(page.locator("#outcome")).to_contain_text("Finished")
    expect(page.locator("#progress")).to_contain_text(re.compile(r"Measure\s*4 of 4"))
    has_picture(page, ".viewer")
    browser = page.context
    page.close()
    page = opened(browser.new_page(), app)
    expect(page.get_by_label("First frame")).to_have_value("40")
    turn_to(page, "Render")
    expect(page.locator("#outcome")).to_contain_text("Finished")
    page.locator("#to-compare").click()
    expect(page.locator(".figures").first).to_contain_text("Flicker added, whole frame")
    page.locator("#pack").click()
    mattes = page.locator("#files a[download='mattes.zip']").get_attribute("href")
    assert mattes and browser.request.get(mattes).body().startswith(b"PK")
    player = page.locator(".player")
    expect(player).to_have_attribute("data-frame", "0")
    expect(player.get_by_label("Frame", exact=True)).to_have_value("0040")
    player.focus()
    page.keyboard.press("ArrowRight")
    expect(player.get_by_label("Frame", exact=True)).to_have_value("0041")
    page.keyboard.press("Space")
    page.keyboard.press("n")
    page.locator("#note textarea").fill("Hold the <b>look</b> longer.")
    page.locator("#add-note").click()
    expect(page.locator("#notes")).to_contain_text("Hold the <b>look</b> longer.")
    choose(page, "side-b", re.compile("body layer"))
    expect(page.locator(".player-tag.b")).to_contain_text("body layer")
    folder = next((app.home / "users" / "local").glob("plate-*/v*"))
    made = sorted(path.name for path in folder.iterdir() if path.suffix)
    assert made == [
        "before-after.mp4",
        "layers.zip",
        "manifest.json",
        "mattes.zip",
        "measurements.json",
        "notes.json",
        "render.mp4",
        "report.html",
    ]


def test_stop_keeps_what_is_finished(page: Page) -> None:
    turn_to(page, "Render")
    page.locator("#render").click()
    page.locator("#stop").click()
    expect(page.locator("#outcome")).to_contain_text("Stopped")
    expect(page.locator("#outcome")).to_contain_text("Finished frames are kept")
    expect(page.locator("#render")).to_have_text("Go on")
    expect(page.locator("#stop")).to_be_disabled()


def test_a_render_pauses_and_goes_on(page: Page) -> None:
    """On the whole shot, which no machine finishes before the page has had time for a click."""
    few_steps(page)
    page.locator("#look-render").click()
    page.locator("#pause").click()
    expect(page.locator("#outcome")).to_contain_text("Paused")
    expect(page.locator("#pause")).to_be_disabled()
    page.locator("#render").click()
    expect(page.locator("#pause")).to_be_enabled()
    page.locator("#stop").click()
    expect(page.locator("#outcome")).to_contain_text("Stopped")


@pytest.mark.long
def test_a_killed_server_goes_on_with_the_render(chromium: Browser, tmp_path: Path) -> None:
    """SIGKILL in mid-render, a new server, the same browser: the page finds its render, going on from its frames."""
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE)
    with running(tmp_path / "home") as app:
        page = opened(context.new_page(), app)
        few_steps(page)
        page.locator("#look-render").click()
        expect(page.locator("#progress")).to_contain_text(re.compile(r"frame \d+ of 116"))
        app.process.kill()
        app.process.wait()
        page.close()
    with running(tmp_path / "home", port=app.port) as app:
        page = opened(context.new_page(), app)
        turn_to(page, "Render")
        expect(page.locator("#progress")).to_contain_text("kept from before")
        has_picture(page, ".viewer")
        context.close()


def test_visitors_from_other_machines_must_sign_in(tmp_path: Path) -> None:
    with running(tmp_path / "home", host="0.0.0.0", PHOTOPLAY_PASSWORD="a long one") as app:
        assert answer(f"{app.url}/config") == 401


def answer(url: str) -> int:
    """The status of a page."""
    try:
        with urllib.request.urlopen(url, timeout=60) as page:
            return page.status
    except urllib.error.HTTPError as refusal:
        return refusal.code

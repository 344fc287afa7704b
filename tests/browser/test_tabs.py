"""Characters, Models, Queue, Help and links in a real browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame
from tests.browser.conftest import PATIENCE, App, is_outside, opened, shoot
from tests.browser.steps import LONG, choose_frames, drop, few_steps, has_picture, turn_to, write

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three pictures with a face, one with a text beside it, and a file that is none."""
    from tests.conftest import INTERVIEW

    folder, shot, files = tmp_path_factory.mktemp("faces"), probe(INTERVIEW), list[Path]()
    for number in (5, 40, 90):
        files.append(folder / f"{number}.png")
        Image.fromarray(read_frame(shot, number).pixels).save(files[-1])
    (folder / "5.txt").write_text("Ines at the table")
    (folder / "letter.jpg").write_text("Dear studio")
    return [*files, folder / "5.txt", folder / "letter.jpg"]


def test_pictures_become_a_lora_that_is_chosen_and_used(page: Page, app: App, faces: list[Path]) -> None:
    few_steps(page)
    turn_to(page, "Characters")
    expect(page.locator("#verdict")).to_contain_text("12 to 30 pictures of one person")
    write(page, "training-name", "ines")
    write(page, "training-trigger", "Ines")
    drop(page, faces, "character-drop")
    expect(page.locator("#verdict")).to_contain_text("3 pictures are used")
    expect(page.locator("#verdict")).to_contain_text("1 could not be read")
    expect(page.locator("#verdict")).to_contain_text("no profiles")
    expect(page.locator("#report")).to_contain_text("letter.jpg")
    has_picture(page, "#character-pictures")
    shoot(page, "characters")
    page.locator("#train").click()
    expect(page.locator(".toast-body")).to_contain_text("say whose it is and that they have agreed")
    mend_a_caption(page, app)
    train_twice(page)
    shoot(page, "characters-train")
    choose_from_a_sheet(page)
    expect(page.locator("#prompt textarea")).to_have_value(re.compile(r"^Ines, .*<lora:ines:0\.5>$"))


def mend_a_caption(page: Page, app: App) -> None:
    """Edit a cell of the table, keep it, and find it again after a reload."""
    page.get_by_role("tab", name="2 Captions").click()
    table = page.locator("#captions")
    expect(table).to_contain_text("Ines at the table")
    table.get_by_text("Ines at the table").dblclick()
    cell = table.locator("textarea:focus")
    expect(cell).to_have_value("Ines at the table")
    cell.fill("Ines by the window")
    cell.press("Enter")
    page.locator("#save-captions").click()
    expect(table).to_contain_text("you")
    kept = app.home / "users" / "local" / "characters" / "ines" / "pictures" / "captions.json"
    assert json.loads(kept.read_text()) == {"5.png": "Ines by the window"}


def train_twice(page: Page) -> None:
    """Two steps, with two ranks, shown on a frame."""
    write(page, "training-consent", "Ines, a digital character of ours")
    write(page, "training-steps", "2")
    page.get_by_role("button", name="More settings").click()
    write(page, "training-batch_size", "1")
    write(page, "training-checkpoint_every", "1")
    page.get_by_role("button", name="Several at once").click()
    write(page, "vary-ranks", "4, 16")
    write(page, "shows-frame", "44")
    page.locator("#train").click()
    trainings = page.locator("#trainings")
    expect(trainings).to_contain_text("ines-r4")
    expect(trainings.get_by_text("finished")).to_have_count(2, timeout=LONG)
    expect(page.locator("#loss")).to_contain_text("at step 2")
    has_picture(page, "#character-samples")
    captions = page.locator("#character-samples .caption-label")
    expect(captions).to_have_text([re.compile(text) for text in ("ines at 1", "ines at 2", "ines-r4 at 2")])


def choose_from_a_sheet(page: Page) -> None:
    """Two cells on the artist's frame; the second is taken into Look at its weight."""
    turn_to(page, "Queue")
    turn_to(page, "Characters")
    expect(page.locator("#loras")).to_contain_text("called by 'Ines'")
    page.get_by_role("tab", name="4 Choose").click()
    expect(page.locator("#sheet-loras")).to_contain_text("ines")
    write(page, "sheet-weights", "0.5")
    write(page, "sheet-frame", "44")
    page.locator("#try-on").click()
    expect(page.locator("#sheet-state")).to_contain_text("trying on")
    expect(page.locator("#sheet-state")).to_contain_text(re.compile("finished|ready"), timeout=LONG)
    has_picture(page, "#lora-sheet")
    shoot(page, "characters-choose")
    page.locator("#lora-sheet .thumbnail-lg", has_text="ines · 0.5").click()
    expect(page.locator("#sheet-state")).to_contain_text("Likeness: no face model")
    page.locator("#use-cell").click()


def test_models_say_what_is_here_what_a_preset_lacks_and_that_there_is_no_network(
    page: Page, faces: list[Path]
) -> None:
    turn_to(page, "Models")
    draft = page.locator("#models tr", has_text="The embedded draft model")
    expect(draft).to_contain_text("here")
    expect(draft.locator("button")).to_have_count(0)
    shoot(page, "models")
    fetch = page.locator("#needed button").first
    fetch.click()
    expect(fetch).to_contain_text("Licence: CreativeML OpenRAIL-M")
    expect(page.locator("#fetching")).to_be_empty()
    fetch.click()
    expect(page.locator("#fetching")).to_contain_text("this machine seems to be offline")
    page.locator("#model-file input[type=file]").set_input_files(faces[0])
    expect(page.locator(".toast-body")).to_contain_text("holds no weights")


def test_the_queue_shows_pauses_takes_up_and_forgets_jobs(page: Page) -> None:
    few_steps(page)
    page.locator("#look-render").click()
    expect(page.locator("#progress")).to_contain_text("plate v")
    turn_to(page, "Queue")
    row = page.locator("#queue tbody tr").first
    expect(row).to_contain_text(re.compile("now.*render v"))
    expect(row.locator("img.newest")).to_be_visible(timeout=LONG)
    shoot(page, "queue")
    row.get_by_role("button", name="Pause").click()
    expect(row.get_by_role("button", name="Go on")).to_be_visible()
    row.get_by_role("button", name="Go on").click()
    expect(row.get_by_role("button", name="Pause")).to_be_visible()
    row.get_by_role("button", name="Stop").click()
    expect(row.get_by_role("button", name="Remove")).to_be_visible()
    before = page.locator("#queue tbody tr").count()
    row.get_by_role("button", name="Remove").click()
    expect(page.locator("#queue tbody tr")).to_have_count(before - 1 if before > 1 else 0)


def test_help_teaches_ten_steps_the_keys_and_the_words(page: Page) -> None:
    turn_to(page, "Help")
    expect(page.locator("#tutorial li")).to_have_count(10)
    expect(page.locator("#keys")).to_contain_text("wipe, side by side, difference")
    expect(page.locator("#glossary")).to_contain_text("premultiplied")
    shoot(page, "help")


def test_a_link_shows_the_comparison_to_a_stranger_until_it_is_taken_back(
    page: Page, app: App, chromium: Browser
) -> None:
    choose_frames(page, 40, 43)
    few_steps(page)
    page.locator("#look-render").click()
    expect(page.locator("#outcome")).to_contain_text("Finished", timeout=LONG)
    turn_to(page, "Compare")
    page.locator("#links-panel button").first.click()
    page.locator("#make-link").click()
    link = page.locator("#link :is(input, textarea)")
    expect(link).to_have_value(re.compile(rf"^{re.escape(app.url)}/share/[\w-]{{43}}/$"))
    address = link.input_value()
    context, faults = chromium.new_context(viewport={"width": 1280, "height": 800}), list[str]()
    context.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    context.on("request", lambda request: faults.append(request.url) if is_outside(app, request) else None)
    stranger = context.new_page()
    stranger.goto(address)
    player = stranger.locator(".player")
    expect(player).to_have_attribute("data-frame", "0")
    expect(player.get_by_label("Frame", exact=True)).to_have_value("0040")
    player.focus()
    stranger.keyboard.press("ArrowRight")
    expect(player).to_have_attribute("data-frame", "1")
    shoot(stranger, "link")
    assert not faults
    page.locator("#links button").click()
    expect(page.locator("#links")).to_be_empty()
    answer = stranger.goto(address)
    assert answer is not None and answer.status == 404
    context.close()


@pytest.mark.parametrize("width", [1280, 900])
def test_every_tab_fits_its_window(app: App, chromium: Browser, width: int) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 720})
    context.set_default_timeout(PATIENCE)
    page = opened(context.new_page(), app)
    for tab in ("Characters", "Models", "Queue", "Help"):
        turn_to(page, tab)
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
    context.close()

"""The whole way of an artist in a browser, judged by the frame numbers drawn into the clip, and what can go wrong.

Reloads at every stage, files of one name from two people, a prompt of 10,000 letters, a broken upload, a typo.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame
from pipeline.frames import Picture
from tests.browser.conftest import PASSWORDS, PATIENCE, App
from tests.browser.steps import (
    LONG,
    choose_frames,
    drop,
    few_steps,
    has_picture,
    set_number,
    sides,
    signed_in,
    turn_to,
    write,
)
from tests.conftest import INTERVIEW
from tests.footage import write_clip

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=PATIENCE)
FRAMES = range(40, 48)
"""Frames of the sample shot that the clip is made of; their numbers from 0 are drawn into it."""
CELL, BITS = 32, 4
SIZE = (640, 360)


def stamped(picture: Picture, number: int) -> Picture:
    """The picture with a number in binary along its upper left edge, the lowest bit first."""
    drawn = picture.copy()
    for bit in range(BITS):
        drawn[:CELL, bit * CELL : (bit + 1) * CELL] = 235 if number >> bit & 1 else 20
    return drawn


def stamp_in(picture: Picture) -> int:
    """The number that `stamped` drew into a picture of any size."""
    cell = CELL * picture.shape[0] / SIZE[1]
    middles = [(int(cell / 2), int((bit + 0.5) * cell)) for bit in range(BITS)]
    return sum(int(picture[y - 2 : y + 3, x - 2 : x + 3].mean() > 128) << bit for bit, (y, x) in enumerate(middles))


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a clip of a face whose frames carry their numbers, two pictures of it, and what is broken."""
    folder, shot = tmp_path_factory.mktemp("footage"), probe(INTERVIEW)
    pictures = [read_frame(shot, number).pixels for number in FRAMES]
    write_clip(folder / "take.mp4", [stamped(picture, at) for at, picture in enumerate(pictures)])
    (folder / "broken.mp4").write_bytes((folder / "take.mp4").read_bytes()[:20_000])
    for at in (0, 7):
        Image.fromarray(pictures[at]).save(folder / f"{at}.png")
    return folder


def drop_take(page: Page, clip: Path) -> None:
    drop(page, clip)
    expect(page.locator(".facts").first).to_contain_text("8 frames")


def reload(page: Page) -> None:
    page.reload()
    page.locator(".facts").first.wait_for()


def shown_in(page: Page) -> tuple[int, int]:
    """The numbers in the pixels of A and of B, side by side."""
    a, b = sides(page, SIZE)
    return stamp_in(a), stamp_in(b)


def test_the_whole_way(guarded: App, visitors: list[BrowserContext], footage: Path) -> None:
    page = signed_in(visitors[0], guarded, "ava")
    expect(page.locator("#user")).to_contain_text("Ava · Sign out")
    drop_take(page, footage / "take.mp4")
    preview_with_another_face_strength(page)
    render(page)
    compare(page)
    train(page, footage)
    use(page)
    a_second_person_sees_nothing_of_it(visitors[1], guarded, page)


def preview_with_another_face_strength(page: Page) -> None:
    few_steps(page)
    for strength in (0, 1):
        previewed(page, "0000", strength)


def previewed(page: Page, frame: str, face: float) -> None:
    """Preview the frame with this strength of the face pass, until another picture is seen."""
    shown = page.locator(".viewer img:visible")
    before = str(shown.get_attribute("src"))
    page.locator("#face-denoising_strength input[type=number]").fill(str(face))
    page.locator("#face-denoising_strength input[type=number]").blur()
    page.locator("#preview").click()
    expect(shown).not_to_have_attribute("src", before, timeout=LONG)
    expect(page.locator("#look-status .note.ok")).to_contain_text(f"Preview of frame {frame}", timeout=LONG)
    has_picture(page, "#strip")


def render(page: Page) -> None:
    choose_frames(page, 2, 5)
    turn_to(page, "Look")
    for name in ("body-denoising_strength", "face-denoising_strength"):
        set_number(page, name, 0)
    page.locator("#look-render").click()
    expect(page.locator("#progress")).to_contain_text("take v001")
    reload(page)
    turn_to(page, "Render")
    expect(page.locator("#outcome")).to_contain_text("Finished", timeout=LONG)


def compare(page: Page) -> None:
    """The numbers in the pixels of plate and result are the frame that the player names, after every step."""
    turn_to(page, "Compare")
    player = page.locator(".player")
    expect(player).to_have_attribute("data-frame", "0")
    page.locator("[data-mode=side]").click()
    player.focus()
    seen = []
    for at in (0, 1, 2, 3):
        expect(player).to_have_attribute("data-frame", str(at))
        seen.append((*shown_in(page), int(player.get_by_label("Frame", exact=True).input_value())))
        page.keyboard.press("ArrowRight")
    assert seen == [(2, 2, 2), (3, 3, 3), (4, 4, 4), (5, 5, 5)]


def train(page: Page, footage: Path) -> None:
    turn_to(page, "Characters")
    for name, text in (("name", "ines"), ("trigger", "Ines"), ("consent", "Ines, ours"), ("steps", "20")):
        write(page, f"training-{name}", text)
    drop(page, [footage / "0.png", footage / "7.png"], "character-drop")
    expect(page.locator("#verdict")).to_contain_text("2 pictures are used")
    page.get_by_role("button", name="More settings").click()
    write(page, "training-batch_size", "1")
    page.locator("#train").click()
    expect(page.locator("#trainings")).to_contain_text("ines")
    reload(page)
    turn_to(page, "Queue")
    expect(page.locator("#queue tr", has_text="train ines")).to_contain_text("finished", timeout=LONG)


def use(page: Page) -> None:
    turn_to(page, "Characters")
    page.locator("#loras").get_by_role("button", name="Use in Look").click()
    expect(page.locator("#prompt textarea")).to_have_value(re.compile("<lora:ines:0.8>$"))
    few_steps(page)
    previewed(page, "0002", face=0.9)


def a_second_person_sees_nothing_of_it(context: BrowserContext, app: App, hers: Page) -> None:
    page = signed_in(context, app, "bob")
    expect(page.locator("#user")).to_contain_text("Bob")
    expect(page.locator(".facts").first).to_contain_text("116 frames")
    for tab in ("Shot", "Look", "Render", "Compare", "Characters", "Models", "Queue"):
        turn_to(page, tab)
        page.wait_for_timeout(1000)
        words = page.locator("body").inner_text()
        assert not re.search(r"\btake\b|\bines\b|Ava", words), tab
    for address in hers.locator("img").evaluate_all(
        "all => all.map(one => one.src).filter(src => src.includes('file='))"
    ):
        assert page.request.get(address).status == 403


def test_two_people_send_files_of_one_name(guarded: App, visitors: list[BrowserContext], footage: Path) -> None:
    pages = [signed_in(context, guarded, name) for context, name in zip(visitors, PASSWORDS, strict=True)]
    other = footage / "other" / "take.mp4"
    other.parent.mkdir(exist_ok=True)
    write_clip(other, [np.full((96, 128, 3), 90, np.uint8)] * 5)
    drop(pages[0], footage / "take.mp4")
    drop(pages[1], other)
    expect(pages[0].locator(".facts").first).to_contain_text("640 × 360")
    expect(pages[0].locator(".facts").first).to_contain_text("8 frames")
    expect(pages[1].locator(".facts").first).to_contain_text("5 frames")


def test_what_goes_wrong_is_a_sentence_and_loses_nothing(
    guarded: App, visitors: list[BrowserContext], footage: Path, tmp_path: Path
) -> None:
    page = signed_in(visitors[0], guarded, "ava")
    drop(page, footage / "broken.mp4")
    expect(page.locator(".toast-body").first).to_contain_text("broken.mp4")
    drop_take(page, footage / "take.mp4")
    few_steps(page)
    page.locator("#prompt textarea").fill("a very long wish, " * 560)
    page.locator("#prompt textarea").blur()
    previewed(page, "0000", face=0.5)
    broken = tmp_path / "mine.toml"
    broken.write_text('title = "Mine"\ncheckpoint = "draft"\ndenoise_strength = 1\n[[passes]]\nname = "body"\n')
    page.locator("#keeping button").first.click()
    page.locator("#drop-settings input[type=file]").set_input_files(broken)
    expect(page.locator(".toast-body").last).to_contain_text("denoise_strength")
    words = page.locator("body").inner_text()
    assert "Traceback" not in words and "Error" not in words

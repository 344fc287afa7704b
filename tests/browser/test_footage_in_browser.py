"""Footage in a real browser: picture sequences, engine passes and cuts set by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, Page, expect

from jobs.store import Store
from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.clip.still import encode_png
from pipeline.frames import FrameRange
from server.users import Users
from tests.browser.conftest import PASSWORDS, PATIENCE, App, running, shoot
from tests.browser.steps import choose_frames, drop, has_picture, set_number, signed_in, turn_to
from tests.clip.engine import write_depth, write_ids, write_motion, write_plate
from tests.conftest import INTERVIEW

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Frames 60 to 67 of the sample as pictures numbered from 1001; the fourth is missing."""
    folder = tmp_path_factory.mktemp("pictures")
    for frame in read_frames(probe(INTERVIEW), FrameRange(60, 67)):
        if frame.number != 63:
            (folder / f"Take7_{frame.number + 941:04d}.png").write_bytes(encode_png(frame.pixels))
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small scene as an engine writes it: zips of the plate and of its passes."""
    folder = tmp_path_factory.mktemp("scene")
    write_ids(write_depth(write_motion(folder / "aov")))
    (folder / "aov" / "ids.json").write_text(json.dumps({"objects": [{"name": "Box", "colour": [0, 0, 7]}]}))
    write_plate(folder / "plate")
    for name in ("aov", "plate"):
        with ZipFile(folder / f"{name}.zip", "w") as archive:
            for path in sorted((folder / name).iterdir()):
                archive.write(path, f"{name}/{path.name}")
    return folder


def unfold(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def test_pictures_become_a_shot_once_their_rate_and_gaps_are_settled(
    page: Page, app: App, pictures: list[Path]
) -> None:
    drop(page, pictures)
    asked = page.locator("#asked")
    expect(asked).to_contain_text("7 pictures, numbers 1001 to 1008. 1 is missing: 1004.")
    expect(asked).to_contain_text("do not say how many frames a second")
    expect(page.locator(".facts")).to_contain_text("116 frames")
    page.locator("#open-sequence").click()
    expect(page.locator(".toast-body")).to_contain_text("Take7_####.png has no number 1004.")
    page.locator("#rate :is(input, textarea)").fill("25")
    page.get_by_label("Hold the frame before").check()
    shoot(page, "shot-sequence")
    page.locator("#open-sequence").click()
    expect(page.locator(".facts")).to_contain_text("25 frames a second")
    expect(page.locator(".facts")).to_contain_text("8 frames")
    expect(page.locator(".note", has_text="of Take7_####.png")).to_contain_text("is missing and holds")
    expect(asked).to_be_hidden()
    has_picture(page, ".viewer")
    expect(page.locator("#shots input")).to_have_value(re.compile("^Take7, "))
    expect(page.locator("#setups")).to_contain_text(re.compile(r"Set-up 1 · 0000-000\d"))
    assert [*app.home.glob("users/local/Take7-*/plate/Take7_1001.png")]
    page.reload()
    page.locator("#shots input").click()
    page.get_by_role("option", name=re.compile("^Take7, ")).first.click()
    expect(page.locator(".facts")).to_contain_text("25 frames a second")
    read_otherwise(page)


def read_otherwise(page: Page) -> None:
    """Another rate, and black where a frame is missing; what cannot be changes nothing, and a reload keeps it."""
    reading = page.locator("#reading")
    expect(reading).to_contain_text("Read at 25 frames a second, a missing frame: hold the frame before")
    unfold(page, "Read at 25 frames a second")
    reading.get_by_label("Refuse").check()
    page.locator("#read-so").click()
    expect(page.locator(".toast-body")).to_contain_text("Take7_####.png has no number 1004.")
    page.locator("#read-rate :is(input, textarea)").fill("23.976")
    reading.get_by_label("Black").check()
    page.locator("#read-so").click()
    expect(reading).to_contain_text("Read at 23.976 frames a second, a missing frame: black")
    expect(page.locator(".facts")).to_contain_text("23.976 frames a second")
    expect(page.locator(".note", has_text="of Take7_####.png")).to_contain_text("is missing and is black")
    expect(page.locator("#people")).to_contain_text("in 7 of 8 frames")
    shoot(page, "shot-reading")
    page.reload()
    expect(page.locator(".facts")).to_contain_text("116 frames")
    expect(reading).to_be_hidden()
    page.locator("#shots input").click()
    page.get_by_role("option", name=re.compile("^Take7, ")).first.click()
    expect(page.locator(".facts")).to_contain_text("23.976 frames a second")


def test_pictures_that_are_none_get_a_sentence(page: Page, pictures: list[Path], tmp_path: Path) -> None:
    letter = tmp_path / "Take7_1009.png"
    letter.write_text("Dear studio")
    drop(page, [*pictures, letter])
    expect(page.locator(".toast-body")).to_contain_text("Take7_1009.png is none of the kinds of file")
    expect(page.locator("#asked")).to_be_hidden()


def test_a_zip_of_passes_is_shown_used_and_removed(page: Page, app: App, scene: Path) -> None:
    drop(page, [scene / "plate.zip"])
    page.locator("#open-sequence").click()
    expect(page.locator(".facts")).to_contain_text("12 frames")
    unfold(page, "Mattes and engine passes")
    drop(page, [scene / "aov.zip"], "passes-drop")
    about = page.locator("#passes-about")
    vectors = about.locator("tr", has_text="MotionVectors")
    expect(vectors).to_contain_text("12 frames, numbers 1-12")
    expect(vectors).to_contain_text("as the plate")
    expect(about).to_contain_text("R > 0 is right, G > 0 is up, from the frame before")
    expect(about).to_contain_text("Regions for a pass: object 1, Box")
    expect(page.locator("#setups")).to_contain_text("Set-up 1 · 0000-0011")
    about.scroll_into_view_if_needed()
    shoot(page, "shot-passes")
    page.locator("#shot-render").click()
    turn_to(page, "Render")
    expect(page.locator("#progress")).to_contain_text("plate v001")
    page.locator("#stop").click()
    expect(page.locator("#outcome")).to_contain_text("Stopped")
    assert "passes-" in str(newest_spec(app)["passes"])
    page.reload()
    page.locator(".facts").wait_for()
    unfold(page, "Mattes and engine passes")
    expect(about).to_contain_text("Regions for a pass: object 1, Box")
    page.locator("#remove-passes").click()
    expect(about).to_contain_text("make the picture steadier")
    expect(page.locator("#remove-passes")).to_be_hidden()
    drop(page, sorted((scene / "plate").iterdir())[:2], "passes-drop")
    expect(page.locator(".toast-body")).to_contain_text("No engine passes were recognised")


def newest_spec(app: App) -> dict[str, object]:
    """What the newest job was asked for."""
    return dict(Store(app.home / "jobs").jobs()[-1].spec)


def test_cuts_are_set_and_taken_away_by_hand(page: Page) -> None:
    setups, cut = page.locator("#setups"), page.locator("#cut")
    expect(setups).to_contain_text("1 cut found.")
    choose_frames(page, 10, 80)
    set_number(page, "shot-frame", 30)
    expect(cut).to_have_text("Add a cut at frame 0030")
    cut.click()
    expect(setups).to_contain_text("Set-up 2 · 0030-0063")
    expect(setups).to_contain_text("1 cut found. 1 added by hand.")
    expect(page.get_by_label("Last frame")).to_have_value("80")
    expect(cut).to_have_text("Remove the cut at frame 0030")
    shoot(page, "shot")
    page.locator(".film-cut[data-frame='64']").click()
    expect(cut).to_have_text("Remove the cut at frame 0064")
    cut.click()
    expect(setups).to_contain_text("Set-up 2 · 0030-0115")
    expect(setups).to_contain_text("1 cut found. 1 added by hand, 1 removed by hand.")
    page.reload()
    expect(setups).to_contain_text("Set-up 2 · 0030-0115")
    for frame, left in ((30, r"Set-up 1 · 0000-0115"), (64, r"Set-up 2 · 0064-0115.*1 cut found\. Drag")):
        set_number(page, "shot-frame", frame)
        expect(cut).to_contain_text(f"{frame:04d}")
        cut.click()
        expect(setups).to_contain_text(re.compile(left))


def test_a_user_of_a_server_hands_in_pictures_and_nobody_else_sees_them(
    chromium: Browser, pictures: list[Path], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    for name, password in PASSWORDS.items():
        Users(home / "users.json").add(name, password, name.capitalize())
    with running(home, host="0.0.0.0") as app:
        contexts = [chromium.new_context(viewport={"width": 1280, "height": 800}) for _ in PASSWORDS]
        for context in contexts:
            context.set_default_timeout(PATIENCE)
        ava, bob = (signed_in(context, app, name) for context, name in zip(contexts, PASSWORDS, strict=True))
        drop(ava, pictures[:3])
        ava.locator("#open-sequence").click()
        expect(ava.locator(".facts")).to_contain_text("3 frames")
        expect(ava.get_by_text("on this machine")).to_be_hidden()
        shown = ava.locator(".viewer img:visible").get_attribute("src")
        assert shown and ava.request.get(shown).status == 200 and bob.request.get(shown).status == 403
        bob.reload()
        bob.locator(".facts").wait_for()
        expect(bob.locator("#shots")).to_be_hidden()
        for context in contexts:
            context.close()

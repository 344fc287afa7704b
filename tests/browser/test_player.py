"""The player in Chromium, judged by the numbers in the pixels it shows."""

from __future__ import annotations

import base64
import io
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.player_page import COUNT, FIRST, SIZE
from tests.browser.steps import sides
from tests.footage import number_in

pytestmark = pytest.mark.browser
PLAYED = 10
"""Seconds that the movie plays."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, script = tmp_path_factory.mktemp("player"), Path(__file__).parent / "player_page.py"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([sys.executable, script, folder, str(port)], stdout=log, stderr=subprocess.STDOUT)
    url, limit = f"http://127.0.0.1:{port}", time.monotonic() + 120
    while time.monotonic() < limit and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            break
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    yield url
    server.terminate()
    server.wait(60)


@pytest.fixture
def player(address: str, chromium: Browser) -> Iterator[Page]:
    page, faults = chromium.new_page(viewport={"width": 1280, "height": 800}), list[str]()
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(address)
    page.locator('.player[data-frame="7"]').wait_for(timeout=60_000)
    page.locator("[data-mode=side]").click()
    yield page
    page.close()
    assert not faults


def numbers(page: Page) -> tuple[int, int]:
    """The frame numbers in the pixels of A and of B, side by side."""
    left, right = sides(page, SIZE)
    return number_in(left), number_in(np.bitwise_not(right))


def go_to(page: Page, frame: int) -> None:
    box = page.get_by_label("Frame", exact=True)
    box.fill(str(frame + FIRST))
    box.press("Enter")
    page.locator(f'.player[data-frame="{frame}"]').wait_for()


def test_after_every_seek_both_pictures_and_the_label_are_of_the_frame_asked_for(player: Page) -> None:
    dice = random.Random(5)
    wanted = [dice.randrange(COUNT) for _ in range(100)]
    seen = []
    for frame in wanted:
        go_to(player, frame)
        seen.append((*numbers(player), int(player.get_by_label("Frame", exact=True).input_value()) - FIRST))
    assert seen == [(frame, frame, frame) for frame in wanted]


def test_while_it_plays_both_pictures_are_of_the_same_frame(player: Page) -> None:
    player.locator(".player").focus()
    player.keyboard.press("Space")
    seen, end = [], time.monotonic() + PLAYED
    while time.monotonic() < end:
        seen.append(numbers(player))
    assert len({a for a, _ in seen}) > COUNT / 4
    assert all(a == b for a, b in seen)


def test_stopping_keeps_the_frame_that_is_seen(player: Page) -> None:
    player.locator(".player").focus()
    player.keyboard.press("Space")
    player.wait_for_function("Number(document.querySelector('.player').dataset.frame) > 20")
    player.keyboard.press("n")
    expect(player.locator("#noted textarea")).not_to_have_value("")
    frame = int(player.locator("#noted textarea").input_value()) - FIRST
    player.locator(f'.player[data-frame="{frame}"]').wait_for()
    assert numbers(player) == (frame, frame)


def test_keys_step_jump_and_go_from_flag_to_flag(player: Page) -> None:
    go_to(player, 40)
    player.locator(".player").focus()
    for key, frame in (("ArrowRight", 41), ("ArrowLeft", 40), ("Shift+ArrowRight", 50), ("]", 90), ("[", 50)):
        player.keyboard.press(key)
        player.locator(f'.player[data-frame="{frame}"]').wait_for()
    for key, frame in (("End", COUNT - 1), ("Home", 0)):
        player.keyboard.press(key)
        player.locator(f'.player[data-frame="{frame}"]').wait_for()


def test_a_loop_stays_in_its_range(player: Page) -> None:
    player.locator(".player").focus()
    go_to(player, 60)
    player.locator(".player").focus()
    player.keyboard.press("i")
    player.keyboard.press("Shift+ArrowRight")
    player.locator('.player[data-frame="70"]').wait_for()
    player.keyboard.press("o")
    expect(player.locator(".player-loop")).to_have_text(f"Loop {FIRST + 60}-{FIRST + 70}")
    player.keyboard.press("Space")
    seen, end = [], time.monotonic() + 3
    while time.monotonic() < end:
        seen.append(numbers(player)[0])
    assert min(seen) >= 60
    assert max(seen) <= 72
    assert sum(later < earlier for earlier, later in pairwise(seen)) >= 2


def test_a_click_on_a_curve_goes_to_that_frame(player: Page) -> None:
    curves = player.locator(".player-curves")
    box = curves.bounding_box()
    assert box is not None
    curves.click(position={"x": 96 + (box["width"] - 96 - 88) / 2, "y": 20})
    player.locator('.player[data-frame="60"]').wait_for()
    assert numbers(player) == (60, 60)


def test_the_wipe_shows_a_on_the_left_and_b_on_the_right_of_one_frame(player: Page) -> None:
    go_to(player, 33)
    player.locator("[data-mode=wipe]").click()
    data = player.evaluate("document.querySelector('.player-picture').toDataURL()").split(",")[1]
    screen = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")).astype(int)
    scale = min(screen.shape[1] / SIZE[0], screen.shape[0] / SIZE[1])
    left = (screen.shape[1] - SIZE[0] * scale) / 2
    row = int((screen.shape[0] - SIZE[1] * scale) / 2 + 0.1 * SIZE[1] * scale)
    a, b = (screen[row, int(left + share * SIZE[0] * scale)] for share in (0.4, 0.6))
    assert a[0] > a[2]
    assert b[0] < b[2]

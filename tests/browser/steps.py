"""What the tests do on the page, as a person would."""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from pipeline.frames import Picture
from tests.browser.conftest import PASSWORDS, App

LONG = 600_000
"""Milliseconds that a short training and its pictures may take on a busy machine."""


def turn_to(page: Page, tab: str) -> None:
    page.get_by_role("tab", name=tab).click()


def set_number(page: Page, name: str, value: float) -> None:
    field = page.locator(f"#{name} input[type=number]")
    field.fill(str(value))
    field.blur()


def choose(page: Page, dropdown: str, option: re.Pattern[str]) -> None:
    """Take an option of a dropdown."""
    page.locator(f"#{dropdown} input").click()
    page.get_by_role("option", name=option).first.click()


def write(page: Page, name: str, text: str) -> None:
    """Fill a field and leave it."""
    field = page.locator(f"#{name} :is(input:not([type=range]), textarea)").first
    field.fill(text)
    field.blur()


def drop(page: Page, files: Path | Sequence[Path], place: str = "drop") -> None:
    """Drop files as soon as there is room for them: those dropped before have been taken in."""
    expect(page.locator(f"#{place} .file-preview")).to_have_count(0)
    page.locator(f"#{place} input[type=file]").set_input_files(files)


def choose_frames(page: Page, first: int, last: int) -> None:
    turn_to(page, "Shot")
    page.get_by_label("Last frame").fill(str(last))
    page.get_by_label("First frame").fill(str(first))
    page.get_by_label("First frame").blur()


def few_steps(page: Page) -> None:
    """A preview that takes seconds: two steps of each pass, full strength. Pictures for the docs are made with all."""
    turn_to(page, "Look")
    if "PHOTOPLAY_SCREENS" in os.environ:
        return
    for name in ("body-steps", "face-steps"):
        set_number(page, name, 2)


def has_picture(page: Page, place: str) -> None:
    """Wait until a picture in this place is loaded and has pixels."""
    page.wait_for_function(
        "place => [...document.querySelectorAll(`${place} img`)].some(i => i.naturalWidth > 0)", arg=place
    )


def signed_in(context: BrowserContext, app: App, name: str) -> Page:
    """The app's page, reached through the form."""
    page = context.new_page()
    page.goto(app.url)
    expect(page).to_have_url(f"{app.url}/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORDS[name])
    page.get_by_role("button", name="Sign in").click()
    page.locator(".facts").wait_for()
    return page


def sides(page: Page, size: tuple[int, int]) -> tuple[Picture, Picture]:
    """The pixels of A and of B in the player, side by side; size: width and height of a whole picture."""
    data = page.evaluate("document.querySelector('.player-picture').toDataURL()").split(",")[1]
    screen = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))
    height, half = screen.shape[0], screen.shape[1] // 2 - 1
    scale = min(half / size[0], height / size[1])
    width, tall = round(size[0] * scale), round(size[1] * scale)
    x, y = (half - width) // 2, (height - tall) // 2
    left, right = (screen[y : y + tall, start + x : start + x + width] for start in (0, half + 2))
    return left, right

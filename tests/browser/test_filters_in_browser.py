"""Filters in a real browser: added, ordered, set, told in the text and kept over a reload."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PATIENCE, shoot
from tests.browser.steps import turn_to

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)


def test_filters_are_picked_ordered_set_and_told(page: Page) -> None:
    turn_to(page, "Look")
    page.get_by_role("radio", name=re.compile("^Full workflow")).click()
    folded, after = page.locator("#filters"), page.locator("#filters-finish")
    expect(folded).to_contain_text("after: local deflicker, dejitter, round trip, sharpen, grain")
    folded.get_by_role("button").first.click()
    after.get_by_label("add a filter").select_option("halation")
    expect(folded).to_contain_text("sharpen, grain, halation")
    for name in ("local deflicker", "dejitter"):
        after.get_by_role("button", name=f"Remove {name}").click()
    after.get_by_role("button", name="Earlier: halation").click()
    expect(folded).to_contain_text("after: round trip, sharpen, halation, grain")
    after.get_by_label("3 halation").uncheck()
    expect(folded).to_contain_text("after: round trip, sharpen, grain")
    shoot(page, "look-filters")
    set_amounts(after)
    page.get_by_text("Save, paste, every setting").click()
    page.locator("#show-text").click()
    text = page.locator("#every-setting textarea")
    expect(text).to_have_value(re.compile('kind = "halation"'))
    expect(text).to_have_value(re.compile("amount = 4.25"))
    expect(text).not_to_have_value(re.compile('kind = "dejitter"'))
    text.fill(text.input_value().replace("amount = 4.25", "amount = 6.5"))
    page.locator("#use-text").click()
    expect(after.get_by_label("grain: amount")).to_have_value("6.5")
    expect(page.locator("#setups")).to_contain_text("1 cut found")
    page.reload()
    turn_to(page, "Look")
    expect(folded).to_contain_text("after: round trip, sharpen, grain")
    folded.get_by_role("button").first.click()
    expect(after.get_by_label("grain: amount")).to_have_value("6.5")
    expect(after.get_by_label("sharpen: amount")).to_have_value("0.9")
    expect(after.get_by_label("sharpen: area")).to_have_value("face")


def set_amounts(after: Locator) -> None:
    """A slider, its number, a list; what lies beyond the bounds is brought back to them."""
    sharpen, grain = after.locator("[data-kind=sharpen]"), after.get_by_label("grain: amount")
    sharpen.locator("[type=range]").first.fill("0.9")
    expect(sharpen.get_by_label("sharpen: amount")).to_have_value("0.9")
    sharpen.get_by_label("sharpen: area").select_option("face")
    expect(after.get_by_text("Deviation in the middle tones")).to_be_hidden()
    grain.fill("900")
    expect(after.get_by_text("Deviation in the middle tones")).to_be_visible()
    grain.blur()
    expect(grain).to_have_value("30")
    grain.fill("4.25")
    grain.blur()

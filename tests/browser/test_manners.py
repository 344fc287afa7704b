"""Manners of the page: legible everywhere (WCAG AA), no Title Case, usable at 1280x720 and on a tablet's width."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE
from tests.browser.steps import turn_to

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

TABS = ("Shot", "Look", "Render", "Compare")
ENOUGH, ENOUGH_LARGE = 4.5, 3.0
"""WCAG 2.1, 1.4.3: the contrast of text, and of text of 24 px, or 18.66 px in bold."""
LIGHT = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((one, at) => one * a + below[at] * (1 - a));
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [0x16, 0x16, 0x16]);
  };
  const light = (rgb) => {
    const linear = (one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map((one) => linear(one / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    if (!box.width || !box.height || element.closest("script, style, :disabled")) continue;
    const back = behind(element), ink = over(rgba(style.color), back);
    const [high, low] = [light(ink), light(back)].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    found.push({ text: text.slice(0, 200), ratio: (high + 0.05) / (low + 0.05), large, size });
  }
  return found;
}"""
"""Every visible text of the page with the contrast of its computed colours."""


@pytest.mark.parametrize("tab", TABS)
def test_every_text_is_legible(page: Page, tab: str) -> None:
    """Disabled controls are left out, as the guideline does."""
    open_tab(page, tab)
    texts = page.evaluate(LIGHT)
    assert len(texts) > 10
    pale = [one for one in texts if one["ratio"] < (ENOUGH_LARGE if one["large"] else ENOUGH)]
    assert pale == []


def open_tab(page: Page, tab: str) -> None:
    """A tab with everything on it that unfolds."""
    turn_to(page, tab)
    page.wait_for_timeout(1000)
    for fold in page.locator(".folded > button:visible").all():
        fold.click()
    page.wait_for_timeout(500)


@pytest.mark.parametrize("tab", TABS)
def test_nothing_is_written_in_title_case(page: Page, tab: str) -> None:
    """Three words or more that all begin with a capital letter; names are never that long here."""
    open_tab(page, tab)
    words = [one["text"] for one in page.evaluate(LIGHT) if one["size"] > 0]
    assert [text for text in words if re.search(r"\b[A-Z][a-z]+ [A-Z][a-z]+ [A-Z][a-z]+\b", text)] == []


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768), (820, 1180)])
def test_nothing_is_cut_off(page: Page, width: int, height: int) -> None:
    """At every width the page scrolls down and never sideways, and the main button of each tab can be reached."""
    page.set_viewport_size({"width": width, "height": height})
    buttons = {"Shot": "Choose a look", "Look": "Preview frame", "Render": "Render shot", "Compare": "Render shot"}
    for tab, button in buttons.items():
        turn_to(page, tab)
        page.wait_for_timeout(700)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
        main = page.get_by_role("button", name=button).locator("visible=true").first
        main.scroll_into_view_if_needed()
        box = main.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width, tab


def test_a_setting_says_what_it_does_and_what_the_source_workflow_used(page: Page) -> None:
    turn_to(page, "Look")
    strength = page.locator("#face-denoising_strength")
    strength.hover()
    expect(strength.locator(".info-text")).to_be_visible()
    expect(strength).to_contain_text("Expression is lost first")
    expect(strength).to_contain_text("0.15 below the body")

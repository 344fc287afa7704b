"""Below a path, behind a real reverse proxy that takes the path away: everything works as at a root."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from server.users import Users
from tests.browser.conftest import PATIENCE, faults_of, running, without_cut_off
from tests.browser.proxy import Proxy, proxied
from tests.browser.steps import choose_frames, drop, few_steps, has_picture, set_number, turn_to

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=PATIENCE)
STAIRWELL = Path(__file__).parents[2] / "samples" / "stairwell" / "plate.mp4"
PREFIX, PASSWORD = "/photoplay", "a long one for ava"
LONG = 600_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The app with one user, reached through the proxy alone."""
    home = tmp_path_factory.mktemp("sub") / "home"
    Users(home / "users.json").add("ava", PASSWORD, "Ava")
    options = ("--root-path", PREFIX, "--behind-proxy", "127.0.0.1")
    with running(home, options=options) as app, proxied(app.port, PREFIX) as proxy:
        yield proxy
    assert proxy.outside == []


@pytest.fixture
def page(site: Proxy, chromium: Browser) -> Iterator[Page]:
    """A window that has signed in. Script errors, and requests to anywhere beside the path, fail the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    faults = faults_of(context)
    context.on("request", lambda request: faults.append(request.url) if is_beside(site, request.url) else None)
    page = context.new_page()
    page.goto(f"{site.url}/")
    expect(page).to_have_url(f"{site.url}/sign-in")
    page.get_by_label("Name").fill("ava")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator(".facts").wait_for()
    expect(page).to_have_url(f"{site.url}/")
    yield page
    context.close()
    assert without_cut_off(faults) == []


def is_beside(site: Proxy, url: str) -> bool:
    return not url.startswith((f"{site.url}/", "data:", "blob:"))


def test_a_clip_is_uploaded_and_previewed_below_the_path(page: Page) -> None:
    has_picture(page, ".viewer")
    drop(page, STAIRWELL)
    expect(page.locator(".facts")).to_contain_text("108 frames")
    has_picture(page, ".viewer")
    has_picture(page, "#film")
    few_steps(page)
    set_number(page, "look-frame", 20)
    page.locator("#preview").click()
    expect(page.get_by_text("Preview of frame 0020")).to_be_visible(timeout=LONG)
    has_picture(page, "#strip")


def test_a_render_is_compared_and_shared_below_the_path(page: Page, site: Proxy, chromium: Browser) -> None:
    choose_frames(page, 40, 42)
    few_steps(page)
    page.locator("#look-render").click()
    expect(page.locator("#outcome")).to_contain_text("Finished", timeout=LONG)
    turn_to(page, "Compare")
    player = page.locator(".player").first
    expect(player).to_have_attribute("data-frame", "0")
    player.focus()
    page.keyboard.press("ArrowRight")
    expect(player).to_have_attribute("data-frame", "1")
    page.locator("#pack").click()
    mattes = page.locator("#files a[download='mattes.zip']").get_attribute("href")
    assert mattes and page.request.get(mattes).body().startswith(b"PK")
    page.locator("#links-panel button").first.click()
    page.locator("#make-link").click()
    link = page.locator("#link :is(input, textarea)")
    expect(link).to_have_value(re.compile(rf"^{re.escape(site.url)}/share/[\w-]{{43}}/$"))
    with chromium.new_context() as context:
        asked = list[str]()
        context.on("request", lambda request: asked.append(request.url))
        stranger = context.new_page()
        stranger.goto(link.input_value())
        expect(stranger.locator(".player")).to_have_attribute("data-frame", "0")
        assert not [url for url in asked if is_beside(site, url)]


def test_signing_out_leads_back_to_the_form_below_the_path(page: Page, site: Proxy) -> None:
    page.get_by_role("link", name="Sign out").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{site.url}/sign-in")

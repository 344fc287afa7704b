"""As strangers and two users would meet it: the form and nothing else, then each their own page, in browsers apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.conftest import PASSWORDS, PATIENCE, App
from tests.browser.steps import drop, signed_in

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

SAMPLES = Path(__file__).parents[2] / "samples"
PLACES = [
    "/",
    "/config",
    "/config/",
    "/login",
    "/logout",
    "/openapi.json",
    "/docs",
    "/theme.css",
    "/robots.txt",
    "/favicon.ico",
    "/manifest.json",
    "/monitoring",
    "/assets/index.js",
    "/static/js/iframeResizer.contentWindow.min.js",
    "/gradio_api/info",
    "/gradio_api/openapi.json",
    "/gradio_api/user",
    "/gradio_api/runs",
    "/gradio_api/startup-events",
    "/gradio_api/heartbeat/abc",
    "/gradio_api/queue/data?session_hash=abc",
    "/gradio_api/queue/status",
    "/gradio_api/upload_progress?upload_id=abc",
    "/gradio_api/file=/etc/hostname",
    "/gradio_api/proxy=https://example.org/",
    "/nowhere",
]


@pytest.mark.parametrize("place", PLACES)
def test_a_stranger_gets_the_form_and_nothing_else(guarded: App, chromium: Browser, place: str) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(f"{guarded.url}{place}")
        expect(page).to_have_url(f"{guarded.url}/sign-in")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        assert "gradio" not in page.content().lower()
        refused = context.request.post(f"{guarded.url}{place}")
        assert refused.status == 401


def test_the_form_works_without_scripts(guarded: App, chromium: Browser) -> None:
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{guarded.url}/sign-in")
        page.get_by_label("Name").fill("ava")
        page.get_by_label("Password").fill("a wrong password")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("That name and password do not belong together.")
        page.get_by_label("Password").fill(PASSWORDS["ava"])
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{guarded.url}/")


def test_two_users_work_side_by_side_and_neither_reaches_the_others(
    guarded: App, visitors: list[BrowserContext]
) -> None:
    asked = list[str]()
    visitors[0].on("request", lambda request: asked.append(request.url))
    ava, bob = (signed_in(context, guarded, name) for context, name in zip(visitors, PASSWORDS, strict=True))
    drop(ava, SAMPLES / "stairwell" / "plate.mp4")
    expect(ava.locator(".facts")).to_contain_text("108 frames")
    expect(bob.locator(".facts")).to_contain_text("116 frames")
    shown = ava.locator(".viewer img:visible").get_attribute("src")
    assert shown and ava.request.get(shown).status == 200
    assert bob.request.get(shown).status == 403
    streams = [url for url in asked if "session_hash=" in url]
    assert streams and {bob.request.get(url).status for url in streams} == {403}
    ava.goto(f"{guarded.url}/sign-out")
    ava.get_by_role("button", name="Sign out").click()
    expect(ava).to_have_url(f"{guarded.url}/sign-in")
    assert ava.request.get(shown).status == 401
    bob.reload()
    bob.locator(".facts").wait_for()

"""The real app in a process of its own, and Chromium to look at it."""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from server.users import Users

ROOT = Path(__file__).parents[2]
START = 120
"""Seconds that the app may take to answer on a busy machine."""
PATIENCE = 120_000
"""Milliseconds that anything on the page may take on a busy machine."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORDS = {"ava": "the first long one", "bob": "the second long one"}
"""Of the users of a guarded app."""
CUT_OFF = ("AbortError", "Connection errored out", "ERR_ABORTED")
"""What Gradio says of its own streams when a page is reloaded under them, which these tests do on purpose."""


@dataclass(frozen=True)
class App:
    """A running app. log: everything it prints."""

    port: int
    home: Path
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running(
    home: Path, host: str = "127.0.0.1", port: int = 0, options: Sequence[str] = (), **environment: str
) -> Iterator[App]:
    """The app on a free port unless one is given, ended as the system ends a service; or killed before, by the test."""
    with socket.create_server(("127.0.0.1", port)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "app.py", "--host", host, "--port", str(port), "--home", str(home), *options]
    with home.with_suffix(".log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=subprocess.STDOUT
        )
    app = App(port, home, home.with_suffix(".log"), process)
    try:
        wait_for(app)
        yield app
    finally:
        killed = process.poll() == -signal.SIGKILL
        process.terminate()
        code = process.wait(60)
    assert killed or code == 0, app.log.read_text()
    assert "Traceback" not in app.log.read_text(), app.log.read_text()


def wait_for(app: App) -> None:
    """Until the app answers."""
    limit = time.monotonic() + START
    while time.monotonic() < limit and app.process.poll() is None:
        try:
            urllib.request.urlopen(f"{app.url}/health", timeout=5).close()
            return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"The app did not start: {app.log.read_text()}")


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with running(tmp_path_factory.mktemp("app") / "home") as app:
        yield app


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app, open to other machines, with two users."""
    home = tmp_path_factory.mktemp("guarded") / "home"
    for name, password in PASSWORDS.items():
        Users(home / "users.json").add(name, password, name.capitalize())
    with running(home, host="0.0.0.0") as app:
        yield app


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("Chromium is missing. The browser tests need it: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(app: App, chromium: Browser) -> Iterator[Page]:
    """The page as a new visitor sees it. Script errors and requests to anywhere else fail the test.

    So do streams that are cut, but in a test that loads the page again.
    """
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    faults, visits = faults_of(context), list[str]()
    context.on("request", lambda request: faults.append(request.url) if is_outside(app, request) else None)
    context.on("request", lambda request: visits.append(request.url) if request.is_navigation_request() else None)
    yield opened(context.new_page(), app)
    context.close()
    assert (without_cut_off(faults) if len(visits) > 1 else faults) == []


@pytest.fixture
def visitors(chromium: Browser) -> Iterator[list[BrowserContext]]:
    """Two browsers that share nothing. What they complain about fails the test, but for streams cut by a reload."""
    contexts = [chromium.new_context(viewport={"width": 1280, "height": 800}) for _ in range(2)]
    faults = [faults_of(context) for context in contexts]
    yield contexts
    for context in contexts:
        context.close()
    assert without_cut_off(chain(*faults)) == []


def faults_of(context: BrowserContext) -> list[str]:
    """What the pages of a patient context will complain about: scripts that fail, and errors on the console."""
    faults = list[str]()
    context.set_default_timeout(PATIENCE)
    context.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: faults.append(error.error.stack or str(error.error)))
    return faults


def without_cut_off(faults: Iterable[str]) -> list[str]:
    """Those that are not about streams cut by a reload."""
    return [fault for fault in faults if not any(word in fault for word in CUT_OFF)]


def opened(page: Page, app: App) -> Page:
    """The app in this window, ready for use."""
    page.goto(app.url)
    page.locator(".facts").wait_for()
    return page


def is_outside(app: App, request: Request) -> bool:
    """Whether a request goes anywhere but to the app."""
    return not request.url.startswith((app.url, "data:", "blob:"))


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page, in 256 colours, in the folder that PHOTOPLAY_SCREENS names: docs/screens, say."""
    folder = os.environ.get("PHOTOPLAY_SCREENS")
    if folder:
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        picture.quantize(256).save(ROOT / folder / f"{name}.png", optimize=True)

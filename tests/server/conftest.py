"""A site with a real studio and a real page, its doors shut, and two users who have keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from server.settings import Settings
from server.sharing import SharePages
from server.site import Site
from server.stop import Stop
from server.users import Users
from server.visitors import visitor_of
from studio import Studio
from ui.shared import page_of

PASSWORDS = {"ava": "the first long one", "bob": "the second long one"}
ADDRESS = ("127.0.0.1", 50000)


@dataclass(frozen=True)
class House:
    """A site at work. routes: every route of the page inside, as its framework knows them."""

    home: Path
    client: TestClient
    studio: Studio
    users: Users
    routes: list[tuple[str, str]]

    def visitor(self, name: str = "") -> TestClient:
        """A browser with its own cookies, served by the one event loop of the site; signed in if a name is given."""
        browser = TestClient(self.client.app, "http://127.0.0.1:7860", client=ADDRESS, follow_redirects=False)
        browser.portal = self.client.portal
        if name:
            answer = browser.post("/sign-in", data={"name": name, "password": PASSWORDS[name]})
            assert answer.status_code == 303, answer.text
        return browser

    def audit(self) -> str:
        """The audit trail so far."""
        return (self.home / "server" / "audit.jsonl").read_text(encoding="utf-8")


def make_page() -> gr.Blocks:
    """A page with what the app's page has: a file that is dropped, an event in line, one that is not, a picture."""
    with gr.Blocks(title="Page", analytics_enabled=False) as blocks:
        drop, shown, button, who = gr.File(), gr.Image(type="filepath"), gr.Button(), gr.Textbox()
        drop.upload(lambda path: path, [drop], [shown], api_name="open")
        button.click(whoever, None, [who], api_name="who", queue=False)
    return blocks


def whoever(request: gr.Request) -> str:
    """Who asks, as the page is told."""
    return str(request.username)


def routes_in(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of every route, however deep it is mounted or included."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes_in(inner.routes, prefix)
        elif getattr(route, "routes", None):
            yield from routes_in(route.routes, prefix + route.path)  # pyright: ignore[reportAttributeAccessIssue]
        else:
            for method in sorted(getattr(route, "methods", None) or []):
                yield method, prefix + route.path  # pyright: ignore[reportAttributeAccessIssue]


@contextmanager
def house_in(home: Path, **changes: object) -> Iterator[House]:
    """A site over this home with two users, and settings changed from those of a server for this machine."""
    settings = Settings("127.0.0.1", 7860, home, "", (), (), 200_000, "text")
    users = Users(home / "users.json")
    for name, password in PASSWORDS.items():
        users.add(name, password)
    found: list[tuple[str, str]] = []

    def mount(inner: FastAPI) -> None:
        inner.router.routes += SharePages(studio.rooms, page_of).routes
        gr.mount_gradio_app(
            inner,
            make_page(),
            path="/",
            auth_dependency=lambda request: visitor_of(request.scope).owner,
            run_history=False,
        )
        found.extend(routes_in(list(inner.router.routes)))

    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("GRADIO_TEMP_DIR", str(home / "uploads"))
        studio = stack.enter_context(Studio(home, "cpu"))
        site = stack.enter_context(Site(studio, users, Settings(**(vars(settings) | changes)), Stop()))  # pyright: ignore[reportArgumentType]
        client = TestClient(site.app(mount, "a token"), "http://127.0.0.1:7860", client=ADDRESS)
        with client:
            studio.start()
            yield House(home, client, studio, users, found)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_in(tmp_path_factory.mktemp("house")) as house:
        yield house

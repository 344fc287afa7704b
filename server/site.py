"""The site: the app's page inside its doors, beside sign-in, health and metrics."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from server.doors import Doors
from server.headers import SafeAnswers
from server.hosts import OwnPagesOnly, Unforwarded
from server.house import Gate, House
from server.log import Audit
from server.sessions import Sessions
from server.settings import Settings
from server.signin import SignIn
from server.stop import ANSWERS, Server, Stop
from server.streams import EndingStreams
from server.told import Told
from server.users import Users
from server.visitors import Accounts, Open
from server.watch import Watch
from studio import LOCAL, Studio

Mount = Callable[[FastAPI], None]
"""Puts the app's page into a site, at its root."""


class Site:
    """The parts of a site that live as long as the server. Used inside `with`."""

    def __init__(self, studio: Studio, users: Users | None, settings: Settings, stop: Stop) -> None:
        """users: who may sign in; None when nobody has to. Raises NotWritable."""
        self._studio, self._settings, self._stop = studio, settings, stop
        folder = studio.home / "server"
        self._open = ExitStack()
        self.audit = Audit(folder / "audit.jsonl")
        self._open.callback(self.audit.close)
        self._accounts: Accounts | None = None
        if users is not None:
            sessions = Sessions(folder / "sessions.sqlite")
            self._open.callback(sessions.close)
            self._accounts = Accounts(users, sessions, self.audit)

    def app(self, mount: Mount, metrics_token: str) -> ASGIApp:
        """The whole site as one ASGI app. mount: adds the page."""
        count = (lambda: 0) if self._accounts is None else self._accounts.sessions.count
        watch = Watch(self._studio, count, self._stop, metrics_token)
        inner = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        inner.router.routes += watch.routes
        if self._accounts is not None:
            inner.router.routes += SignIn(self._accounts, self._settings.root).routes
        mount(inner)
        return self._guarded(inner, watch)

    def _guarded(self, inner: ASGIApp, watch: Watch) -> ASGIApp:
        """The app behind its doors: what is named first, a request meets last. Any: uvicorn types ASGI its own way."""
        app: Any = Unforwarded(EndingStreams(inner, self._stop))
        app = Doors(app, self._house(watch))
        app = OwnPagesOnly(app, self._settings.host, self._settings.allowed)
        app = Told(SafeAnswers(app), watch.answered)
        if self._settings.proxies:
            app = ProxyHeadersMiddleware(app, list(self._settings.proxies))
        return app

    def _house(self, watch: Watch) -> House:
        gate: Gate = Open(LOCAL) if self._accounts is None else self._accounts
        uploads, limit = self._studio.home / "uploads", self._settings.upload_limit
        return House(gate, self._studio, self.audit, self._settings.root, uploads, limit, watch.uploaded)

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


def serve(app: ASGIApp, settings: Settings, stop: Stop) -> None:
    """Answer requests until the end is asked for. Called in the main thread."""
    config = uvicorn.Config(
        app,
        settings.host,
        settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=ANSWERS,
    )
    Server(config, stop).run()

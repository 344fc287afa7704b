"""Every request in the log and in the numbers: what was asked, by whom, the answer, how long it took."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.log import requests
from server.rules import STREAMS, for_the_log
from server.visitors import VISITOR, address_of

Count = Callable[[int, float | None], None]


class Told:
    """Notes every request once it is answered. The query is left out: it names sessions; so is a link's token."""

    def __init__(self, app: ASGIApp, count: Count) -> None:
        self._app, self._count = app, count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def pass_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, pass_on)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        self._count(status, None if STREAMS.fullmatch(scope["path"]) else seconds)
        visitor = scope.get(VISITOR)
        fields = {
            "method": scope["method"],
            "path": for_the_log(scope["path"]),
            "status": status,
            "ms": round(seconds * 1000, 1),
            "user": None if visitor is None else visitor.owner,
            "address": address_of(scope),
        }
        requests.log(logging.ERROR if status >= 500 else logging.INFO, "request", extra={"fields": fields})

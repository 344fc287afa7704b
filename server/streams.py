"""Answers that last as long as the page is open end when the server does, so that nobody waits for them."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.rules import STREAMS
from server.stop import Stop


class EndingStreams:
    """Breaks off streams when the end is asked for; other answers are finished."""

    def __init__(self, app: ASGIApp, stop: Stop) -> None:
        self._app, self._stop = app, stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not STREAMS.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        open_answer = OpenAnswer(send)
        answering = asyncio.ensure_future(self._app(scope, receive, open_answer.send))
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({answering, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            broken_off = not answering.done()
            answering.cancel()
        if broken_off:
            with suppress(asyncio.CancelledError):
                await answering
            await open_answer.end()
        else:
            answering.result()


class OpenAnswer:
    """An answer that can be ended from outside."""

    def __init__(self, send: Send) -> None:
        self._send, self._open = send, False

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        await self._send(message)
        self._open = message["type"] == "http.response.start" or message.get("more_body", False)

    async def end(self) -> None:
        """End the answer if it has begun and not ended."""
        if self._open:
            await self._send({"type": "http.response.body", "body": b""})

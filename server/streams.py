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
        open_answer = OpenAnswer(receive, send)
        answering = asyncio.ensure_future(self._app(scope, open_answer.receive, open_answer.send))
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({answering, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            broken_off = not answering.done()
            answering.cancel()
        if broken_off:
            with suppress(asyncio.CancelledError, KeyError):
                await answering
            await open_answer.end()
        else:
            open_answer.check(answering)


class OpenAnswer:
    """An answer that can be ended from either side."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._open = self._left = False

    async def receive(self) -> Message:
        """The next message of whoever asked."""
        message = await self._receive()
        self._left = self._left or message["type"] == "http.disconnect"
        return message

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        await self._send(message)
        self._open = message["type"] == "http.response.start" or message.get("more_body", False)

    async def end(self) -> None:
        """End the answer if it has begun and not ended."""
        if self._open:
            await self._send({"type": "http.response.body", "body": b""})

    def check(self, answering: asyncio.Future[None]) -> None:
        """Raise what went wrong, but for Gradio's KeyError where a page left with two streams open.

        The first of them to be cut off deletes the session's messages, and the second one stumbles over that.
        """
        with suppress(*[KeyError] if self._left else []):
            answering.result()

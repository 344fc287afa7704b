"""Bodies of requests: read within a limit, looked through for what they name, and handed on as they were."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EVENT_LIMIT = 16_000_000
"""Bytes of an event: settings, words, names of files. Files themselves come by upload."""
FILE_ADDRESS = "/gradio_api/file="
DEEPEST = 64


class BadBody(Exception):
    """A body that no page of ours sends. status: the answer's."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


async def read(receive: Receive, limit: int) -> bytes:
    """The whole body. Raises BadBody when it is larger than `limit` bytes or breaks off."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadBody("The request broke off.")
        body += message.get("body", b"")
        if len(body) > limit:
            raise BadBody(f"A request of this kind has at most {limit} bytes.", 413)
        if not message.get("more_body", False):
            return bytes(body)


def again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once more, then whatever comes after it."""
    given: list[Message] = [{"type": "http.request", "body": body}]

    async def give() -> Message:
        return given.pop() if given else await receive()

    return give


def limited(receive: Receive, limit: int, look: Callable[[int], Awaitable[None]] | None = None) -> Receive:
    """A `receive` that counts bytes as they come.

    look: told the count after every message. Too large a body ends in a HTTPException inside the reader.
    """
    count = 0

    async def give() -> Message:
        nonlocal count
        message = await receive()
        count += len(message.get("body", b""))
        if count > limit:
            raise HTTPException(413, f"A request of this kind has at most {limit} bytes.")
        if look is not None:
            await look(count)
        return message

    return give


def parsed(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises BadBody."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadBody("The request is not JSON.") from error
    if not isinstance(content, dict):
        raise BadBody("The request is not a JSON object.")
    return cast(dict[str, Any], content)


def files_in(content: object, depth: int = 0) -> Iterator[Path]:
    """Every file that an event names, wherever it stands in it. Raises BadBody for addresses and relative paths.

    Gradio takes any object with a `path` for a file, and would fetch an address for whoever asks.
    """
    if depth > DEEPEST:
        raise BadBody("The request is nested too deeply.")
    if isinstance(content, list):
        for inner in cast(list[object], content):
            yield from files_in(inner, depth + 1)
    elif isinstance(content, dict):
        for name, inner in cast(dict[str, object], content).items():
            if name == "path" and isinstance(inner, str):
                yield _absolute(inner)
            elif name == "url" and isinstance(inner, str):
                yield _absolute(_file_of(inner))
            else:
                yield from files_in(inner, depth + 1)


def _file_of(address: str) -> str:
    """The path in the address under which the app gives out a file."""
    _, found, path = unquote(urlsplit(address).path).partition(FILE_ADDRESS)
    if not found:
        raise BadBody("No addresses are fetched.", 403)
    return path


def _absolute(path: str) -> Path:
    if not path.startswith("/") or "\0" in path:
        raise BadBody("A file is named by its whole path.", 403)
    return Path(path)


class Kept:
    """An answer that is held back until what it says was noted."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    async def send(self, message: Message) -> None:
        """Keep a message."""
        self._messages.append(message)

    @property
    def content(self) -> Any:
        """The JSON in an answer that says yes; nothing in any other."""
        start, body = self._messages[0], b"".join(message.get("body", b"") for message in self._messages[1:])
        return json.loads(body) if start["status"] == 200 else {}

    async def release(self, send: Send) -> None:
        """Send it off."""
        for message in self._messages:
            await send(message)


async def kept(app: ASGIApp, scope: Scope, receive: Receive) -> Kept:
    """The app's answer to a request, held back and not compressed."""
    scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    answer = Kept()
    await app(scope, receive, answer.send)
    return answer

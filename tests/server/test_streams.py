"""Streams of a page that leaves: nothing goes wrong for the server, and nothing is hidden from it either."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import gradio as gr
import httpx
import pytest
from gradio.routes import App
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.rules import API
from server.stop import Stop
from server.streams import EndingStreams

SESSION = "abc123"
Result = TypeVar("Result")


def slow_page() -> ASGIApp:
    """Gradio's own app, with a button whose work outlasts the test."""
    with gr.Blocks(analytics_enabled=False) as blocks:
        gr.Button().click(lambda: asyncio.sleep(60), None, None, api_name="work")
    blocks.queue()
    return App.create_app(blocks)


def stream(session: str) -> Scope:
    """A request for the stream of a session's messages."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": f"{API}/queue/data",
        "raw_path": f"{API}/queue/data".encode(),
        "root_path": "",
        "query_string": f"session_hash={session}".encode(),
        "headers": [(b"host", b"here")],
        "client": ("127.0.0.1", 50000),
        "server": ("here", 80),
    }


async def left(app: ASGIApp, requests: int) -> list[BaseException | None]:
    """What comes of streams of one session whose page leaves while its work goes on."""
    gone = asyncio.Event()

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        await asyncio.sleep(0)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        asked = {"data": [], "fn_index": 0, "session_hash": SESSION}
        answer = await client.post(f"{API}/queue/join", json=asked)
        assert answer.status_code == 200, answer.text
    streams = [asyncio.ensure_future(app(stream(SESSION), receive, send)) for _ in range(requests)]
    await asyncio.sleep(0.2)
    assert not any(answer.done() for answer in streams)
    gone.set()
    return list(await asyncio.gather(*streams, return_exceptions=True))


def in_its_own_loop(answer: Coroutine[Any, Any, Result]) -> Result:
    """What a coroutine returns; on a thread, for a browser test before this one may have a loop in the main one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, answer).result()


def test_a_page_that_leaves_with_two_streams_open_is_no_fault() -> None:
    async def both() -> tuple[list[BaseException | None], list[BaseException | None]]:
        return await left(slow_page(), 2), await left(EndingStreams(slow_page(), Stop()), 2)

    bare, guarded = in_its_own_loop(both())
    assert any(isinstance(fault, KeyError) for fault in bare)
    assert guarded == [None, None]


def test_a_fault_while_the_page_is_there_is_told() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        in_its_own_loop(left(EndingStreams(broken, Stop()), 0))

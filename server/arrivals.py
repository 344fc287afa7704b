"""Uploads: within the limit and their owner's room while they arrive, and the owner's from then on."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.errors import PhotoplayError
from server.bodies import BadBody, Kept, kept, limited
from server.house import House
from server.visitors import visitor_of

LOOK = 64_000_000
"""Bytes of an upload between two looks at the owner's room."""


class Arrivals:
    """Lets the app take uploads."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app, self._house, self._arriving = app, house, 0

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one upload. Raises BadBody when it is too large for the limit or the owner's room."""
        owner, count = visitor_of(scope).owner, Count(self._house, visitor_of(scope).owner, _declared(scope))
        if count.size > self._house.upload_limit:
            raise BadBody(f"An upload has at most {self._house.upload_limit / 1e9:g} GB.", 413)
        try:
            await asyncio.to_thread(self._house.keeper.check_upload, owner, count.size)
            answer = await self._arrive(scope, limited(receive, self._house.upload_limit, count.look))
            for path in map(Path, answer.content):
                await asyncio.to_thread(self._house.keeper.received, owner, path)
                self._house.note("upload", scope, file=str(path))
        except PhotoplayError as error:
            raise BadBody(str(error), 413) from error
        self._house.uploaded(count.size)
        await answer.release(send)

    async def _arrive(self, scope: Scope, receive: Receive) -> Kept:
        """The app's answer. What broken-off uploads have left is cleared when no other one is arriving."""
        self._arriving += 1
        try:
            return await kept(self._app, scope, receive)
        finally:
            self._arriving -= 1
            if self._arriving == 0:
                clear_unfinished(self._house.uploads)


class Count:
    """How large an upload is, as declared or as counted, and now and then a look at the owner's room."""

    def __init__(self, house: House, owner: str, declared: int) -> None:
        self._house, self._owner, self._looked = house, owner, 0
        self.size = declared

    async def look(self, count: int) -> None:
        """Hear how many bytes have come. Raises PhotoplayError when they are more than the owner may have."""
        self.size = max(self.size, count)
        if count - self._looked >= LOOK:
            self._looked = count
            await asyncio.to_thread(self._house.keeper.check_upload, self._owner, count)


def clear_unfinished(folder: Path) -> None:
    """Remove the files of uploads that broke off: Gradio gives them the names of temporary files and leaves them."""
    for path in folder.glob(f"{tempfile.gettempprefix()}????????"):
        if path.is_file():
            path.unlink(missing_ok=True)


def _declared(scope: Scope) -> int:
    declared = Headers(scope=scope).get("content-length", "0")
    return int(declared) if declared.isdecimal() and len(declared) < 20 else 0

"""Links for people who shall only look: a page with the player and its movie, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from server.headers import nonce_of
from server.hosts import refusal
from workspaces.shares import Share

GONE = "This link leads nowhere: it was taken back, its time is over, or it never was."
KEPT = {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
PageOf = Callable[[Share, str], str]
"""Makes the page of a share. Its second argument is the word by which this answer's own scripts are known."""


class Lender(Protocol):
    """Who knows the links, and whether what they show is still their owner's to show."""

    def shared(self, token: str) -> Share | None:
        """What a token opens; None for every token that opens nothing."""
        ...


class SharePages:
    """Answers whoever has a link. A token that opens nothing gets one answer, whatever the reason."""

    def __init__(self, lender: Lender, page: PageOf) -> None:
        self._lender, self._page = lender, page

    @property
    def routes(self) -> list[Route]:
        """Where the answers are."""
        return [
            Route("/share/{token}/", self.show, methods=["GET"]),
            Route("/share/{token}/movie.mp4", self.movie, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        """The page with the player."""
        share = await self._found(request)
        if share is None:
            return refusal(GONE, 404)
        return HTMLResponse(self._page(share, nonce_of(request.scope)), headers={"X-Robots-Tag": "noindex"})

    async def movie(self, request: Request) -> Response:
        """The movie, or the part of it that the browser asks for."""
        share = await self._found(request)
        if share is None:
            return refusal(GONE, 404)
        return FileResponse(Path(share.movie), media_type="video/mp4", headers=KEPT)

    async def _found(self, request: Request) -> Share | None:
        return await asyncio.to_thread(self._lender.shared, request.path_params["token"])

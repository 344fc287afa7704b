"""The doors: nobody comes in without signing in, and nobody reaches what is another's."""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.errors import PhotoplayError
from server.arrivals import Arrivals
from server.bindings import Bindings
from server.bodies import EVENT_LIMIT, BadBody, again, files_in, kept, limited, parsed, read
from server.hosts import refusal
from server.house import House
from server.log import tell
from server.rules import Rule, for_the_log, match_of, rule_for
from server.visitors import VISITOR, visitor_of

SMALL = 16_384
"""Bytes of a body that is no event: name and password."""
NAME = re.compile(r"[\w-]{1,64}")
"""What a browser calls its session, an event or an upload."""
SHOWN = frozenset({".png", ".jpg", ".jpeg", ".webp"})
"""Pictures that a page shows all the time; all other files count as downloads."""
NOT_YOURS = "This is not yours, or does not exist."
SIGN_IN = "Sign in first."


class Doors:
    """Asks at every request what `rules` says, before the app sees it."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app, self._house = app, house
        self._arrivals, self._bindings = Arrivals(app, house), Bindings()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        rule = rule_for(scope["method"], scope["path"])
        try:
            if rule is not None and rule.ask == "nothing":
                await self._app(scope, limited(receive, SMALL), send)
                return
            visitor = self._house.gate.visitor(scope)
            if visitor is None:
                await self._stranger(scope)(scope, receive, send)
                return
            scope[VISITOR] = visitor
            await self._ask(rule, scope, receive, send)
        except BadBody as error:
            await self._refused(scope, str(error), error.status)(scope, receive, send)
        except PhotoplayError as error:
            tell("request failed", logging.WARNING, path=for_the_log(scope["path"]), reason=str(error))
            await refusal(str(error), 503)(scope, receive, send)

    async def _ask(self, rule: Rule | None, scope: Scope, receive: Receive, send: Send) -> None:
        if rule is None:
            raise BadBody(NOT_YOURS, 404)
        if not await self._may(rule, scope):
            raise BadBody(NOT_YOURS, 403)
        if rule.ask == "event":
            await self._event(scope, receive, send)
        elif rule.ask == "upload":
            await self._arrivals.take(scope, receive, send)
        else:
            await self._app(scope, limited(receive, SMALL), send)

    async def _may(self, rule: Rule, scope: Scope) -> bool:
        """Whether what the address names is the visitor's."""
        named = match_of(rule, scope["path"])
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if rule.ask == "page":
            return "deep_link" not in query
        if rule.ask == "session":
            names = [named] if named is not None else query.get("session_hash", [])
            return len(names) == 1 and self._claim(scope, "session", names[0])
        if rule.ask in ("upload", "progress"):
            names = query.get("upload_id", [])
            return len(names) <= 1 and all(self._claim(scope, "upload", name) for name in names)
        if rule.ask == "file":
            return named is not None and await self._download(scope, Path(named))
        return True

    async def _download(self, scope: Scope, path: Path) -> bool:
        may = await self._may_read(scope, path)
        from_start = Headers(scope=scope).get("range", "bytes=0-").startswith("bytes=0-")
        if may and from_start and path.suffix not in SHOWN:
            self._house.note("download", scope, file=str(path))
        return may

    async def _may_read(self, scope: Scope, path: Path) -> bool:
        if "\0" in str(path) or ".." in path.parts:
            return False
        return await asyncio.to_thread(self._house.keeper.may_read, visitor_of(scope).owner, path)

    async def _event(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An event of a page: its session, the event and the files it names must be the visitor's."""
        body = await read(receive, EVENT_LIMIT)
        content = parsed(body)
        session, event = content.get("session_hash"), content.get("event_id")
        if session is None and not scope["path"].endswith("/reset"):
            raise BadBody("An event names its session.")
        if session is not None and not self._claim(scope, "session", session):
            raise BadBody(NOT_YOURS, 403)
        if event is not None and not self._bindings.holds(visitor_of(scope).owner, f"event {event}"):
            raise BadBody(NOT_YOURS, 403)
        for path in set(files_in(content)):
            if not await self._may_read(scope, path):
                raise BadBody(NOT_YOURS, 403)
        if not scope["path"].endswith("/queue/join"):
            await self._app(scope, again(body, receive), send)
            return
        answer = await kept(self._app, scope, again(body, receive))
        if "event_id" in answer.content:
            self._claim(scope, "event", answer.content["event_id"])
        await answer.release(send)

    def _claim(self, scope: Scope, kind: str, name: object) -> bool:
        """Whether a name that a browser made is the visitor's, who becomes its owner if it has none."""
        if not isinstance(name, str) or not NAME.fullmatch(name):
            return False
        return self._bindings.claim(visitor_of(scope).owner, f"{kind} {name}")

    def _stranger(self, scope: Scope) -> ASGIApp:
        """Pages lead to the form; everything else is refused, whether it exists or not."""
        accepted = Headers(scope=scope).get("accept", "")
        if scope["method"] in ("GET", "HEAD") and (scope["path"] == "/" or "text/html" in accepted):
            return RedirectResponse(f"{self._house.root}/sign-in", 303, {"Cache-Control": "no-store"})
        return refusal(SIGN_IN, 401)

    def _refused(self, scope: Scope, sentence: str, status: int) -> ASGIApp:
        self._house.note("refused", scope, method=scope["method"], path=for_the_log(scope["path"]), status=status)
        return refusal(sentence, status)

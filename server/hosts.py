"""Which names the app answers to, and which pages may talk to it: its own alone."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE = ("GET", "HEAD", "OPTIONS")
FOREIGN = ("cross-site", "same-site")
RELAYED = "photoplay.relayed"
"""Where in a request's scope it says whether a proxy has sent it on, whoever that is."""
FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port")


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_of(authority: str) -> str:
    """The name or address in `name:port` or `[address]:port`, in lower case; empty when it is neither."""
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


class OwnPagesOnly:
    """Refuses requests under foreign names, which a page of a stranger could have pointed here, and from foreign pages.

    Bound to this machine, it answers to this machine's loopback names. Bound to the network, also to every address and
    to the machine's own name: only a name can be pointed somewhere else. Further names are those that `allowed` lists.
    """

    def __init__(self, app: ASGIApp, bound: str, allowed: tuple[str, ...]) -> None:
        self._app, self._public = app, not is_loopback(bound)
        self._allowed = {name.lower() for name in allowed}
        if self._public:
            self._allowed.add(socket.gethostname().lower())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if not self._known(headers.get("host", "")):
                await refusal("This address is not one that Photoplay answers to.", 421)(scope, receive, send)
                return
            if is_foreign(scope["method"], headers):
                await refusal("Only Photoplay's own pages may ask for this.", 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _known(self, authority: str) -> bool:
        host = host_of(authority)
        if is_loopback(host) or host in self._allowed:
            return True
        return self._public and _is_address(host)


def is_foreign(method: str, headers: Headers) -> bool:
    """Whether another page's script, form, picture or frame asks, as the browser itself tells.

    Following a link from elsewhere is welcome. A program that is no browser says nothing and has no cookies to abuse.
    """
    site, origin = headers.get("sec-fetch-site", ""), headers.get("origin")
    visit = method in ("GET", "HEAD") and headers.get("sec-fetch-mode") == "navigate"
    if site in FOREIGN and not (visit and headers.get("sec-fetch-dest") == "document"):
        return True
    if origin is None or method in SAFE:
        return False
    return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


class Unforwarded:
    """Takes away what proxies add to a request, once those we trust have been heard; Gradio would believe anybody."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            kept = [(name, value) for name, value in scope["headers"] if name not in FORWARDED]
            scope[RELAYED], scope["headers"] = len(kept) < len(scope["headers"]), kept
        await self._app(scope, receive, send)


def refusal(sentence: str, status: int) -> PlainTextResponse:
    """A refused request's answer."""
    return PlainTextResponse(f"{sentence}\n", status, {"Cache-Control": "no-store"})


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

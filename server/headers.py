"""What every answer says to the browser: run our scripts and no others, tell nobody, stay out of frames."""

from __future__ import annotations

import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NONCE = "photoplay.nonce"
OWN_PAGES = ("/sign-in", "/sign-out")
LINKED = re.compile(r"/share/[^/]+/")
SCRIPT = re.compile(rb"<script(?=[\s>])")
ICON = b'<head><link rel="icon" href="favicon.ico">'
"""Named in the app's page, or browsers ask for it at the root of the name, which may be somebody else's site."""

GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
KEEP_SECURE = "max-age=31536000"
"""For a year the browser comes by https alone; said over https only."""

APP = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob: data:; "
    "worker-src 'self' blob:; manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""The app's page. Gradio writes style attributes and makes its page templates with `new Function`."""
PLAIN = (
    "default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Our own pages and every file: no script at all."""
SHARED = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data: blob:; "
    "media-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""The page behind a link: the player's own script and its movie; it can ask for nothing else."""


def nonce_of(scope: Scope) -> str:
    """The word by which this answer's own scripts and styles are known."""
    return scope[NONCE]


class SafeAnswers:
    """Adds the headers, and marks the scripts of the app's page as ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[NONCE] = secrets.token_urlsafe(16)
        page = scope["path"] == "/"
        if page:
            scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        answer = Answer(scope, send, page)
        await self._app(scope, receive, answer.send)


class Answer:
    """One answer on its way out. A page is held back until it is whole, so that its length can be told."""

    def __init__(self, scope: Scope, send: Send, page: bool) -> None:
        self._scope, self._send, self._page = scope, send, page
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Pass a message on, or keep it for the page."""
        if message["type"] == "http.response.start":
            self._add_headers(message)
            if self._page and Headers(raw=message["headers"]).get("content-type", "").startswith("text/html"):
                self._start = message
                return
        elif self._start is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if message.get("more_body", False):
                return
            await self._send_page(self._start)
            return
        await self._send(message)

    def _add_headers(self, message: Message) -> None:
        headers = MutableHeaders(raw=message.setdefault("headers", []))
        shared = LINKED.fullmatch(self._scope["path"]) is not None
        policy = APP if self._page else SHARED if shared else PLAIN
        headers["Content-Security-Policy"] = policy.format(nonce=nonce_of(self._scope))
        for name, value in GUARDS.items():
            headers[name] = value
        if self._scope["scheme"] == "https":
            headers["Strict-Transport-Security"] = KEEP_SECURE
        if self._page or shared or self._scope["path"] in OWN_PAGES:
            headers["Cache-Control"] = "no-store"

    async def _send_page(self, start: Message) -> None:
        named = bytes(self._body).replace(b"<head>", ICON, 1)
        marked = SCRIPT.sub(b'<script nonce="%s"' % nonce_of(self._scope).encode(), named)
        MutableHeaders(raw=start["headers"])["Content-Length"] = str(len(marked))
        body = b"" if self._scope["method"] == "HEAD" else marked
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})

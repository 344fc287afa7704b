"""A small real reverse proxy: what is asked below a path is handed on without that path, as nginx would."""

from __future__ import annotations

import http.client
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import cast

BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"})
"""Headers that are about one connection and are not handed on."""
PIECE = 65_536


class Proxy(ThreadingHTTPServer):
    """A proxy on a free port that hands `prefix`/... on to 127.0.0.1:`behind`/...

    outside: what was asked of it beside its path, where there would be somebody else's site.
    """

    daemon_threads = True

    def __init__(self, behind: int, prefix: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind, self.prefix, self.outside = behind, prefix, list[str]()

    @property
    def url(self) -> str:
        """Where the app is reached, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_address[1]}{self.prefix}"


class Handler(BaseHTTPRequestHandler):
    """One request on its way."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Hand it on, and what is answered back, piece by piece."""
        proxy = cast(Proxy, self.server)
        self.close_connection = True
        if not self.path.startswith(f"{proxy.prefix}/"):
            proxy.outside.append(self.path)
            self.send_error(404)
            return
        upstream = http.client.HTTPConnection("127.0.0.1", proxy.behind, timeout=600)
        try:
            self._ask(upstream, self.path.removeprefix(proxy.prefix))
            self._answer(upstream.getresponse())
        except (ConnectionError, http.client.HTTPException):
            return
        finally:
            upstream.close()

    do_POST = do_HEAD = do_GET

    def _ask(self, upstream: http.client.HTTPConnection, path: str) -> None:
        upstream.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in BY_HOP:
                upstream.putheader(name, value)
        upstream.putheader("X-Forwarded-For", self.client_address[0])
        upstream.putheader("X-Forwarded-Proto", "http")
        upstream.endheaders()
        left = int(self.headers.get("Content-Length", 0))
        while left > 0 and (piece := self.rfile.read(min(PIECE, left))):
            upstream.send(piece)
            left -= len(piece)

    def _answer(self, answer: http.client.HTTPResponse) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in BY_HOP:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        while piece := answer.read1(PIECE):
            self.wfile.write(piece)
            self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the app keeps a log of its own."""


@contextmanager
def proxied(behind: int, prefix: str) -> Generator[Proxy]:
    """A running proxy."""
    with Proxy(behind, prefix) as proxy:
        thread = Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join()

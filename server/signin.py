"""The pages for signing in and out: plain forms that need no script, in the app's neutral dark."""

from __future__ import annotations

import asyncio
from html import escape

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline.errors import NotWritable
from server.headers import nonce_of
from server.sessions import LONGEST
from server.visitors import COOKIE, Accounts, SlowDown, address_of

AT_ONCE = 2
"""Passwords checked at the same time; each takes 19 MiB and a core for a moment."""
WRONG = "That name and password do not belong together."
STYLE = """
:root { color-scheme: dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #161616; color: #e8e8e8;
  font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { width: 288px; padding: 24px; background: #1e1e1e; border-radius: 4px; }
h1 { margin: 0 0 16px; font-size: 15px; font-weight: 600; }
label { display: block; margin: 0 0 12px; color: #b4b4b4; }
input { box-sizing: border-box; width: 100%; height: 32px; margin-top: 4px; padding: 0 8px; color: #e8e8e8;
  background: #292929; border: 1px solid #767676; border-radius: 3px; font: inherit; }
input:focus-visible, button:focus-visible { outline: 2px solid #74aede; outline-offset: 1px; }
button { width: 100%; height: 32px; color: #101010; background: #74aede; border: 0; border-radius: 3px;
  font: inherit; font-weight: 600; cursor: pointer; }
button:hover { background: #8fc0e8; }
p { margin: 0 0 12px; padding: 8px 12px; background: #292929; border-left: 3px solid #ef8a80; border-radius: 3px; }
"""
FIELDS = """
<label>Name<input name="name" value="{name}" autocomplete="username" autocapitalize="none" spellcheck="false"
 maxlength="64" required autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" maxlength="1024" required></label>
"""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title} · Photoplay</title>
<style nonce="{nonce}">{style}</style>
</head>
<body><main><h1>Photoplay</h1>{note}<form method="post" action="{action}">{fields}<button>{title}</button></form></main>
</body>
</html>
"""


class SignIn:
    """The pages. root: the path below which the app is reached, without a slash at its end."""

    def __init__(self, accounts: Accounts, root: str) -> None:
        self._accounts, self._root = accounts, root
        self._turns = asyncio.Semaphore(AT_ONCE)

    @property
    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/sign-in", self.ask, methods=["GET"]),
            Route("/sign-in", self.take, methods=["POST"]),
            Route("/sign-out", self.ask_out, methods=["GET"]),
            Route("/sign-out", self.leave, methods=["POST"]),
        ]

    def ask(self, request: Request) -> Response:
        """The form; whoever has signed in already goes on to the app."""
        if self._accounts.visitor(request.scope) is not None:
            return self._home()
        return self._form(request)

    async def take(self, request: Request) -> Response:
        """Try a name and a password."""
        form = await request.form(max_files=0, max_fields=4)
        name, password, address = _word(form, "name"), _word(form, "password"), address_of(request.scope)
        try:
            async with self._turns:
                come_in = await asyncio.to_thread(self._accounts.sign_in, name, password, address)
        except SlowDown as error:
            refusal = self._form(request, str(error), name, 429)
            refusal.headers["Retry-After"] = str(error.seconds)
            return refusal
        except NotWritable as error:
            return self._form(request, str(error), name, 503)
        if come_in is None:
            return self._form(request, WRONG, name, 403)
        response = self._home()
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, come_in[1], int(LONGEST), path=self._path, secure=secure, httponly=True)
        return response

    def ask_out(self, request: Request) -> Response:
        """A button; a link alone must not end a session."""
        return self._page(request, "Sign out", "", "")

    def leave(self, request: Request) -> Response:
        """End the session."""
        self._accounts.sign_out(request.scope)
        response = RedirectResponse(f"{self._root}/sign-in", 303)
        response.delete_cookie(COOKIE, self._path)
        return response

    def _home(self) -> Response:
        return RedirectResponse(self._path, 303)

    @property
    def _path(self) -> str:
        """Where the browser sends the cookie: to this app alone. Cookies of Starlette are SameSite=Lax."""
        return f"{self._root}/"

    def _form(self, request: Request, note: str = "", name: str = "", status: int = 200) -> Response:
        return self._page(request, "Sign in", note, FIELDS.format(name=escape(name)), status)

    def _page(self, request: Request, title: str, note: str, fields: str, status: int = 200) -> Response:
        told = f'<p role="alert">{escape(note)}</p>' if note else ""
        where = f"{self._root}/{title.lower().replace(' ', '-')}"
        nonce = nonce_of(request.scope)
        text = PAGE.format(title=title, nonce=nonce, style=STYLE, note=told, action=where, fields=fields)
        return HTMLResponse(text, status)


def _word(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""

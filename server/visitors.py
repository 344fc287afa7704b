"""Who a request comes from: a user who signed in, or whoever sits at this machine where nobody has to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.types import Scope

from pipeline.errors import PhotoplayError
from server.log import Audit
from server.sessions import Sessions
from server.throttle import Throttle, network_of
from server.users import User, Users

COOKIE = "photoplay-session"
VISITOR = "photoplay.visitor"
"""Where in a request's scope the visitor is, once known."""
FREE_TRIES = 5
LONGEST_WAIT, LONGEST_WAIT_FOR_A_NAME = 900.0, 60.0
"""Seconds. A name waits for less, so that a stranger's guesses do not keep its owner out for long."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who has come in. owner: the id under which their things are kept. display: how the page calls them."""

    owner: str
    display: str


class SlowDown(PhotoplayError):
    """Too many wrong passwords. seconds: how long to wait."""

    def __init__(self, seconds: float) -> None:
        self.seconds = max(1, round(seconds + 0.5))
        super().__init__(f"Too many tries. Wait {self.seconds} s.", "Then try again.")


class Open:
    """No sign-in: everybody who reaches this machine's own address is the one who sits at it."""

    def __init__(self, owner: str) -> None:
        self._visitor = Visitor(owner, owner)

    def visitor(self, scope: Scope) -> Visitor | None:
        """The one who sits here; nobody who was sent on by a proxy, which opens the address to others."""
        headers = Headers(scope=scope)
        return None if "x-forwarded-for" in headers or "forwarded" in headers else self._visitor


class Accounts:
    """Sign-in with a name and a password, and the sessions that follow."""

    def __init__(
        self, users: Users, sessions: Sessions, audit: Audit, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.users, self.sessions, self.audit = users, sessions, audit
        self._by_address = Throttle(FREE_TRIES, LONGEST_WAIT, clock)
        self._by_name = Throttle(FREE_TRIES, LONGEST_WAIT_FOR_A_NAME, clock)

    def visitor(self, scope: Scope) -> Visitor | None:
        """Whoever the request's cookie belongs to, while they exist and have the password they came in with."""
        token = token_of(scope)
        session = None if token is None else self.sessions.find(token)
        user = None if session is None else self.users.find(session.user)
        if session is None or user is None or not session.is_of(user):
            return None
        return Visitor(user.id, user.display)

    def sign_in(self, name: str, password: str, address: str) -> tuple[User, str] | None:
        """The user and the token for their cookie; None when name and password do not belong together.

        Raises SlowDown, NotWritable.
        """
        network, name = network_of(address), name.strip().lower()[:64]
        for throttle, key in ((self._by_address, network), (self._by_name, name)):
            wait = throttle.attempt(key)
            if wait > 0:
                self.audit.note("sign-in limited", name=name, address=address)
                raise SlowDown(wait)
        user = self.users.verified(name, password)
        if user is None:
            self.audit.note("sign-in failed", name=name, address=address)
            return None
        self._by_address.forgive(network)
        self._by_name.forgive(name)
        token = self.sessions.open(user)
        self.audit.note("sign-in", user=user.id, name=name, address=address)
        return user, token

    def sign_out(self, scope: Scope) -> None:
        """End the session of a request. Raises NotWritable."""
        token, visitor = token_of(scope), self.visitor(scope)
        if token is not None:
            self.sessions.end(token)
        if visitor is not None:
            self.audit.note("sign-out", user=visitor.owner, address=address_of(scope))


def token_of(scope: Scope) -> str | None:
    """The session token in a request's cookies."""
    try:
        cookies = SimpleCookie(Headers(scope=scope).get("cookie", ""))
    except CookieError:
        return None
    return cookies[COOKIE].value if COOKIE in cookies else None


def address_of(scope: Scope) -> str:
    """The address a request comes from."""
    client = scope.get("client")
    return client[0] if client else ""


def visitor_of(scope: Scope) -> Visitor:
    """The visitor of a request that has passed the doors."""
    return scope[VISITOR]

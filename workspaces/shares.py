"""Links for people who shall only look: one comparison each, under a token that nobody guesses, until a date.

A token is given out once. What is kept is its hash, which names the link's file; whoever reads the folder cannot open
the links.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.errors import FootageError, OverQuota
from pipeline.files import atomic, explained
from workspaces.home import Home
from workspaces.names import checked_owner

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 bits of chance, in letters that a link may hold."""
LINK = re.compile(r"[0-9a-f]{64}")
DAY = 86_400.0
LONGEST = 90
"""Days that a link may be open."""
MOST = 100
"""Links of one owner."""


@dataclass(frozen=True)
class Share:
    """What a link shows. movie: the stacked movie, in the owner's workspace. shown: the player's value, as JSON.

    title: for the page and the owner's list. created, expires: seconds since the epoch.
    """

    owner: str
    movie: str
    shown: str
    title: str
    created: float
    expires: float


class Shares:
    """The links of a home. Safe to use from several programs at once."""

    def __init__(self, home: Home, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._clock = home.folder / "shares", clock

    def open(self, owner: str, movie: Path, shown: str, title: str, days: float) -> str:
        """Make a link and give its token, which can not be found out again. Raises OverQuota, OutputError."""
        checked_owner(owner)
        if len(self.of(owner)) >= MOST:
            raise OverQuota(f"You have {MOST} open links.", "Take some of them back.")
        token, now = secrets.token_urlsafe(32), self._clock()
        lasting = min(max(days, 0.0), LONGEST) * DAY
        share = Share(owner, str(movie.absolute()), shown, title[:200], now, now + lasting)
        with atomic(self._folder / f"{_link_of(token)}.json") as part:
            part.write_text(json.dumps(asdict(share)), encoding="utf-8")
        return token

    def find(self, token: str) -> Share | None:
        """What a token opens; None when it never was, was taken back, or its time is over."""
        return self._read(_link_of(token)) if TOKEN.fullmatch(token) else None

    def of(self, owner: str) -> dict[str, Share]:
        """An owner's open links by what they are taken back with, the newest first; those that are over go away."""
        found: dict[str, Share] = {}
        for path in self._folder.glob("*.json"):
            share = self._read(path.stem)
            if share is None:
                with explained(path):
                    path.unlink(missing_ok=True)
            elif share.owner == owner:
                found[path.stem] = share
        return dict(sorted(found.items(), key=lambda item: item[1].created, reverse=True))

    def take_back(self, owner: str, link: str) -> None:
        """Close one of an owner's links. Raises FootageError when they have none like this, whoever else may."""
        share = self._read(link) if LINK.fullmatch(link) else None
        if share is None or share.owner != owner:
            raise FootageError("There is no such link.", "It may be over already.")
        with explained(self._folder):
            (self._folder / f"{link}.json").unlink(missing_ok=True)

    def _read(self, link: str) -> Share | None:
        share = None
        with suppress(OSError, ValueError, TypeError):
            share = Share(**json.loads((self._folder / f"{link}.json").read_text(encoding="utf-8")))
        return share if share is not None and share.expires > self._clock() else None


def _link_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""Whose is what the browser names itself: a page's session, an event, an upload. The first to use it keeps it."""

from __future__ import annotations

import threading
from collections import OrderedDict

MOST = 2_000
"""Names kept of one owner, so that memory is bounded by the number of users; the one used longest ago is dropped."""


class Bindings:
    """Names with their owners. Safe to use from several threads."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._used: dict[str, OrderedDict[str, None]] = {}
        self._lock = threading.Lock()

    def claim(self, owner: str, name: str) -> bool:
        """Whether a name is this owner's, who becomes its owner if it has none."""
        with self._lock:
            if self._owners.setdefault(name, owner) != owner:
                return False
            names = self._used.setdefault(owner, OrderedDict())
            names[name] = None
            names.move_to_end(name)
            while len(names) > MOST:
                del self._owners[names.popitem(last=False)[0]]
        return True

    def holds(self, owner: str, name: str) -> bool:
        """Whether a name is this owner's already."""
        with self._lock:
            return self._owners.get(name) == owner

"""Slowing down whoever guesses: after a few failures every further attempt waits, each time twice as long."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FORGOTTEN = 3600.0
"""Seconds after the last failure when all of them are forgotten."""
CAPACITY = 10_000
"""Keys kept; the one that failed longest ago is dropped first."""


@dataclass(frozen=True)
class Tries:
    """How often somebody has failed, and when they did so last, on the throttle's clock."""

    count: int
    last: float


class Throttle:
    """Failures by key, in bounded memory. Safe to use from several threads."""

    def __init__(self, free: int, longest: float, clock: Callable[[], float] = time.monotonic) -> None:
        """free: failures without a wait. longest: the longest wait in seconds."""
        self._free, self._longest, self._clock = free, longest, clock
        self._tries: OrderedDict[str, Tries] = OrderedDict()
        self._lock = threading.Lock()

    def attempt(self, key: str) -> float:
        """Seconds this key still has to wait; 0 when it may try now, and then the attempt counts as a failure.

        The wait after n failures beyond the free ones is 2^n seconds. Counting before the password is looked at keeps
        attempts at the same moment from all being free.
        """
        now = self._clock()
        with self._lock:
            tries = self._tries.get(key)
            if tries is None or now - tries.last > FORGOTTEN:
                tries = Tries(0, now)
            wait = self._wait(tries) - (now - tries.last)
            if wait > 0:
                return wait
            self._tries[key] = Tries(tries.count + 1, now)
            self._tries.move_to_end(key)
            while len(self._tries) > CAPACITY:
                self._tries.popitem(last=False)
        return 0.0

    def forgive(self, key: str) -> None:
        """Forget the failures of a key that got it right."""
        with self._lock:
            self._tries.pop(key, None)

    def _wait(self, tries: Tries) -> float:
        beyond = tries.count - self._free
        return 0.0 if beyond < 0 else min(2.0 ** min(beyond, 64), self._longest)


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 network that one IPv6 subscriber is given."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)

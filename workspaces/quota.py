"""What each user may take up of the disk and of the line of jobs."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import OverQuota
from workspaces.handout import Exchange
from workspaces.limits import GB, Limits
from workspaces.tidy import bytes_in

MAKE_ROOM = "Delete versions or shots that you no longer need, or ask whoever runs this machine for more room."


@dataclass(frozen=True)
class Usage:
    """How many bytes an owner keeps, and how many they may."""

    used: int
    allowed: int


@dataclass(frozen=True)
class Quota:
    """The shares of all users of a home, who are all given the same."""

    exchange: Exchange
    limits: Limits

    def usage(self, owner: str) -> Usage:
        """What an owner keeps: plates, deliveries, and uploads that have become nothing else yet."""
        used = bytes_in(self.exchange.home.workspace(owner)) + bytes_in(self.exchange.incoming(owner))
        return Usage(used, round(self.limits.workspace_gigabytes * GB))

    def check_upload(self, owner: str, size: int) -> None:
        """Raise OverQuota when an upload of `size` bytes is larger than one may be, or than the owner has room for."""
        if size > self.limits.upload_gigabytes * GB:
            raise OverQuota(
                f"The file has {told(size)}; {told(self.limits.upload_gigabytes * GB)} may be handed in at once.",
                "Export it with a higher compression, or cut it into shots.",
            )
        self.check_room(owner, size)

    def check_room(self, owner: str, size: int) -> None:
        """Raise OverQuota when an owner has no room for `size` bytes more."""
        usage = self.usage(owner)
        if usage.used + size > usage.allowed:
            left = told(max(usage.allowed - usage.used, 0))
            raise OverQuota(f"The file has {told(size)}, and {left} of your {told(usage.allowed)} are left.", MAKE_ROOM)

    def check_job(self, owner: str, waiting: int) -> None:
        """Raise OverQuota when an owner with `waiting` jobs in line may not have another, or has no room for it."""
        if waiting >= self.limits.waiting_jobs:
            raise OverQuota(
                f"You have {waiting} jobs in line, which is as many as one person may have.",
                "Wait for one of them, or cancel one.",
            )
        usage = self.usage(owner)
        if usage.used >= usage.allowed:
            raise OverQuota(f"Your {told(usage.allowed)} on this machine are used up.", MAKE_ROOM)


def told(size: float) -> str:
    """A number of bytes as one would say it."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}" if size < 1000 * scale else f"{size / scale:.0f} {unit}"
    return f"{size / 1e3:.1f} kB"

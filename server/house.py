"""What the doors stand in: who knows the visitors, who knows whose file is whose, and where things are noted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from starlette.types import Scope

from server.log import Audit
from server.visitors import Visitor, address_of, visitor_of


class Keeper(Protocol):
    """Who knows whose file is whose. Asked from several threads."""

    def may_read(self, owner: str, path: Path) -> bool:
        """Whether a file may be given to an owner."""
        ...

    def received(self, owner: str, path: Path) -> None:
        """Note that an owner has uploaded a file. Raises PhotoplayError."""
        ...

    def check_upload(self, owner: str, size: int) -> None:
        """Raise PhotoplayError when an upload of `size` bytes, so far or as declared, is more than the owner may."""
        ...


class Gate(Protocol):
    """Who knows the visitor of a request."""

    def visitor(self, scope: Scope) -> Visitor | None:
        """The visitor; None for a stranger."""
        ...


@dataclass(frozen=True)
class House:
    """root: the path below which the app is reached. uploads: where files arrive. upload_limit: bytes of one upload.

    uploaded: told the bytes of every upload that has arrived.
    """

    gate: Gate
    keeper: Keeper
    audit: Audit
    root: str
    uploads: Path
    upload_limit: int
    uploaded: Callable[[int], None]

    def note(self, event: str, scope: Scope, **fields: str | int) -> None:
        """Put into the audit trail what the visitor of a request has done."""
        self.audit.note(event, user=visitor_of(scope).owner, address=address_of(scope), **fields)

"""The home folder: where everything lies that is not part of the program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workspaces.names import checked_owner

LOCAL = "local"
"""The owner of everything of whoever sits at this machine. No user of a server may have this id."""


@dataclass(frozen=True)
class Home:
    """The folders of a home. None of them is made by asking for it."""

    folder: Path

    @property
    def models(self) -> Path:
        """Weights."""
        return self.folder / "models"

    @property
    def cache(self) -> Path:
        """Finished frames by their keys, shared by everyone."""
        return self.folder / "cache"

    @property
    def facts(self) -> Path:
        """What was found out about files, so that they are read once."""
        return self.cache / "facts"

    @property
    def jobs(self) -> Path:
        """The store of the jobs."""
        return self.folder / "jobs"

    @property
    def users(self) -> Path:
        """One workspace for each owner."""
        return self.folder / "users"

    @property
    def uploads(self) -> Path:
        """What comes from browsers and what is handed to them; nothing in it is the only copy for longer than a day."""
        return self.folder / "uploads"

    @property
    def limits(self) -> Path:
        """What an operator has set."""
        return self.folder / "limits.toml"

    def workspace(self, owner: str) -> Path:
        """Where the shots of an owner lie. Raises RefusedFile for an id that names no folder."""
        return self.users / checked_owner(owner)

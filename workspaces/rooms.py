"""Everyone's rooms: what an owner hands in, keeps, takes home, and how much room they have for it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from pipeline.clip.probe import probe
from pipeline.clip.shot import Shot
from pipeline.errors import RefusedFile
from workspaces.handout import Exchange
from workspaces.home import LOCAL, Home
from workspaces.intake.door import check_file
from workspaces.limits import load_limits
from workspaces.names import display_name
from workspaces.quota import Quota, Usage
from workspaces.shares import Share, Shares
from workspaces.shots import ShotFolder, folder_for, next_version, remove_shot, shot_of, shots_of, take_in
from workspaces.tidy import clear_uploads

HOUR = 3600.0


class Rooms:
    """The workspaces of a home. Verbs name the owner, and reach nothing that is another's."""

    def __init__(self, home: Home, samples: Path) -> None:
        """samples: a folder that everyone may read. Raises RecipeError when the home's limits cannot be understood."""
        self.home, self.limits = home, load_limits(home.limits)
        self.exchange = Exchange(home, samples)
        self.quota = Quota(self.exchange, self.limits)
        self.shares = Shares(home)

    def receive(self, owner: str, path: Path, name: str) -> Shot:
        """An uploaded clip, moved into the owner's workspace once it was looked at.

        path: where the browser's upload lies. name: the file's name on the artist's machine.
        Raises RefusedFile for what is no clip or not theirs, FootageError, OverQuota, OutputError.
        """
        upload = self.exchange.received(owner, path)
        try:
            self.quota.check_upload(owner, 0)
            if check_file(upload, self.limits) != "video":
                raise RefusedFile(f"{upload.name} is not a video.", "Choose a clip, for instance mp4 or mov.")
            shot = replace(probe(upload), name=display_name(Path(name).stem))
            kept = take_in(self.home, owner, upload, shot, name)
        finally:
            self.exchange.used_up(owner, path)
        return replace(shot, plate=kept.plate)

    def shots(self, owner: str) -> list[ShotFolder]:
        """The shots that the owner can open again, newest first."""
        return shots_of(self.home, owner)

    def open_shot(self, owner: str, shot_id: str) -> Shot:
        """One of the owner's shots. Raises FootageError when they have none of this id, or its clip is damaged."""
        kept = shot_of(self.home, owner, shot_id)
        return replace(probe(kept.plate), name=kept.record.name)

    def remove_shot(self, owner: str, shot_id: str) -> None:
        """Delete one of the owner's shots with all its versions. Raises FootageError, OutputError."""
        remove_shot(shot_of(self.home, owner, shot_id))

    def check_shot(self, owner: str, shot: Shot) -> None:
        """Raise RefusedFile when a shot is another's. Whoever sits at this machine may render any clip on it."""
        if owner != LOCAL and not self.exchange.may_read(owner, shot.plate):
            raise RefusedFile("There is no such shot.", "Choose one of yours, or drop the clip again.")

    def new_version(self, owner: str, shot: Shot) -> Path:
        """The next free version folder of a shot in the owner's workspace. Raises OutputError."""
        return next_version(folder_for(self.home, owner, shot).path)

    def shared(self, token: str) -> Share | None:
        """What a link opens; None for every token that opens nothing, also when the version is gone."""
        share = self.shares.find(token)
        if share is None or not self.exchange.may_read(share.owner, Path(share.movie)):
            return None
        return share

    def usage(self, owner: str) -> Usage:
        """How much of their room an owner has used."""
        return self.quota.usage(owner)

    def clear_uploads(self) -> int:
        """Clear away uploads left over and old copies for browsers. Returns the bytes freed. Raises OutputError."""
        return clear_uploads(self.home, time.time() - self.limits.upload_hours * HOUR)

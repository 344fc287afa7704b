"""Everyone's rooms: what an owner hands in, keeps, takes home, and how much room they have for it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from pipeline.clip.probe import probe
from pipeline.clip.shot import Shot
from pipeline.errors import RefusedFile
from pipeline.recipe.footage import AS_FOUND, Footage
from workspaces.handout import Exchange
from workspaces.home import LOCAL, Home
from workspaces.intake.door import check_file
from workspaces.intake.kinds import kind_of
from workspaces.limits import load_limits
from workspaces.names import display_name
from workspaces.quota import Quota, Usage
from workspaces.sequences import Arrived, arrive, make_sequence, staged
from workspaces.shares import Share, Shares
from workspaces.shots import ShotFolder, folder_for, folder_of, next_version, remove_shot, shot_of, shots_of, take_in
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

    def hand_in(self, owner: str, paths: Sequence[Path]) -> Shot | Arrived:
        """What an owner has uploaded as a shot: one clip, or the pictures of a sequence, or a zip of them.

        Pictures become a shot at once when nothing has to be asked: no number is missing, and they say their rate.
        paths: where the browser's uploads lie. Raises RefusedFile, FootageError, OverQuota, OutputError.
        """
        files = [self.exchange.received(owner, path) for path in paths]
        if len(files) == 1 and not _holds_pictures(files[0]):
            return self.receive(owner, paths[0], paths[0].name)
        try:
            self.quota.check_room(owner, 0)
            with staged(self.home, owner) as folder:
                arrived = arrive(folder, files, self.limits, partial(self.quota.check_room, owner))
                return self.open_arrived(owner, arrived, AS_FOUND) if arrived.settled else arrived
        finally:
            for path in paths:
                self.exchange.used_up(owner, path)

    def open_arrived(self, owner: str, arrived: Arrived, footage: Footage) -> Shot:
        """The shot of pictures that have arrived. Raises RefusedFile, FootageError, OutputError."""
        return make_sequence(self.home, owner, arrived.id, footage, self.limits).open(self.home.facts)

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
        return shot_of(self.home, owner, shot_id).open(self.home.facts)

    def as_kept(self, owner: str, shot: Shot) -> Shot:
        """A shot with what its owner keeps with it: cuts set by hand, engine passes. As it is when nothing is kept.

        Raises FootageError when its files are damaged or gone, OutputError.
        """
        kept = folder_of(self.home, owner, shot)
        return shot if kept is None or not kept.plate.is_file() else kept.open(self.home.facts)

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


def _holds_pictures(file: Path) -> bool:
    """Whether a file is a picture or a zip of them; what it is otherwise, somebody else says."""
    with suppress(RefusedFile):
        return kind_of(file) in ("picture", "archive")
    return False

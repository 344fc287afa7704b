"""Painted mattes: the studio's verbs to keep one with a shot, and to have those at hand that were kept."""

from __future__ import annotations

from dataclasses import replace

from pipeline.clip.painted import FOLDER, keep_painted
from pipeline.clip.shot import Shot
from pipeline.errors import FootageError
from pipeline.frames import FrameRange, Mask
from pipeline.recipe.regions import Painted
from workspaces.rooms import Rooms
from workspaces.shots import ShotFolder, folder_for, folder_of


class PaintedMattes:
    """The painted mattes in everyone's workspaces. Verbs name the owner, and reach nothing that is another's."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def keep(self, owner: str, shot: Shot, mask: Mask, frame: int, frames: FrameRange) -> tuple[Shot, Painted]:
        """Keep a matte with an owner's shot. Returns the shot with it at hand, and the region for a pass.

        mask: uint8 [height, width] at the plate's size, 128 and above = inside, painted on `frame`. frames: those that
        it is for, `frame` among them. Raises RefusedFile for another's shot, OverQuota, OutputError, and FootageError
        for a matte that is empty or of another size, and a frame outside of `frames`.
        """
        self._rooms.check_shot(owner, shot)
        if frame not in frames:
            raise FootageError(
                f"Frame {frame} does not lie in {frames.first}-{frames.last}.", "Choose frames around it."
            )
        self._rooms.quota.check_upload(owner, mask.nbytes)
        with_folder = _with(shot, folder_for(self._rooms.home, owner, shot))
        name = keep_painted(with_folder, mask)
        return with_folder, Painted(matte=name, frame=frame, first=frames.first, last=frames.last)

    def at_hand(self, owner: str, shot: Shot) -> Shot:
        """The shot with the mattes that its owner keeps with it."""
        kept = folder_of(self._rooms.home, owner, shot)
        return shot if kept is None else _with(shot, kept)


def _with(shot: Shot, folder: ShotFolder) -> Shot:
    return replace(shot, painted=folder.path / FOLDER)

"""References: the still or clip of a film that a shot is held against, one for each shot of an owner."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame
from pipeline.clip.shot import Shot
from pipeline.clip.still import encode_png
from pipeline.errors import RefusedFile
from pipeline.files import atomic, explained
from workspaces.intake.door import check_file
from workspaces.names import clip_suffix
from workspaces.rooms import Rooms
from workspaces.shots import folder_for

NAME = "reference"
STILL = "reference-still.png"
"""The picture that a grade is matched to: the still itself, or the middle of the clip."""


class References:
    """The studio's verbs for references. They name the owner, and reach nothing that is another's."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def of(self, owner: str, shot: Shot) -> Path | None:
        """The reference of an owner's shot: a PNG or a clip; None when there is none."""
        for kept in self._rooms.shots(owner):
            if kept.record.key == shot.key:
                return next(iter(sorted(kept.path.glob(f"{NAME}.*"))), None)
        return None

    def still(self, owner: str, shot: Shot) -> Path | None:
        """The picture of the reference that a grade can be matched to."""
        found = self.of(owner, shot)
        return None if found is None else found.with_name(STILL)

    def keep(self, owner: str, shot: Shot, upload: Path) -> Path:
        """Keep an uploaded still or clip as the reference of a shot; an earlier one goes.

        Raises RefusedFile for what is neither, FootageError, OverQuota, OutputError.
        """
        self._rooms.check_shot(owner, shot)
        file = self._rooms.exchange.received(owner, upload)
        try:
            self._rooms.quota.check_upload(owner, 0)
            kind = check_file(file, self._rooms.limits)
            if kind not in ("video", "picture"):
                raise RefusedFile(f"{upload.name} is neither a picture nor a clip.", "Choose a PNG, a JPEG or an mp4.")
            folder = folder_for(self._rooms.home, owner, shot).path
            return _kept(file, folder, is_clip=kind == "video")
        finally:
            self._rooms.exchange.used_up(owner, upload)


def _kept(file: Path, folder: Path, is_clip: bool) -> Path:
    if is_clip:
        clip = probe(file)
        still = encode_png(read_frame(clip, (clip.frames.first + clip.frames.last) // 2).pixels)
        place = folder / f"{NAME}{clip_suffix(file)}"
    else:
        still, place = _as_png(file), folder / f"{NAME}.png"
    with explained(place):
        for earlier in folder.glob(f"{NAME}.*"):
            earlier.unlink()
    with atomic(folder / STILL) as part:
        part.write_bytes(still)
    with atomic(place) as part:
        if is_clip:
            shutil.copyfile(file, part)
        else:
            part.write_bytes(still)
    return place


def _as_png(file: Path) -> bytes:
    import numpy as np
    from PIL import Image

    with Image.open(file) as picture:
        return encode_png(np.asarray(picture.convert("RGB"), np.uint8))

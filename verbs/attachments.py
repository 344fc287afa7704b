"""What is kept with a shot beside its plate: the engine's passes, and the cuts that somebody has set by hand."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.clip.attach import with_passes, without_passes
from pipeline.clip.rendered import Rendered
from pipeline.clip.shot import Shot
from pipeline.errors import FootageError, RefusedFile
from pipeline.files import explained, sync
from pipeline.keys import key_of, key_of_file
from pipeline.recipe.footage import Footage
from workspaces.home import LOCAL
from workspaces.rooms import Rooms
from workspaces.sequences import bring_in, check_length, staged
from workspaces.shots import ShotFolder, folder_for, noted

if TYPE_CHECKING:
    from pipeline.clip.photometric import Verdict

PASSES = "passes-"
"""How the names of the folders begin that uploaded passes lie in."""
READING = ("first_number", "missing", "depth", "normals")
"""The settings of the footage that say how passes are read."""

InUse = Callable[[str], Iterable[Path]]
"""Owner -> the folders of passes that their unfinished jobs read."""


@dataclass(frozen=True)
class PassReport:
    """What was recognised, in words. rows: kind, files, frames, and how it lies over the plate.

    regions: names that recipes may call regions by. vectors: what the test of the motion vectors says; empty without.
    trials: meaning of the vectors -> mean error in levels of 255, the best first. still: the error without motion.
    """

    rows: tuple[tuple[str, str, str, str], ...]
    unused: tuple[str, ...]
    regions: tuple[str, ...]
    vectors: tuple[str, ...] = ()
    trials: tuple[tuple[str, float], ...] = ()
    still: float = 0.0


class Attachments:
    """The studio's verbs for it. They name the owner, and reach nothing that is another's."""

    def __init__(self, rooms: Rooms, in_use: InUse) -> None:
        self._rooms, self._in_use = rooms, in_use

    def add_passes(self, owner: str, shot: Shot, uploads: Sequence[Path], reading: Mapping[str, Any]) -> Shot:
        """The shot with uploaded passes, beside those uploaded before; a file of the same name replaces the old one.

        uploads: pictures, ids.json, cameras.json, or zips of them. reading: settings out of READING.
        Raises RefusedFile, OverQuota, OutputError, and FootageError when they do not fit the plate.
        """
        rooms, files = self._rooms, [self._rooms.exchange.received(owner, path) for path in uploads]
        try:
            rooms.check_shot(owner, shot)
            rooms.quota.check_room(owner, 0)
            kept, footage = folder_for(rooms.home, owner, shot), _reading(shot, reading)
            with staged(rooms.home, owner) as folder:
                bring_in(files, folder, rooms.limits, partial(rooms.quota.check_room, owner))
                _link_missing(kept, folder)
                fitted = self._fitted(shot, footage, folder)
                place = kept.path / f"{PASSES}{_name_of(fitted)}"
                with explained(place):
                    if place.exists():
                        shutil.rmtree(folder)
                    else:
                        folder.rename(place)
                        sync(kept.path)
            return self._noted(owner, kept, footage, place.name)
        finally:
            for path in uploads:
                rooms.exchange.used_up(owner, path)

    def give_passes(self, owner: str, shot: Shot, folder: Path, reading: Mapping[str, Any]) -> Shot:
        """The shot with the passes in a folder of this machine, which stays where it is.

        Raises RefusedFile for everybody who does not sit at it, FootageError for passes that do not fit, OutputError.
        """
        if owner != LOCAL:
            raise RefusedFile("Only whoever sits at this machine can open its files.", "Drop the files instead.")
        footage = _reading(shot, reading)
        self._fitted(shot, footage, folder)
        kept = folder_for(self._rooms.home, owner, shot)
        return self._noted(owner, kept, footage, str(folder.absolute()))

    def remove_passes(self, owner: str, shot: Shot) -> Shot:
        """The shot without passes. Those uploaded are deleted as soon as no unfinished render reads them any more.

        Raises RefusedFile for another's shot, FootageError, OutputError.
        """
        self._rooms.check_shot(owner, shot)
        usual = {name: Footage.model_fields[name].default for name in READING}
        return self._noted(owner, folder_for(self._rooms.home, owner, shot), _reading(shot, usual), "")

    def report(self, shot: Shot) -> PassReport | None:
        """What is known of a shot's passes; None when it has none. The vectors are tested the first time.

        Raises FootageError when a file cannot be read or the vectors do not fit the plate.
        """
        from pipeline.clip.objects import regions_of

        rendered = shot.rendered
        if rendered is None:
            return None
        regions = tuple(region.name for region in regions_of(rendered))
        told = PassReport(_rows(rendered), rendered.passes.unrecognised, regions)
        if "motion" not in rendered.kinds:
            return told
        verdict = _verdict(shot)
        trials = tuple((trial.convention.words, trial.error) for trial in verdict.trials)
        return replace(told, vectors=verdict.notes, trials=trials, still=verdict.still)

    def set_cut(self, owner: str, shot: Shot, frame: int, there: bool) -> Shot:
        """The shot with a cut before this frame, or without. The cuts that are found without help must be known.

        Raises RefusedFile for another's shot, FootageError for a frame that no cut can be at, OutputError.
        """
        from pipeline.motion.cuts import CutStore

        self._rooms.check_shot(owner, shot)
        if frame not in shot.frames or frame == shot.frames.first:
            raise FootageError(
                f"No cut can be set at frame {frame}.", f"Choose one of {shot.frames.first + 1}-{shot.frames.last}."
            )
        found = CutStore.of(shot, self._rooms.home.cache).found()
        footage = shot.footage.with_cut(frame, found) if there else shot.footage.without_cut(frame, found)
        kept = folder_for(self._rooms.home, owner, shot)
        noted(kept, replace(kept.record, footage=footage.stated))
        return replace(shot, footage=footage)

    def read_sequence(self, owner: str, shot: Shot, asked: Footage) -> Shot:
        """A picture sequence read at another rate, or with other frames where numbers are missing.

        asked: says both; the rest stays as it is. Other frames in the gaps are another plate: versions with those from
        before are kept, and not compared with it. Raises RefusedFile for another's shot or one that gets too long,
        FootageError when numbers are missing and may not be, OutputError.
        """
        rooms = self._rooms
        rooms.check_shot(owner, shot)
        if shot.pictures is None:
            raise FootageError(f"{shot.name} is a clip; its rate is in the file.", "Only picture sequences are asked.")
        footage = shot.footage.model_copy(update={"rate": asked.rate, "missing": asked.missing})
        kept = folder_for(rooms.home, owner, shot)
        record = replace(kept.record, footage=footage.stated)
        read = ShotFolder(kept.path, record).open(rooms.home.facts)
        check_length(read, rooms.limits)
        noted(kept, replace(record, key=read.key))
        return read

    def _fitted(self, shot: Shot, footage: Footage, folder: Path) -> Rendered:
        """The passes in a folder, laid over the plate, their vectors tested. Raises FootageError."""
        fitted = with_passes(replace(without_passes(shot), footage=footage), folder, self._rooms.home.facts)
        assert fitted.rendered is not None
        if "motion" in fitted.rendered.kinds:
            _verdict(fitted)
        return fitted.rendered

    def _noted(self, owner: str, kept: ShotFolder, footage: Footage, passes: str) -> Shot:
        kept = noted(kept, replace(kept.record, footage=footage.stated, passes=passes))
        needed = {kept.passes, *self._in_use(owner)}
        with explained(kept.path):
            for folder in kept.path.glob(f"{PASSES}*"):
                if folder not in needed:
                    shutil.rmtree(folder)
        return kept.open(self._rooms.home.facts)


def _reading(shot: Shot, settings: Mapping[str, Any]) -> Footage:
    """How the shot is read with these settings. What a missing picture of the plate becomes is settled already."""
    chosen = {name: settings[name] for name in READING if name in settings}
    if shot.pictures is not None:
        chosen.pop("missing", None)
    return Footage.model_validate(shot.footage.model_dump() | chosen)


def _link_missing(kept: ShotFolder, folder: Path) -> None:
    """Give the files of the passes uploaded before a second name in the new folder, where it has none of that name."""
    if kept.passes is None or not kept.record.passes.startswith(PASSES):
        return
    with explained(folder):
        for path in sorted(each for each in kept.passes.rglob("*") if each.is_file()):
            place = folder / path.relative_to(kept.passes)
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                os.link(path, place)


def _name_of(rendered: Rendered) -> str:
    """The same for the same passes, so that a render finds them again when they were removed and added anew."""
    keys = dict(rendered.keys)
    if rendered.passes.names is not None:
        keys["names"] = key_of_file(rendered.passes.names)
    return key_of("passes", 1, keys, ())[:16]


def _rows(rendered: Rendered) -> tuple[tuple[str, str, str, str], ...]:
    rows = []
    for found in rendered.passes.found:
        notes = [note for note in rendered.notes if found.label in note]
        files = found.files
        frames = f"{len(files.files)} frames, numbers {files.first}-{files.last}"
        rows.append(
            (found.kind.replace("_", " "), found.label.rpartition("/")[2], frames, " ".join(notes) or "as the plate")
        )
    for word, path in (("cameras", rendered.passes.cameras), ("names", rendered.passes.names)):
        rows += [] if path is None else [(word, path.name, "", "")]
    return tuple(rows)


def _verdict(shot: Shot) -> Verdict:
    from pipeline.clip.read import read_frame
    from pipeline.clip.rendered_motion import motion_of

    return motion_of(shot, lambda number: read_frame(shot, number).pixels).verdict

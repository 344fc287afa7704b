"""What passes between a browser and a workspace: uploads that belong to whoever sent them, and files handed out.

The web server keeps everything that it receives or sends in one folder for all. So every file gets a second name there,
below the id of its owner, and only that says who may read it. Nobody but us writes there: what a browser sends lies
under the hash of its content. A second name takes no room, and is deleted without harm to the file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import RefusedFile
from pipeline.files import atomic, explained, part_of
from workspaces.home import Home
from workspaces.names import checked_owner

CONTENT = re.compile(r"[0-9a-f]{64}")
"""The name of the folder that the web server puts an upload into."""
MOST_LINKS = (errno.EXDEV, errno.EMLINK, errno.EPERM, errno.ENOENT)
"""Why a file may have to be copied instead: another disk, too many names already, a disk without second names, or the
same content that arrives once more and takes the file's place at this moment."""


@dataclass(frozen=True)
class Exchange:
    """The exchange with browsers of one home. samples: a folder that everyone may read."""

    home: Home
    samples: Path

    def note_received(self, owner: str, path: Path) -> None:
        """Keep an upload for its owner, whatever others send under the same name. Raises RefusedFile, OutputError."""
        kept = self._received(owner, path)
        if kept is None or not path.is_file() or path.is_symlink():
            raise RefusedFile(f"{path.name} did not arrive.", "Drop the file again.")
        _second_name(path, kept)

    def received(self, owner: str, path: Path) -> Path:
        """The owner's upload that the browser knows as `path`. Raises RefusedFile when they sent no such file."""
        kept = self._received(owner, path)
        if kept is None or not kept.is_file():
            raise RefusedFile(f"{path.name} is no longer there.", "Drop the file again.")
        return kept

    def used_up(self, owner: str, path: Path) -> None:
        """Forget an upload that has become something else or was refused. Raises OutputError."""
        kept = self._received(owner, path)
        if kept is not None:
            with explained(path):
                kept.unlink(missing_ok=True)
                path.unlink(missing_ok=True)

    def give(self, owner: str, path: Path) -> Path:
        """A name for one of our files under which the owner's browser may fetch it. Raises OutputError."""
        facts = path.stat()
        version = hashlib.sha256(f"{path.absolute()} {facts.st_size} {facts.st_mtime_ns}".encode()).hexdigest()
        return _second_name(path, self._given(owner) / version / path.name)

    def give_bytes(self, owner: str, data: bytes, suffix: str) -> Path:
        """A file with these bytes, for the owner's browser; written once, so that it never changes while it is sent."""
        path = self._given(owner) / f"{hashlib.sha256(data).hexdigest()}{suffix}"
        with explained(path), suppress(FileNotFoundError):
            os.utime(path)
            return path
        with atomic(path) as part:
            part.write_bytes(data)
        return path

    def may_read(self, owner: str, path: Path) -> bool:
        """Whether this owner may fetch a file: one of their workspace, given to them, sent by them, or a sample."""
        try:
            real, sent = path.resolve(strict=True), self._received(owner, path)
        except (OSError, RefusedFile, ValueError):
            return False
        if not real.is_file():
            return False
        theirs = (self.home.workspace(owner), self._given(owner), self.samples)
        return any(real.is_relative_to(folder.resolve()) for folder in theirs) or (
            sent is not None and sent.is_file() and sent.samefile(real)
        )

    def incoming(self, owner: str) -> Path:
        """Where the owner's uploads lie that have become nothing else yet."""
        return self.home.uploads / "received" / checked_owner(owner)

    def _given(self, owner: str) -> Path:
        return self.home.uploads / "given" / checked_owner(owner)

    def _received(self, owner: str, path: Path) -> Path | None:
        """Where an upload is kept; None for a file that is none: they lie two deep, under the hash of their content."""
        incoming, folder = self.incoming(owner), path.absolute().parent
        is_upload = folder.parent == self.home.uploads.absolute() and CONTENT.fullmatch(folder.name)
        return incoming / folder.name / path.name if is_upload else None


def _second_name(path: Path, name: Path) -> Path:
    """Give a file a second name, or a copy where it can have none; as good as new to those who clear away old files."""
    part = part_of(name)
    with explained(name):
        name.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, part)
        except OSError as error:
            if error.errno not in MOST_LINKS:
                raise
            shutil.copyfile(path, part)
        part.replace(name)
        part.unlink(missing_ok=True)
    return name

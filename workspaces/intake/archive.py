"""Zips of pictures: every claim of the archive is checked before a byte of it is unpacked."""

from __future__ import annotations

import stat
import struct
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from pipeline.errors import RefusedFile
from pipeline.unzip import is_litter
from workspaces.intake.kinds import HEAD, PICTURE, SET_FREE, is_list, is_pickle
from workspaces.limits import GB, Limits

END = b"PK\x05\x06"
END_64 = b"PK\x06\x06"
END_SIZE = 22 + 0xFFFF
"""Bytes from the end within which the record lies that says how many files there are."""
ENTRY = 46
"""The least bytes that a file takes in the list of files."""
NAME = 300
"""Bytes that the list may take for each file: its name and what some packers add."""
PACKED_ANEW = "Pack the pictures anew, as a plain zip."


def check_archive(path: Path, limits: Limits) -> None:
    """Raise RefusedFile unless this is a zip of pictures within the limits, whose names stay below one folder.

    Lists in JSON, as an engine writes them beside its pictures, may lie in it too.
    """
    _check_list(path, limits)
    try:
        with ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            for member in members:
                _check_member(path, member, limits)
            _check_whole(path, members, limits)
            for member in (each for each in members if not is_litter(each.filename)):
                with archive.open(member) as file:
                    _check_content(path, member, file)
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise RefusedFile(f"{path.name} is not a whole zip: {error}.", PACKED_ANEW) from error


def _check_list(path: Path, limits: Limits) -> None:
    """Look at the end of the file alone: reading a list of a million files costs gigabytes of memory."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - END_SIZE, 0))
        tail = file.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) - at < 22:
        raise RefusedFile(f"{path.name} is cut short: the list of its files is missing.", "Copy or pack it again.")
    count, length = struct.unpack("<HI", tail[at + 10 : at + 16])
    if END_64 in tail or count == 0xFFFF or length == 0xFFFFFFFF:
        raise RefusedFile(f"{path.name} is packed in the long form of zip.", "Pack it in parts of less than 4 GB.")
    if count > limits.archive_files or not count * ENTRY <= length <= count * NAME + ENTRY:
        raise _too_many(path, limits)


def _too_many(path: Path, limits: Limits) -> RefusedFile:
    return RefusedFile(
        f"{path.name} lists more files than a zip may hold here, {limits.archive_files}.", "Pack it in parts."
    )


def _check_member(path: Path, member: ZipInfo, limits: Limits) -> None:
    name, kind = member.orig_filename, stat.S_IFMT(member.external_attr >> 16)
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or ":" in name or any(ord(sign) < 32 for sign in name):
        raise RefusedFile(f"{path.name} holds a file that would lie outside its folder.", PACKED_ANEW)
    if kind not in (0, stat.S_IFREG):
        raise RefusedFile(f"{path.name} holds a link or a device: {member.filename}.", PACKED_ANEW)
    if name.lower().endswith(".pkl"):
        raise RefusedFile(f"{path.name} holds a pickle, a kind of file that can run programs.", SET_FREE)
    if member.flag_bits & 1:
        raise RefusedFile(f"{path.name} is locked with a password.", "Pack it without one.")
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise RefusedFile(f"{path.name} is packed in a way that is not read here.", PACKED_ANEW)
    if member.file_size > member.compress_size * limits.archive_ratio + HEAD:
        raise _bomb(path)


def _check_whole(path: Path, members: list[ZipInfo], limits: Limits) -> None:
    if all(is_litter(member.filename) for member in members):
        raise RefusedFile(f"{path.name} holds no pictures.", "Put the pictures of the shot into it.")
    if len({member.filename.casefold() for member in members}) < len(members):
        raise RefusedFile(f"{path.name} holds two files of one name.", PACKED_ANEW)
    if sum(member.file_size for member in members) > limits.archive_gigabytes * GB:
        raise RefusedFile(
            f"{path.name} would be larger than {limits.archive_gigabytes:g} GB once unpacked.", "Pack it in parts."
        )
    if sum(member.compress_size for member in members) > path.stat().st_size:
        raise _bomb(path)


def _bomb(path: Path) -> RefusedFile:
    return RefusedFile(f"{path.name} would swell to many times its size when unpacked.", PACKED_ANEW)


def _check_content(path: Path, member: ZipInfo, file: IO[bytes]) -> None:
    """The first bytes of a file inside, which must be those of a picture or of a list."""
    head = file.read(HEAD)
    if is_pickle(head):
        raise RefusedFile(f"{path.name} holds a pickle, a kind of file that can run programs.", SET_FREE)
    if not head.startswith(PICTURE) and not is_list(member.filename, head):
        raise RefusedFile(f"{path.name} holds something that is no picture: {member.filename}.", PACKED_ANEW)

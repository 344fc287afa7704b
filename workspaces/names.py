"""Names that become names of files: from strangers, so nothing of them reaches the disk as it came."""

from __future__ import annotations

import re
import secrets
import unicodedata
from pathlib import Path

from pipeline.errors import RefusedFile

LONGEST = 80
"""Bytes of a name in UTF-8; with its suffix it stays far below the 255 that file systems take."""
SHOWN = 120
"""Characters of a name that is only shown."""
TOKEN = 8
"""Bytes of chance in the name of a shot's folder: 64 bits, which nobody guesses."""
OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""Ids of owners name folders."""
CLIP = re.compile(r"\.(mp4|mov|m4v|mkv|webm|avi|mxf|ts|mts|m2ts|mpg|mpeg|wmv|asf|flv|ogv|3gp)")
"""Suffixes of clips. Browsers take a file for what its suffix says."""


def folder_name(text: str) -> str:
    """A name as part of the name of a folder: letters, digits, `_` and `-` of any script, 1 to LONGEST bytes.

    Names that differ only in how their letters are composed become one; nothing is left of a name without letters.
    """
    kept = re.sub(r"[^\w-]+", "_", unicodedata.normalize("NFC", text)).strip("_-")
    return kept.encode("utf-8", "ignore")[:LONGEST].decode("utf-8", "ignore").strip("_-") or "shot"


def unguessable(text: str) -> str:
    """The name of a new folder for something called `text`."""
    return f"{folder_name(text)}-{secrets.token_hex(TOKEN)}"


def display_name(text: str) -> str:
    """A name as it is shown: without control characters, and without those that turn the direction of writing."""
    kept = "".join(sign for sign in text if unicodedata.category(sign)[0] != "C")
    return " ".join(kept.split())[:SHOWN] or "shot"


def clip_suffix(path: Path) -> str:
    """The suffix under which a clip is kept: its own if it is one of a clip."""
    suffix = path.suffix.lower()
    return suffix if CLIP.fullmatch(suffix) else ".mp4"


def checked_owner(owner: str) -> str:
    """The id of an owner. Raises RefusedFile for one that cannot name a folder."""
    if not OWNER.fullmatch(owner):
        raise RefusedFile(f"{owner!r} is not the id of a user.", "Ids are letters, digits, dashes and underscores.")
    return owner

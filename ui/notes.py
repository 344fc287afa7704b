"""Notes on frames of a version: who said what of which frame. They lie beside the version and go where it goes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from pipeline.errors import PhotoplayError
from pipeline.files import atomic

FILE = "notes.json"
LONGEST = 2000
"""Letters of a note."""
MOST = 2000
"""Notes of a version."""


@dataclass(frozen=True)
class FrameNote:
    """What `who` said of a frame of the plate."""

    frame: int
    text: str
    who: str


def read_notes(version: Path) -> list[FrameNote]:
    """The notes of a version, in the order of the frames. A file that is damaged holds none."""
    try:
        rows = cast(list[dict[str, Any]], json.loads((version / FILE).read_text(encoding="utf-8")))
        return sorted((FrameNote(int(r["frame"]), str(r["text"]), str(r["who"])) for r in rows), key=lambda n: n.frame)
    except (OSError, ValueError, KeyError, TypeError):
        return []


def add_note(version: Path, note: FrameNote) -> list[FrameNote]:
    """Add a note and give all. Raises PhotoplayError for one that says nothing or too much, OutputError."""
    text = note.text.strip()
    if not text:
        raise PhotoplayError("The note is empty.", "Write what is to be done about the frame.")
    notes = read_notes(version)
    if len(text) > LONGEST or len(notes) >= MOST:
        raise PhotoplayError("That is more than a version's notes can hold.", f"Keep a note below {LONGEST} letters.")
    notes = sorted([*notes, FrameNote(note.frame, text, note.who)], key=lambda one: one.frame)
    with atomic(version / FILE) as part:
        part.write_text(json.dumps([asdict(one) for one in notes], indent=1), encoding="utf-8")
    return notes

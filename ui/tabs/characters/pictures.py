"""The pictures of a training on the page: each with what was found in it, the report, and the captions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from pipeline.errors import PhotoplayError
from pipeline.frames import Picture
from pipeline.portraits.words import direction, expression
from ui.say import notice
from verbs.training_orders import Prepared

if TYPE_CHECKING:
    from pipeline.portraits.facts import PictureFacts
    from training.characters.captions import Row

SIDE = 200
"""Pixels of a picture's longer side on the page."""
LONGEST_CAPTION = 2000
EMPTY = notice("No pictures yet", "12 to 30 pictures of one person: 3 profiles, 3 smiles, different light.")
HEADS = ("Picture", "Caption", "From")
ORIGINS = {"edited": "you", "file": "its text file", "measured": "what was seen"}


def sheet(prepared: Prepared) -> list[tuple[Picture, str]]:
    """Every picture, cut as it is trained on, with what was found in it or what is wrong with it."""
    flags, folder = prepared.review.flags, prepared.folder
    return [
        (cut(folder / one.file, one), caption_of(one, flags.get(one.source, ()))) for one in prepared.portraits.pictures
    ]


def cut(path: Path, facts: PictureFacts) -> Picture:
    """The part of a picture that is trained on, small."""
    x, y, width, height = facts.crop
    with Image.open(path) as picture:
        part = picture.convert("RGB").crop((x, y, x + width, y + height))
        part.thumbnail((SIDE, SIDE))
        return np.array(part)


def caption_of(facts: PictureFacts, flags: Sequence[str]) -> str:
    """What stands below a picture: its faults, or else what the face does."""
    if flags:
        return f"! {', '.join(flags)}"
    return "" if facts.face is None else f"{direction(facts.face)}, {expression(facts.face)}"


def verdict(prepared: Prepared) -> str:
    """What an artist should know about the set first, as HTML."""
    review = prepared.review
    title = f"{review.pictures} pictures are used"
    left = [f"{len(review.left_out)} left out"] if review.left_out else []
    left += [f"{len(review.skipped)} could not be read"] if review.skipped else []
    head = notice(title, ", ".join(left), "warn" if left else "ok")
    missing = notice("What the set lacks", ", ".join(review.missing), "warn") if review.missing else ""
    return head + missing + "".join(notice("Note", text, "warn") for text in review.warnings)


def report(prepared: Prepared) -> str:
    """How heads, faces and framings are spread, and what was found in single pictures, as HTML."""
    review = prepared.review
    spread = "".join(
        counted(name, counts)
        for name, counts in (("Heads", review.directions), ("Faces", review.expressions), ("Framing", review.framings))
    )
    faults = [(source, "; ".join(words)) for source, words in review.flags.items()]
    faults += [(one.source, f"not read: {one.reason}") for one in review.skipped]
    listed = "".join(f"<dt>{escape(source)}</dt><dd>{escape(words)}</dd>" for source, words in faults)
    return f'<div class="spreads">{spread}</div><dl class="facts faults">{listed}</dl>'


def counted(name: str, counts: Mapping[str, int]) -> str:
    """How often each thing was seen, as HTML with a bar for each."""
    most = max(counts.values(), default=1)
    rows = "".join(
        f'<div class="stage-row spread"><span>{escape(word)}</span><i><i style="width:{count / most:.0%}"></i></i>'
        f"<span>{count}</span></div>"
        for word, count in counts.items()
    )
    return f'<div><p class="heading">{name}</p>{rows or "<p class=quiet>none</p>"}</div>'


def caption_rows(captions: Sequence[Row]) -> list[list[str]]:
    """The table of captions."""
    return [[row.source, row.caption, ORIGINS[row.origin]] for row in captions]


def edits_in(rows: Sequence[Sequence[str]], captions: Sequence[Row]) -> dict[str, str]:
    """What was changed in the table. Raises PhotoplayError for a caption that is far too long."""
    before = {row.source: row.caption for row in captions}
    found = {str(row[0]): str(row[1]).strip() for row in rows if str(row[0]) in before}
    changed = {source: text for source, text in found.items() if text != before[source]}
    for source, text in changed.items():
        if len(text) > LONGEST_CAPTION:
            raise PhotoplayError(
                f"The caption of {source} has {len(text)} letters.", f"Keep it below {LONGEST_CAPTION}; 300 are read."
            )
    return changed

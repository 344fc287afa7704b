"""Captions: the trigger, and what else is to be seen in a picture, so that the trigger stands for the person alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.errors import TrainingError
from pipeline.files import atomic
from pipeline.portraits.facts import PictureFacts
from pipeline.portraits.words import direction, expression, eyes, framing, light, looking
from training.characters.settings import Training

FILE = "captions.json"
"""What was edited: source -> caption."""
STYLE = "film still"
"""What the draft model calls pictures that are not renders; other checkpoints know the words, too."""

Origin = Literal["edited", "file", "measured"]


@dataclass(frozen=True)
class Row:
    """A line of the table of captions. origin: edited by hand, from `NN.txt` beside the picture, or from its facts."""

    source: str
    file: str
    caption: str
    origin: Origin


def captions(pictures: Sequence[PictureFacts], settings: Training, folder: Path) -> list[Row]:
    """The table of captions: an edited caption wins over a file's, and that over the facts. Raises TrainingError."""
    edits = read_edits(folder)
    return [_row(picture, settings, edits) for picture in pictures]


def measured(picture: PictureFacts, settings: Training) -> str:
    """The caption that the facts give."""
    words = [STYLE, settings.trigger] if settings.kind == "character" else [settings.trigger]
    if (face := picture.face) is not None:
        words += [word for word in (expression(face), eyes(face), direction(face), looking(face)) if word]
    return ", ".join([*words, light(picture), framing(picture)])


def with_trigger(caption: str, trigger: str) -> str:
    """The caption, with the trigger in front where it does not occur."""
    return caption if trigger.casefold() in caption.casefold() else f"{trigger}, {caption}"


def read_edits(folder: Path) -> dict[str, str]:
    """The captions that were edited, by source; none when there is no file. Raises TrainingError when it is damaged."""
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {str(source): str(caption) for source, caption in data.items()}
    except (ValueError, AttributeError) as error:
        raise TrainingError(f"{path} is damaged: {error}.", "Remove it and edit the captions again.") from error


def write_edits(folder: Path, edits: Mapping[str, str]) -> None:
    """Keep edited captions, by source, beside the prepared pictures; an empty one takes the edit back.

    Raises TrainingError when the ones before are damaged, OutputError.
    """
    kept = {source: caption for source, caption in {**read_edits(folder), **edits}.items() if caption.strip()}
    with atomic(folder / FILE) as part:
        part.write_text(json.dumps(kept, indent=1, ensure_ascii=False), encoding="utf-8")


def _row(picture: PictureFacts, settings: Training, edits: Mapping[str, str]) -> Row:
    edited = edits.get(picture.source)
    given, origin = (edited, "edited") if edited else (picture.caption, "file")
    if given is None:
        return Row(picture.source, picture.file, measured(picture, settings), "measured")
    return Row(picture.source, picture.file, with_trigger(given, settings.trigger), origin)

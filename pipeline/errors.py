"""Errors an artist can act on: raised anywhere, caught at two places only, the UI and the command line."""

from __future__ import annotations

from pathlib import Path


class PhotoplayError(Exception):
    """One sentence that says what is wrong, and one that says what to do about it.

    message: what is wrong, naming the file, field or frame.
    hint: what to do; empty when the message already says it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.message = message
        self.hint = hint


class FootageError(PhotoplayError):
    """The clip cannot be used: not a video, truncated, empty, too small."""


class RecipeError(PhotoplayError):
    """A recipe, preset or setting is not valid."""


class ModelMissing(PhotoplayError):
    """A model or feature that the recipe names is not on this machine."""


class NotFetched(PhotoplayError):
    """A model could not be fetched: no network, gone from its source, refused there, or broken off on the way."""


class Overflow(PhotoplayError):
    """A model gave numbers that are no picture."""


class OutputError(PhotoplayError):
    """The result cannot be written: no room, no permission, or the folder belongs to another render."""


class NotWritable(OutputError):
    """The disk refused a write: it is full, failing or closed to us. Once that is mended, the work can go on.

    place: where it was refused; None when that cannot be watched. need: bytes that have to be free there.
    """

    def __init__(self, message: str, hint: str = "", place: Path | None = None, need: int = 0) -> None:
        super().__init__(message, hint)
        self.place = place
        self.need = need


class RefusedFile(PhotoplayError):
    """A file that somebody handed in is not of a kind that is taken, is too large, or cannot be read safely."""


class OverQuota(PhotoplayError):
    """A person has used up their share of the disk or of the line of jobs."""


class TrainingError(PhotoplayError):
    """A training cannot begin or go on: its pictures, its settings or its numbers are not usable."""


class Cancelled(PhotoplayError):
    """The person stopped the work. Everything finished so far is kept."""

    def __init__(self) -> None:
        super().__init__("Stopped.", "Everything finished so far is kept: render again to go on.")

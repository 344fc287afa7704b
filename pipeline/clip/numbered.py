"""Sequences of picture files: which files belong together, and which file is which frame.

The number is the last run of digits in the name before the suffix: `Shot_Depth_0012.exr` is number 12 of `Shot_Depth_`.
How many digits there are and which number comes first is read from the names, never assumed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import FootageError
from pipeline.recipe.footage import MissingFrames

PICTURE_SUFFIXES = frozenset({".exr", ".png", ".jpg", ".jpeg", ".tif", ".tiff"})
"""Suffixes, in small letters, of the picture files that can be read."""

NAME = re.compile(r"(?P<stem>.*?)(?P<number>\d+)(?P<tail>\D*)")


@dataclass(frozen=True)
class NumberedFiles:
    """The files of one sequence, none of them empty-named. files: number -> path, rising.

    stem: the name before the number. tail: what stands between the number and the suffix, mostly nothing.
    """

    folder: Path
    stem: str
    tail: str
    suffix: str
    files: Mapping[int, Path] = field(hash=False)

    @property
    def first(self) -> int:
        """The lowest number."""
        return min(self.files)

    @property
    def last(self) -> int:
        """The highest number."""
        return max(self.files)

    @property
    def gaps(self) -> tuple[int, ...]:
        """The numbers between the first and the last that have no file."""
        return tuple(number for number in range(self.first, self.last + 1) if number not in self.files)

    @property
    def label(self) -> str:
        """The sequence as an artist would name it: `Shot_Depth_####.exr`."""
        return f"{self.stem}####{self.tail}{self.suffix}"

    def path(self, number: int, missing: MissingFrames) -> Path | None:
        """The file for this number. Where there is none: the newest before it, or the first, for `hold`; None for
        `black`. Raises FootageError for `error`, naming the number.
        """
        if number in self.files or missing == "black":
            return self.files.get(number)
        if missing == "hold":
            before = [known for known in self.files if known < number]
            return self.files[max(before) if before else self.first]
        raise FootageError(
            f"{self.label} has no number {number}.",
            "Export it again, or choose what a missing frame becomes: hold or black.",
        )


def sequences_in(folder: Path) -> tuple[NumberedFiles, ...]:
    """Every sequence of picture files in a folder, in the order of their names. Hidden files are left alone.

    Raises FootageError when there is no such folder or one number of a sequence has two files.
    """
    if not folder.is_dir():
        raise FootageError(f"There is no folder at {folder}.", "Check the name.")
    return grouped(path for path in sorted(folder.iterdir()) if not path.name.startswith("."))


def sequence_of(path: Path) -> NumberedFiles:
    """The sequence that this picture file belongs to. Raises FootageError when its name has no number."""
    if NAME.fullmatch(path.stem) is None:
        raise FootageError(
            f"{path.name} is one picture without a number.", "Choose a clip, or a picture of a numbered sequence."
        )
    return next(found for found in sequences_in(path.parent) if path in found.files.values())


def grouped(paths: Iterable[Path]) -> tuple[NumberedFiles, ...]:
    """The sequences among these files; what is no picture file or has no number is left out."""
    found: dict[tuple[Path, str, str, str], dict[int, Path]] = defaultdict(dict)
    for path in paths:
        named = NAME.fullmatch(path.stem)
        if named is None or path.suffix.lower() not in PICTURE_SUFFIXES or not path.is_file():
            continue
        files, number = found[path.parent, named["stem"], named["tail"], path.suffix], int(named["number"])
        if number in files:
            raise FootageError(
                f"{files[number].name} and {path.name} have the same number.", "Keep one of the two in the folder."
            )
        files[number] = path
    return tuple(NumberedFiles(*about, dict(sorted(files.items()))) for about, files in found.items())

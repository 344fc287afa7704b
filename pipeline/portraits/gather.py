"""Where pictures come from: a folder, or a zip that was found harmless, with the captions that lie beside them."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from pipeline.errors import TrainingError
from pipeline.unzip import plain

LONGEST_CAPTION = 2000
"""Characters; text encoders read some 300 of them."""
NOT_PICTURES = (".txt", ".json", ".toml", ".caption", ".db", ".npz", ".safetensors")
"""Endings of what people keep beside their pictures."""
MOST_PICTURES = 2000


def pictures_in(folder: Path) -> list[Path]:
    """The files of a folder that may be pictures, in the order of their names with numbers counted as numbers.

    Links, hidden files and captions are left out. Raises TrainingError when there are none, or too many.
    """
    try:
        files = [path for path in folder.iterdir() if path.is_file() and not path.is_symlink()]
    except OSError as error:
        raise TrainingError(f"{folder} cannot be read.", "Give a folder of pictures.") from error
    found = [path for path in files if path.suffix.lower() not in NOT_PICTURES and not path.name.startswith(".")]
    if not found:
        raise TrainingError(f"{folder} holds no pictures.", "Add 12 to 30 pictures of one person.")
    if len(found) > MOST_PICTURES:
        raise TrainingError(f"{folder} holds {len(found)} files.", f"Choose at most {MOST_PICTURES}; 30 are enough.")
    return sorted(found, key=_natural)


def caption_beside(path: Path) -> str | None:
    """The text in `NN.txt` beside a picture, on one line; None when there is none, or it is no text."""
    beside = path.with_suffix(".txt")
    if beside.is_symlink() or not beside.is_file():
        return None
    with beside.open("rb") as file:
        data = file.read(4 * LONGEST_CAPTION)
    text = " ".join(data.decode("utf-8-sig", errors="ignore").split())[:LONGEST_CAPTION]
    return text or None


def unpacked_as(number: int, name: PurePosixPath) -> Path:
    """What a picture out of a zip is called here: flat, with a number of its own and the old name readable."""
    return Path(f"{number:04d}-{plain(name.name)}")


def _natural(path: Path) -> list[tuple[int, str]]:
    """`9.jpg` before `10.jpg`."""
    parts = re.split(r"(\d+)", path.name.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]

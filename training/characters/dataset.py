"""The pictures of a training: a folder with `dataset.json`, which says of each picture what it shows and how it is cut.

The file is written by whoever looked at the pictures; here nothing looks for faces.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.errors import TrainingError
from pipeline.files import atomic
from pipeline.keys import Key, key_of, key_of_file

FILE = "dataset.json"
SCHEMA = 1


@dataclass(frozen=True)
class Item:
    """One picture. file: its name in the folder, RGB, turned upright.

    caption: with the trigger in it. crop: x, y, width, height of the part that is used. face: the same for the face, in
    the whole picture; None where there is none. mask: file of the person's matte in the folder. repeats: how often it
    is seen in one round.
    """

    file: str
    caption: str
    crop: tuple[int, int, int, int]
    face: tuple[int, int, int, int] | None = None
    mask: str | None = None
    repeats: int = 1


@dataclass(frozen=True)
class Dataset:
    """The pictures of a training, in order. regularisation: other people of the kind, learned without the trigger."""

    folder: Path
    items: tuple[Item, ...]
    regularisation: tuple[Item, ...] = ()

    @property
    def key(self) -> Key:
        """Hash over everything in it that a LoRA hangs on."""
        items = (*self.items, *self.regularisation)
        files = {name: key_of_file(self.folder / name) for item in items for name in (item.file, item.mask) if name}
        return key_of("dataset", SCHEMA, {"files": files, "rows": json.dumps(_plain(self), sort_keys=True)}, ())


def write_dataset(dataset: Dataset) -> None:
    """Write the dataset's file into its folder. Raises OutputError."""
    with atomic(dataset.folder / FILE) as part:
        part.write_text(json.dumps({"schema": SCHEMA, **_plain(dataset)}, indent=1), encoding="utf-8")


def read_dataset(folder: Path) -> Dataset:
    """The dataset in a folder. Raises TrainingError when there is none, or its file is not one."""
    path = folder / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA:
            raise TrainingError(f"{path} was written by another version of Photoplay.", "Prepare the pictures again.")
        items, others = ([_item(row, folder) for row in data[name]] for name in ("items", "regularisation"))
    except FileNotFoundError:
        raise TrainingError(f"{folder} holds no prepared pictures.", "Prepare a folder of pictures first.") from None
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path} is damaged: {error}.", "Prepare the pictures again.") from error
    if not items:
        raise TrainingError(f"{folder} holds no usable picture.", "Add 12 to 30 pictures of one person.")
    return Dataset(folder, tuple(items), tuple(others))


def _plain(dataset: Dataset) -> dict[str, list[dict[str, object]]]:
    return {
        "items": [asdict(item) for item in dataset.items],
        "regularisation": [asdict(item) for item in dataset.regularisation],
    }


def _item(row: dict[str, object], folder: Path) -> Item:
    item = Item(**{**row, "crop": _box(row["crop"]), "face": _box(row["face"])})  # pyright: ignore[reportArgumentType]
    for name in (item.file, item.mask):
        if name is not None and (Path(name).name != name or not (folder / name).is_file()):
            raise ValueError(f"it names {name!r}, which is not a file of the folder")
    return item


def _box(value: object) -> tuple[int, int, int, int] | None:
    if value is None:
        return None
    x, y, width, height = (int(number) for number in value)  # pyright: ignore[reportGeneralTypeIssues]
    return x, y, width, height

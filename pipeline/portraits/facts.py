"""What was found out about each picture, and the file it is kept in. Read without any library that looks at pictures.

Left and right are the viewer's, as in the captions of the draft model.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import TrainingError
from pipeline.files import atomic
from pipeline.keys import Key

FILE = "facts.json"
SCHEMA = 1

Rectangle = tuple[int, int, int, int]
"""x, y, width, height in pixels."""


@dataclass(frozen=True)
class FaceFacts:
    """One face. yaw, pitch, roll: degrees; positive = turned to the right, down, leaning anticlockwise.

    mouth, smile, eyes, gaze: as `measure.expression` reads them off the mesh: lip distance, smile, openness of the
    eyes, and where they look, positive = to the right. light: how much brighter the left half of the face is than the
    right, -1..1, in parts of their sum.
    """

    box: Rectangle
    yaw: float
    pitch: float
    roll: float
    mouth: float
    smile: float
    eyes: float
    gaze: float
    light: float


@dataclass(frozen=True)
class PictureFacts:
    """One picture. file: its name in the prepared folder. source: the name it came with.

    faces: the largest first. inner: the picture without black bars. crop: the part worth learning. mask: file of the
    person's matte. person: share of the picture that is person, 0..1. sharpness: of the face where there is one, as
    `look.sharpness` measures it. brightness: mean luma, 0..255. fingerprint: 64 bits in hexadecimal.
    caption: the text that lay beside the picture.
    """

    file: str
    source: str
    width: int
    height: int
    faces: tuple[FaceFacts, ...]
    inner: Rectangle
    crop: Rectangle
    mask: str
    person: float
    sharpness: float
    brightness: float
    fingerprint: str
    caption: str | None = None

    @property
    def face(self) -> FaceFacts | None:
        """The largest face."""
        return self.faces[0] if self.faces else None


@dataclass(frozen=True)
class Skipped:
    """A file that is not used, and why, in a sentence."""

    source: str
    reason: str


@dataclass(frozen=True)
class Portraits:
    """A prepared folder. key: hash over what it was made from."""

    key: Key
    pictures: tuple[PictureFacts, ...]
    skipped: tuple[Skipped, ...] = ()


def write_facts(portraits: Portraits, folder: Path) -> None:
    """Write the facts into the folder of the pictures. Raises OutputError."""
    with atomic(folder / FILE) as part:
        part.write_text(json.dumps({"schema": SCHEMA, **asdict(portraits)}, indent=1), encoding="utf-8")


def read_facts(folder: Path) -> Portraits:
    """The facts in a folder. Raises TrainingError when there are none, or they cannot be read."""
    path = folder / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA:
            raise TrainingError(f"{path} was written by another version of Photoplay.", "Prepare the pictures again.")
        pictures = tuple(_picture(row) for row in data["pictures"])
        return Portraits(data["key"], pictures, tuple(Skipped(**row) for row in data["skipped"]))
    except FileNotFoundError:
        raise TrainingError(f"{folder} holds no prepared pictures.", "Prepare a folder of pictures first.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path} is damaged: {error}.", "Prepare the pictures again.") from error


def _picture(row: dict[str, Any]) -> PictureFacts:
    faces = tuple(FaceFacts(**{**face, "box": tuple(face["box"])}) for face in row["faces"])
    boxes = {name: tuple(row[name]) for name in ("inner", "crop")}
    return PictureFacts(**{**row, **boxes, "faces": faces})

"""From prepared pictures to the dataset of a training: which are used, with which words and which part of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from pipeline.errors import TrainingError
from pipeline.portraits.facts import PictureFacts, Portraits
from training.characters.captions import Row, captions
from training.characters.dataset import Dataset, Item, write_dataset
from training.characters.settings import Training

DRAFT: Mapping[str, float | bool] = {"resolution": 256, "rate": 3e-3, "convolutions": True}
"""What suits the draft model: the size it was made at, and more than attention, which it has in its lower half alone.
Its 236,000 attention weights move a picture's colours by nothing that is seen in 300 steps at a usual rate."""


def fitting(base: str) -> dict[str, float | bool]:
    """The settings in which a checkpoint asks for others than the usual ones, and those it asks for."""
    return dict(DRAFT) if base == "draft" else {}


def assemble(portraits: Portraits, left_out: Collection[str], settings: Training, folder: Path) -> Dataset:
    """The dataset, written into the folder of the prepared pictures.

    left_out: sources that are not used. Raises TrainingError when no picture is left, when a character's pictures show
    no face, or when they show faces and nobody has said whose; OutputError.
    """
    used = [picture for picture in portraits.pictures if picture.source not in left_out]
    check_faces(used, settings)
    rows = captions(used, settings, folder)
    dataset = Dataset(folder, tuple(_item(picture, row) for picture, row in zip(used, rows, strict=True)))
    write_dataset(dataset)
    return dataset


def check_faces(used: Collection[PictureFacts], settings: Training) -> None:
    """Raise TrainingError when these pictures cannot be trained on as they are."""
    faces = any(picture.faces for picture in used)
    if settings.kind == "character" and not faces:
        raise TrainingError(
            "No face was found in any of the pictures.",
            "Add pictures of the character, or train a style: --kind style.",
        )
    if not used:
        raise TrainingError("No picture is left to train on.", "Add 12 to 30 pictures.")
    if faces and not settings.consent.strip():
        raise TrainingError(
            "The pictures show a face: say whose it is and that they have agreed.",
            'For instance --consent "Ava Machina, digital character of our own".',
        )


def _item(picture: PictureFacts, row: Row) -> Item:
    face = picture.face
    return Item(picture.file, row.caption, picture.crop, None if face is None else face.box, picture.mask)

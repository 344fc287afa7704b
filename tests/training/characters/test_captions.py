"""Captions out of facts, and the dataset made of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import TrainingError
from pipeline.keys import Key
from pipeline.portraits.facts import FaceFacts, PictureFacts, Portraits
from training.characters.assemble import assemble
from training.characters.captions import FILE, captions, measured, write_edits
from training.characters.dataset import read_dataset
from training.characters.settings import Training

FACE = FaceFacts((20, 20, 40, 50), 0.0, 0.0, 0.0, 0.02, -1.5, 0.3, 0.0, 0.0)
AVA = Training(name="ava", trigger="Ava Machina", consent="Ava, made by us")


def picture(number: int, face: FaceFacts | None = FACE, caption: str | None = None) -> PictureFacts:
    faces = () if face is None else (face,)
    name, whole = f"{number:03d}.png", (0, 0, 100, 100)
    matte = f"{number:03d}-matte.png"
    return PictureFacts(name, f"{number}.jpg", 100, 100, faces, whole, whole, matte, 0.5, 20.0, 120.0, "00", caption)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        for name in (f"{number:03d}.png", f"{number:03d}-matte.png"):
            Image.fromarray(np.zeros((100, 100), np.uint8)).save(tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    ("face", "words"),
    [
        (FACE, "neutral, facing the camera, looking at the camera, even light, close-up"),
        (replace(FACE, yaw=-30), "neutral, head turned left, looking left, even light, close-up"),
        (replace(FACE, yaw=60, gaze=-0.1), "neutral, profile right, looking right, even light, close-up"),
        (replace(FACE, pitch=20), "neutral, head down, looking at the camera, even light, close-up"),
        (
            replace(FACE, smile=-1.2, mouth=0.2),
            "laughing, facing the camera, looking at the camera, even light, close-up",
        ),
        (replace(FACE, eyes=0.05, light=0.3), "neutral, eyes closed, facing the camera, light from the left, close-up"),
        (replace(FACE, mouth=0.1, gaze=0.2), "talking, facing the camera, looking right, even light, close-up"),
    ],
)
def test_a_caption_says_what_is_seen_beside_the_person(face: FaceFacts, words: str) -> None:
    assert measured(picture(0, face), AVA) == f"film still, Ava Machina, {words}"


def test_a_style_is_called_by_its_trigger_alone() -> None:
    style = AVA.model_copy(update={"kind": "style", "trigger": "noir"})
    dark = replace(picture(0, None), brightness=20.0)
    assert measured(dark, style) == "noir, low-key light, wide"


def test_who_is_heard_first(folder: Path) -> None:
    pictures = [picture(0), picture(1, caption="at the window"), picture(2, caption="AVA MACHINA, asleep")]
    write_edits(folder, {"2.jpg": "ava machina, awake"})
    rows = captions(pictures, AVA, folder)
    assert [row.origin for row in rows] == ["measured", "file", "edited"]
    assert [row.caption for row in rows[1:]] == ["Ava Machina, at the window", "ava machina, awake"]
    write_edits(folder, {"2.jpg": " "})
    assert captions(pictures, AVA, folder)[2].caption == "AVA MACHINA, asleep"


def test_damaged_edits_are_not_taken_for_none(folder: Path) -> None:
    (folder / FILE).write_text("[1]")
    with pytest.raises(TrainingError, match="damaged"):
        captions([picture(0)], AVA, folder)


def test_the_dataset_holds_what_is_used(folder: Path) -> None:
    portraits = Portraits(Key("key"), tuple(picture(number) for number in range(3)))
    dataset = assemble(portraits, {"1.jpg"}, AVA, folder)
    assert read_dataset(folder) == dataset
    assert [item.file for item in dataset.items] == ["000.png", "002.png"]
    assert dataset.items[0].face == FACE.box and dataset.items[0].mask == "000-matte.png"


def test_pictures_that_cannot_be_trained_on(folder: Path) -> None:
    seen, nobody = Portraits(Key("a"), (picture(0),)), Portraits(Key("b"), (picture(0, None),))
    style, silent = (AVA.model_copy(update=change) for change in ({"kind": "style"}, {"consent": " "}))
    with pytest.raises(TrainingError, match="No face was found"):
        assemble(nobody, (), AVA, folder)
    with pytest.raises(TrainingError, match="say whose it is"):
        assemble(seen, (), silent, folder)
    with pytest.raises(TrainingError, match="No picture is left"):
        assemble(nobody, {"0.jpg"}, style, folder)
    assert len(assemble(nobody, (), style.model_copy(update={"consent": ""}), folder).items) == 1

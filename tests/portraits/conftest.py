from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame
from pipeline.frames import Picture
from pipeline.people.finder import FaceFinder, FoundFace


@pytest.fixture(scope="module")
def still() -> Picture:
    """A face of the sample shot, and somebody around it."""
    from tests.conftest import INTERVIEW

    return read_frame(probe(INTERVIEW), 20).pixels


@pytest.fixture
def folder(tmp_path: Path, still: Picture) -> Path:
    """Pictures of one person: as it is, mirrored, and the first again, smaller."""
    folder = tmp_path / "in"
    folder.mkdir()
    picture = Image.fromarray(still)
    picture.save(folder / "2.png")
    picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(folder / "10.png")
    picture.resize((400, 225)).save(folder / "11.jpg")
    return folder


def face_of(picture: Picture) -> FoundFace:
    with FaceFinder() as finder:
        return finder.find(picture, 20)[0]

"""Parts of a face: where they lie, that they do not overlap, and crops that hold them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.motion.cuts import CutStore
from pipeline.people.faces import Faces
from pipeline.people.finder import FaceFinder
from pipeline.people.outline import outline
from pipeline.people.parts import PARTS, part_matte, part_run
from pipeline.people.staging import Stand, staged
from pipeline.people.track_stage import tracks_store
from pipeline.people.tracks import Run, Tracks
from pipeline.prepare.mattes import hull_matte
from pipeline.recipe.regions import FacePart, Part

PLATE = (640, 360)
FRAME = 20


@pytest.fixture
def faces(interview: Path, looked_at: Path) -> Iterator[Faces]:
    with FaceFinder() as finder:
        yield Faces(probe(interview), looked_at, finder)


@pytest.fixture
def run(faces: Faces, looked_at: Path) -> Run:
    tracks = Tracks.unpack(tracks_store(faces.shot, looked_at).read(0))
    return tracks.at(FRAME)[0]


def test_parts_lie_in_the_face_where_they_should_and_apart(faces: Faces, run: Run) -> None:
    points = outline(run, FRAME, faces)
    face = hull_matte(FRAME, points, PLATE)
    mattes = {part: part_matte(part, FRAME, points, PLATE) for part in PARTS}
    assert face is not None
    covered = np.zeros(face.mask.shape, int)
    for matte in mattes.values():
        assert matte is not None
        assert (face.mask[matte.mask > 0] > 0).mean() > 0.95
        covered += matte.mask > 0
    assert (covered > 1).sum() < 0.05 * (covered > 0).sum(), "parts are recombined, not laid over each other"
    height = {part: matte.box.y + matte.box.height / 2 for part, matte in mattes.items() if matte is not None}
    assert height["forehead"] < height["eyes"] < height["cheeks"] < height["mouth"]


@pytest.mark.parametrize("part", list(PARTS))
def test_a_crop_holds_its_part_in_every_frame_and_holds_still(part: Part, faces: Faces, run: Run) -> None:
    region = FacePart(part=part, minimum_size=30, padding=10)
    stand = Stand(PLATE, 24.0, 20, CutStore.of(faces.shot, faces.store.root).cuts())
    one = staged(Tracks((run,)), region, stand, partial(part_run, part=part, faces=faces, rate=24.0))[0]
    sides = []
    for frame in range(run.frames.first, run.frames.last, 7):
        matte = part_matte(part, frame, outline(one.run, frame, faces), PLATE)
        crop = one.crop(frame)
        assert matte is not None and one.shown(frame) > 0
        assert matte.box.x >= crop.x - crop.side / 2 and matte.box.right <= crop.x + crop.side / 2
        assert matte.box.y >= crop.y - crop.side / 2 and matte.box.bottom <= crop.y + crop.side / 2
        sides.append(crop.side)
    assert max(np.abs(np.diff(sides))) < 0.12 * max(sides)
    assert max(sides) < 1.1 * staged(Tracks((run,)), region, stand)[0].crop(FRAME).side

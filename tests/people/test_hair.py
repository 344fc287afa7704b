"""Hair told by its colour, against what the shots' own renderer knows; and MediaPipe's segmenter where its file is.

hair_truth: the pixels of hair of four frames of the sample shots, from the object ids that they were rendered with. The
segmenter's file is not part of the repository, so no test looks at a head with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame
from pipeline.clip.still import decode_png
from pipeline.errors import ModelMissing
from pipeline.frames import Mask, Picture
from pipeline.people.faces import Faces
from pipeline.people.finder import FaceFinder
from pipeline.people.hair import HairFinder, HairSegmenter, canvas_of, hair_among
from pipeline.people.hair_stage import HairMattes, hair_key
from pipeline.people.landmarks import FacePoints
from pipeline.people.pose import Pose
from pipeline.people.track_stage import tracks_store
from pipeline.people.tracks import Tracks
from tests.conftest import ROOT

PLATE = (640, 360)


@pytest.fixture(scope="module")
def finder() -> Iterator[HairFinder]:
    with HairFinder(None) as found:
        yield found


@pytest.fixture(scope="module")
def face_finder() -> Iterator[FaceFinder]:
    with FaceFinder() as found:
        yield found


def seen(shot: str, number: int, faces: FaceFinder) -> tuple[Picture, FacePoints, Mask]:
    picture = read_frame(probe(ROOT / "samples" / shot / "plate.mp4"), number).pixels
    truth = decode_png((Path(__file__).parent / "hair_truth" / f"{shot}-{number:06d}.png").read_bytes())
    return picture, faces.find(picture, 30)[0].points, truth


def on_plate(hair: Mask, points: FacePoints) -> np.ndarray:
    back = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(hair, canvas_of(Pose.of(points)), PLATE, flags=back) > 127


@pytest.mark.parametrize(
    ("shot", "number"), [("interview", 11), ("interview", 104), ("stairwell", 49), ("stairwell", 106)]
)
def test_long_and_short_hair_is_found(shot: str, number: int, finder: HairFinder, face_finder: FaceFinder) -> None:
    picture, points, truth = seen(shot, number, face_finder)
    found, true = on_plate(finder.find(picture, points), points), truth > 0
    assert (found & true).sum() / (found | true).sum() > 0.85


def test_a_bald_head_has_no_hair(finder: HairFinder, face_finder: FaceFinder) -> None:
    picture, points, truth = seen("stairwell", 49, face_finder)
    cheek = picture[tuple(points[[205], 1::-1].round().astype(int)[0])]
    grain = np.random.default_rng(1).normal(0, 3, picture.shape)
    bald = np.where(cv2.dilate(truth, np.ones((5, 5)))[..., None] > 0, (cheek + grain).clip(0, 255), picture)
    assert on_plate(finder.find(picture, points), points).sum() > 2000
    assert on_plate(finder.find(bald.astype(np.uint8), points), points).sum() < 200


def test_the_same_picture_gives_the_same_hair_whatever_came_before(finder: HairFinder, face_finder: FaceFinder) -> None:
    picture, points, _ = seen("stairwell", 49, face_finder)
    first = finder.find(picture, points)
    finder.find(np.ascontiguousarray(picture[:, ::-1]), points)
    assert (finder.find(picture, points) == first).all() and first.any()


def test_the_matte_goes_with_the_head_and_does_not_boil(
    interview: Path, looked_at: Path, tmp_path: Path, face_finder: FaceFinder
) -> None:
    shot = probe(interview)
    faces, run = Faces(shot, looked_at, face_finder), Tracks.unpack(tracks_store(shot, looked_at).read(0)).at(12)[0]
    with HairMattes(shot, tmp_path, faces, None) as hair:
        mattes = [hair.matte(run, frame, PLATE) for frame in range(10, 16)]
        masks = [matte.mask > 0 for matte in mattes if matte is not None]
        assert len(masks) == 6
        shares = [(one & other).sum() / (one | other).sum() for one, other in pairwise(masks)]
        assert min(shares) > 0.95
        truth = decode_png((Path(__file__).parent / "hair_truth" / "interview-000011.png").read_bytes()) > 0
        assert (masks[1] & truth).sum() / (masks[1] | truth).sum() > 0.9
        stored = sorted(path.name for path in tmp_path.rglob("*.npz"))
    assert stored == [f"{frame:06d}.npz" for frame in range(8, 18)]
    with HairMattes(shot, tmp_path, faces, None) as again:
        matte = again.matte(run, 12, PLATE)
        assert matte is not None and ((matte.mask > 0) == masks[2]).all()


def test_the_segmenters_answer_is_read_by_its_class() -> None:
    """MediaPipe's own pictures of confidence, one a class: background, hair, and four more."""
    from mediapipe import Image, ImageFormat

    planes = [np.full((8, 6), 0.1 * at, np.float32) for at in range(6)]
    masks = [Image(image_format=ImageFormat.VEC32F1, data=plane) for plane in planes]
    hair = hair_among(masks, (8, 6))
    assert hair.shape == (8, 6) and np.abs(hair - 0.1).max() < 1e-6


def test_a_file_that_is_no_segmenter_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "selfie_multiclass_256x256.tflite"
    broken.write_bytes(b"not a model")
    for path in (broken, tmp_path / "missing.tflite"):
        with pytest.raises(ModelMissing, match=path.name):
            HairSegmenter(path)


def test_hair_by_weights_is_other_hair(interview: Path, tmp_path: Path) -> None:
    from pipeline.keys import key_of_file
    from pipeline.models.store import Annotator

    weights = Annotator("selfie_multiclass", tmp_path, key_of_file(interview))
    assert hair_key(probe(interview), None) != hair_key(probe(interview), weights)

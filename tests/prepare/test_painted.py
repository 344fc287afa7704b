"""Painted mattes: kept by content, carried along a face and along the flow, never across a cut."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.clip.painted import keep_painted, painted_folder, painted_of, read_picture_matte
from pipeline.clip.probe import probe
from pipeline.errors import FootageError
from pipeline.frames import FrameRange, Mask, Picture
from pipeline.motion.cuts import CutStore
from pipeline.motion.source import Estimated
from pipeline.people.faces import Faces
from pipeline.people.finder import FaceFinder
from pipeline.people.outline import outline
from pipeline.people.track_stage import tracks_store
from pipeline.people.tracks import Tracks
from pipeline.prepare.painted import PaintedMattes, painted_key
from pipeline.recipe.regions import Painted
from pipeline.stage import FrameStore

FRAME = 20


def disc(x: float, y: float, radius: int, size: tuple[int, int] = (640, 360)) -> Mask:
    mask = np.zeros(size[::-1], np.uint8)
    return cv2.circle(mask, (round(x), round(y)), radius, (255,), -1).astype(np.uint8)


def patch(number: int) -> Picture:
    """A textured square that moves three pixels right and one down a frame over a textured ground."""
    random = np.random.default_rng(3)
    ground = cv2.GaussianBlur(random.integers(0, 255, (120, 200, 3)).astype(np.uint8), (0, 0), 2)
    square = cv2.GaussianBlur(random.integers(0, 255, (40, 40, 3)).astype(np.uint8), (0, 0), 1)
    ground[30 + number : 70 + number, 20 + 3 * number : 60 + 3 * number] = square
    return ground.astype(np.uint8)


def test_a_matte_is_kept_by_its_content_and_found_again(interview: Path, tmp_path: Path) -> None:
    shot = replace(probe(interview), painted=tmp_path / "shot" / "painted")
    mask = disc(300, 100, 30)
    name = keep_painted(shot, mask)
    assert keep_painted(shot, np.where(mask, 200, 3).astype(np.uint8)) == name, "only inside and outside count"
    region = Painted(matte=name, frame=FRAME, first=10, last=30)
    assert (painted_of(shot, "fix", region) == mask).all()
    assert [path.name for path in painted_folder(shot).iterdir()] == [f"{name}.png"]
    with pytest.raises(FootageError, match="not kept with"):
        painted_of(shot, "fix", region.model_copy(update={"matte": "0" * 64}))
    with pytest.raises(FootageError, match="painted on frame 500"):
        painted_of(shot, "fix", Painted(matte=name, frame=500, first=500, last=500))
    (painted_folder(shot) / f"{name}.png").write_bytes(b"something else")
    with pytest.raises(FootageError, match="not kept with"):
        painted_of(shot, "fix", region)


def test_what_is_no_matte_of_this_shot_is_refused(interview: Path, tmp_path: Path) -> None:
    shot = replace(probe(interview), painted=tmp_path)
    with pytest.raises(FootageError, match="320x180"):
        keep_painted(shot, disc(50, 50, 9, (320, 180)))
    with pytest.raises(FootageError, match="empty"):
        keep_painted(shot, np.zeros((360, 640), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_a_picture_gives_its_transparency_or_its_brightness(tmp_path: Path) -> None:
    mask = disc(30, 20, 9, (64, 48))
    Image.fromarray(mask).save(tmp_path / "grey.png")
    red = np.dstack([np.full_like(mask, 255), np.zeros_like(mask), np.zeros_like(mask), mask])
    Image.fromarray(red).save(tmp_path / "clear.png")
    (tmp_path / "no.png").write_bytes(b"no picture")
    for name in ("grey.png", "clear.png"):
        assert (read_picture_matte(tmp_path / name) == mask).all()
    with pytest.raises(FootageError, match=r"no\.png"):
        read_picture_matte(tmp_path / "no.png")


def test_along_the_flow_it_stays_on_what_it_was_painted_on(interview: Path, looked_at: Path, tmp_path: Path) -> None:
    mask = np.zeros((120, 200), np.uint8)
    mask[45:75, 55:85] = 255
    region = Painted(matte="0" * 64, frame=10, first=0, last=20)
    mattes = carried(region, mask, Estimated(patch, lambda frame: FrameRange(4, 17)), tmp_path, interview, looked_at)
    assert mattes.face is None
    for frame in (17, 4, 10, 12):
        matte = mattes.matte(frame)
        assert matte is not None and matte.crop is not None
        true = np.roll(mask, (frame - 10, 3 * (frame - 10)), axis=(0, 1))
        both, either = ((matte.mask > 0) & (true > 0)).sum(), ((matte.mask > 0) | (true > 0)).sum()
        assert both / either > 0.85, f"frame {frame}"
        assert (matte.crop.x, matte.crop.y) == pytest.approx((70 + 3 * (frame - 10), 60 + frame - 10), abs=1.5)
        assert matte.crop.side == pytest.approx(30 + 2 * 12, rel=0.1)
    assert mattes.matte(3) is None and mattes.matte(18) is None, "not across a cut"
    again = carried(
        region, mask, Estimated(patch, lambda frame: FrameRange(4, 17)), tmp_path / "b", interview, looked_at
    )
    first, second = again.matte(12), mattes.matte(12)
    assert first is not None and second is not None and (first.mask == second.mask).all(), "in whatever order"


def test_in_a_face_it_goes_along_with_the_face(interview: Path, looked_at: Path, tmp_path: Path) -> None:
    shot = probe(interview)
    run = Tracks.unpack(tracks_store(shot, looked_at).read(0)).at(FRAME)[0]
    with FaceFinder() as finder:
        faces = Faces(shot, looked_at, finder)
        nose = {frame: outline(run, frame, faces)[4] for frame in (FRAME, 45, 60)}
    mask = disc(nose[FRAME][0] - 0.5, nose[FRAME][1] - 0.5, 12)
    region = Painted(matte="0" * 64, frame=FRAME, first=0, last=100)
    setup = CutStore.of(shot, looked_at).cuts().setup
    mattes = carried(region, mask, Estimated(no_picture, setup), tmp_path, interview, looked_at)
    assert mattes.face is not None
    for frame in (45, 60):
        matte = mattes.matte(frame)
        assert matte is not None
        middle = np.mean(np.nonzero(matte.mask), axis=1)[::-1] + 0.5
        assert np.hypot(*(middle - nose[frame])) < 5
    assert mattes.matte(64) is None


def test_the_key_holds_the_painted_matte_and_not_the_padding(interview: Path) -> None:
    shot, region = probe(interview), Painted(matte="a" * 64, frame=FRAME, first=10, last=30)
    key = painted_key(shot, region)
    assert painted_key(shot, region.model_copy(update={"padding": 5})) == key
    for change in ({"matte": "b" * 64}, {"frame": 21}, {"last": 31}):
        assert painted_key(shot, region.model_copy(update=change)) != key


def no_picture(number: int) -> Picture:
    raise AssertionError("no flow is needed")


def carried(
    region: Painted, mask: Mask, motion: Estimated, folder: Path, interview: Path, looked_at: Path
) -> PaintedMattes:
    """The matte over the sample shot's people, room for 12 pixels round it."""
    shot = probe(interview)
    with FaceFinder() as finder:
        faces = Faces(shot, looked_at, finder)
    tracks = Tracks.unpack(tracks_store(shot, looked_at).read(0))
    store = FrameStore(folder, painted_key(shot, region), ".npz")
    return PaintedMattes(region, mask, motion, tracks, faces, store, 12.0)

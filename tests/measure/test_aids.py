"""What is known of a plate beforehand, and that the measures use it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.attach import with_passes
from pipeline.clip.probe import probe
from pipeline.clip.shot import Shot
from pipeline.frames import Box, FrameRange
from pipeline.measure.aids import ESTIMATED, EXACT, NOTHING_KNOWN, Aids, FaceModels, aids_at_hand, aids_for
from pipeline.measure.pictures import PictureMeter
from pipeline.measure.report import measure
from pipeline.models.store import ModelStore
from pipeline.people.faces import Faces
from pipeline.people.finder import FaceFinder
from pipeline.people.silhouette import Silhouettes
from pipeline.people.track_stage import TrackStage
from pipeline.progress import Progress, Step
from tests import footage
from tests.clip.engine import COUNT, Export, motion, plate, write_depth, write_motion, write_plate


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def brought(folder: Path, export: Export) -> Shot:
    """The engine's scene with its depth and its vectors."""
    write_depth(folder / "passes")
    return with_passes(probe(write_plate(folder / "plate")), write_motion(folder / "passes", export))


def flicker(aids: Aids) -> float:
    """The plate's own flicker along the motion of the aids."""
    nowhere = Box(0, 0, 1, 1)
    with Silhouettes() as silhouettes:
        meter = PictureMeter(silhouettes)
        for frame in range(COUNT):
            known = aids.flow(frame, frame - 1) if aids.flow and frame else None
            meter.step([plate(frame)] * 3, [nowhere], frame == 0, known)
    (whole, *_) = meter.figures().flicker
    assert whole.plate is not None
    return whole.plate


def test_the_engines_vectors_are_what_is_measured_along(tmp_path: Path, store: ModelStore) -> None:
    aids = aids_for(brought(tmp_path, Export()), store, None, ())
    assert aids.flow is not None and aids.motion == EXACT
    flow = aids.flow(5, 4)
    assert flow is not None
    assert np.abs(flow.vectors + motion(5, 4)).max(axis=-1)[flow.seen].max() < 0.02
    assert flicker(aids) < 0.9 * flicker(NOTHING_KNOWN)


@pytest.mark.slow
def test_the_report_says_along_what_it_was_measured(tmp_path: Path, store: ModelStore) -> None:
    shot = brought(tmp_path, Export())
    for aids in (NOTHING_KNOWN, aids_for(shot, store, None, ())):
        report = measure(shot, shot, shot.frames, Progress(), aids)
        assert report.to_json()["motion"] == aids.motion
        assert report.pictures.flicker[0].plate == pytest.approx(flicker(aids), rel=0.02)


def test_vectors_that_do_not_fit_are_not_measured_along(tmp_path: Path, store: ModelStore) -> None:
    still = brought(
        tmp_path, Export(spoil=lambda frame, vectors: np.random.default_rng(frame).normal(0, 0.1, vectors.shape))
    )
    aids = aids_for(still, store, None, ())
    assert aids.flow is None
    assert aids.motion.startswith(f"{ESTIMATED}: ") and "vectors" in aids.motion


def test_face_models_are_found_where_they_lie(store: ModelStore) -> None:
    assert FaceModels.among(store) == FaceModels()
    files = {"yunet": "face.onnx", "sface": "known.onnx", "face_landmarker": "face_landmarker.task"}
    for id, name in files.items():
        folder = store.place("estimator", id)
        folder.mkdir(parents=True)
        (folder / name).write_bytes(b"weights")
    found = FaceModels.among(store)
    names = [path and path.name for path in (found.detector, found.recogniser, found.landmarker)]
    assert names == list(files.values())


@pytest.mark.slow
def test_people_that_a_render_has_found_are_not_looked_for_again(
    interview: Path, tmp_path: Path, store: ModelStore
) -> None:
    from pipeline.clip.read import read_frames

    pictures = [frame.pixels for frame in read_frames(probe(interview), FrameRange(30, 39))]
    shot, cache = probe(footage.write_clip(tmp_path / "short.mp4", pictures)), tmp_path / "cache"
    assert aids_at_hand(shot, store, cache).tracks is None
    with FaceFinder() as finder:
        tracks = TrackStage.of(Faces(shot, cache, finder)).tracks(Progress())
    aids = aids_at_hand(shot, store, cache)
    assert aids.tracks is not None and aids.tracks.people == tracks.people == (1,)
    news = list[Step]()
    report = measure(shot, shot, shot.frames, Progress(news.append), aids)
    assert {step.stage for step in news} == {"measure"}
    assert report.acting.frames_with_face == len(pictures)

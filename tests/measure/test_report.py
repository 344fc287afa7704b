"""Measuring whole clips: cut from a sample shot whose acting is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.write import write_movie
from pipeline.errors import Cancelled, PhotoplayError
from pipeline.frames import FrameRange, Picture
from pipeline.measure.acting import PLATE
from pipeline.measure.expression import CURVES
from pipeline.measure.report import Report, measure
from pipeline.progress import Progress, Step

SAMPLE = Path(__file__).parents[2] / "samples" / "interview"
PLAYED = FrameRange(32, 47)
"""Frames in which mouth, smile, eyes and brows all move."""


@pytest.fixture(scope="module")
def shot() -> Shot:
    return probe(SAMPLE / "plate.mp4")


@pytest.fixture(scope="module")
def pictures(shot: Shot) -> list[Picture]:
    return [frame.pixels for frame in read_frames(shot, PLAYED)]


def clip(path: Path, pictures: Sequence[Picture], shot: Shot) -> Shot:
    write_movie(path, pictures, shot, 2, None)
    return probe(path)


@pytest.fixture(scope="module")
def plate(shot: Shot, pictures: list[Picture], tmp_path_factory: pytest.TempPathFactory) -> Shot:
    return clip(tmp_path_factory.mktemp("plate") / "plate.mp4", pictures, shot)


@pytest.fixture(scope="module")
def identity(plate: Shot) -> Report:
    return measure(plate, plate, plate.frames, Progress())


def values(report: Report) -> dict[str, float]:
    found = {"faces": report.acting.found.value, "kept": report.acting.kept.value}
    found |= {curve.name: curve.timing.value for curve in report.acting.curves}
    return {name: value for name, value in found.items() if value is not None}


def test_the_plate_measured_against_itself(identity: Report) -> None:
    assert values(identity) == pytest.approx(dict.fromkeys(("faces", "kept", *CURVES), 1.0))
    assert [curve.strength.value for curve in identity.acting.curves] == pytest.approx([1.0] * len(CURVES))
    assert [region.added.value for region in identity.pictures.flicker] == [0.0] * 4


def test_ceilings_lie_near_the_best_and_not_on_it(identity: Report) -> None:
    for curve in identity.acting.curves:
        assert curve.timing.ceiling is not None
        assert 0.97 < curve.timing.ceiling < 1
    for region in identity.pictures.flicker:
        assert region.added.ceiling is not None
        assert 0 < region.added.ceiling < 0.3
    for region in (*identity.pictures.detail, *identity.pictures.texture, *identity.pictures.structure):
        assert region.figure.value == pytest.approx(1)
        assert region.figure.ceiling == pytest.approx(1, abs=0.04)
        assert region.figure.ceiling != 1
        assert region.coverage in (1, 15 / 16)


def test_curves_follow_the_true_acting(identity: Report) -> None:
    truth = np.load(SAMPLE / "truth.npz")
    names = truth["unit_names"].tolist()
    weights = truth["weights"][0, PLAYED.first : PLAYED.last + 1].T
    both = {
        name: (weights[names.index(name + "Left")] + weights[names.index(name + "Right")]) / 2
        for name in ("mouthSmile", "eyeBlink", "browDown")
    }
    true = {
        "mouth": weights[names.index("jawOpen")],
        "smile": both["mouthSmile"],
        "blink": both["eyeBlink"],
        "brow": weights[names.index("browInnerUp")] - both["browDown"],
    }
    (person,) = identity.acting.people
    assert person.frames == tuple(range(len(PLAYED)))
    least = {"mouth": 0.97, "smile": 0.92, "blink": 0.97, "brow": 0.9}
    for index, name in enumerate(CURVES):
        assert np.corrcoef(person.curves[PLATE, :, index], true[name])[0, 1] >= least[name], name


def test_the_report_is_plain_data_and_a_table(identity: Report) -> None:
    data = json.loads(json.dumps(identity.to_json(), allow_nan=False))
    assert data["expression"]["mouth"]["timing"]["value"] == pytest.approx(1)
    assert len(data["people"][0]["render"]["blink"]) == len(PLAYED)
    assert data["flicker"]["face"]["curve"][0] is None
    assert len(data["flicker"]["face"]["curve"]) == len(PLAYED)
    for name in ("detail", "texture", "structure"):
        assert len(data[name]["face"]["curve"]) == len(PLAYED)
        assert data[name]["face"]["figure"]["value"] == pytest.approx(1)
    assert data["blinks"]["both eyes"]["recall"]["value"] == 1
    assert data["finer"]["gaze"]["timing"]["value"] == pytest.approx(1)
    assert data["lip_sync"]["lag"] == {"value": None, "ceiling": None, "reason": "no sound"}
    assert all(meaning["unit"] and meaning["better"] for meaning in data["meaning"].values())
    table = identity.table().splitlines()
    assert max(len(line) for line in table) <= 100
    assert table[0].split()[:2] == ["render", "ceiling"]
    assert next(line for line in table if line.startswith("faces found")).split()[2:4] == ["100%", "100%"]
    assert "16 of 16 frames" in identity.table()


@pytest.mark.slow
def test_a_late_render_of_a_sub_range_loses_timing(shot: Shot, pictures: list[Picture], tmp_path: Path) -> None:
    """The render is a clip of its own: its frame 0 belongs to frame 32 of the plate, its acting comes 4 frames late."""
    late = clip(tmp_path / "late.mp4", [pictures[max(index - 4, 0)] for index in range(len(pictures))], shot)
    news: list[Step] = []
    report = measure(shot, late, PLAYED, Progress(news.append))
    assert report.acting.people[0].frames == tuple(PLAYED)
    assert 0.4 < values(report)["mouth"] < 0.8
    assert values(report)["blink"] < 0.1
    assert values(report)["kept"] < 0.6
    assert {curve.lag.value for curve in report.acting.curves if curve.name in ("mouth", "blink")} == {4}
    for stage in ("people", "measure"):
        told = [(step.done, step.total) for step in news if step.stage == stage]
        assert told == [(done + 1, 16) for done in range(16)], stage


@pytest.mark.slow
def test_a_blurred_render_does_not_beat_its_ceiling(
    shot: Shot, plate: Shot, pictures: list[Picture], tmp_path: Path
) -> None:
    soft = [cv2.GaussianBlur(picture, (0, 0), 4).astype(np.uint8) for picture in pictures]
    report = measure(plate, clip(tmp_path / "soft.mp4", soft, shot), plate.frames, Progress())
    assert values(report)["kept"] < 0.97
    for region in (*report.pictures.detail, *report.pictures.texture):
        assert region.figure.value is not None and region.figure.value < 0.5
    assert all((region.figure.value or 0) < 0.8 for region in report.pictures.structure)
    for curve in report.acting.curves:
        assert curve.kept.value is not None and curve.kept.ceiling is not None
        assert curve.kept.value < curve.kept.ceiling


def test_a_plate_without_faces_is_measured_in_words(shot: Shot, tmp_path: Path) -> None:
    empty = clip(tmp_path / "empty.mp4", [np.full((96, 128, 3), 60 + 5 * step, np.uint8) for step in range(3)], shot)
    report = measure(empty, empty, empty.frames, Progress())
    assert (report.acting.found.value, report.acting.kept.value, report.acting.curves) == (None, None, ())
    assert report.acting.kept.reason == "no face in the plate"
    assert report.pictures.flicker[1].added.value is None
    kept = next(line for line in report.table().splitlines() if line.startswith("expression kept"))
    assert kept.split("  ")[-1] == "no face in the plate"
    assert "nan" not in report.table()
    json.dumps(report.to_json(), allow_nan=False)


def test_one_frame_can_be_measured(shot: Shot, pictures: list[Picture], tmp_path: Path) -> None:
    single = clip(tmp_path / "single.mp4", pictures[:1], shot)
    report = measure(single, single, single.frames, Progress())
    assert report.acting.kept.reason == "too few frames with a face"
    assert report.pictures.flicker[0].added.reason == "nothing to compare"
    assert "nan" not in report.table()


def test_a_render_of_another_length_is_refused(shot: Shot, plate: Shot) -> None:
    with pytest.raises(PhotoplayError, match="has 16 frames; frames 32-50 of the plate are 19") as refused:
        measure(shot, plate, FrameRange(32, 50), Progress())
    assert refused.value.hint


def test_a_render_of_another_shape_is_refused(shot: Shot, plate: Shot, tmp_path: Path) -> None:
    tall = clip(tmp_path / "tall.mp4", [np.zeros((320, 180, 3), np.uint8)] * len(PLAYED), shot)
    with pytest.raises(PhotoplayError, match="180x320 and its plate 640x360") as refused:
        measure(shot, tall, PLAYED, Progress())
    assert refused.value.hint


def test_a_larger_render_is_brought_to_the_plates_size(shot: Shot, tmp_path: Path) -> None:
    frames = FrameRange(32, 34)
    large = [cv2.resize(frame.pixels, (1280, 720)).astype(np.uint8) for frame in read_frames(shot, frames)]
    figures = measure(shot, clip(tmp_path / "large.mp4", large, shot), frames, Progress()).to_json()
    assert figures["detail"]["whole frame"]["figure"]["value"] > 0.8
    assert figures["faces_found"]["value"] == 1


def test_measuring_can_be_stopped(plate: Shot) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(Cancelled):
        measure(plate, plate, plate.frames, Progress(stop=stop))

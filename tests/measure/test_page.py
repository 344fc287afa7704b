"""The page of a report: what it holds, that it stands alone, and that awkward reports do not break it."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser

import numpy as np
import pytest

from pipeline.frames import FrameRange
from pipeline.measure.acting import Acting
from pipeline.measure.aids import FaceModels
from pipeline.measure.compare import Figure
from pipeline.measure.drawing import Axis, Line, chart
from pipeline.measure.expression import BLINKS, NAMES, Signs
from pipeline.measure.likeness import LikenessMeter
from pipeline.measure.meters import Performance
from pipeline.measure.page import page_of
from pipeline.measure.pictures import PictureFigures
from pipeline.measure.regions import REGIONS, RegionFigures
from pipeline.measure.report import Report
from pipeline.measure.steadiness import RegionFlicker
from pipeline.measure.sync import Sounds, lip_sync

FRAMES = FrameRange(10, 69)
CUT = 40
NOTHING = Figure(None, None, "nothing to compare")


def performance(seed: int) -> Signs:
    signs = 0.3 + 0.1 * np.sin(np.arange(len(FRAMES))[:, None] / np.arange(2, 2 + len(NAMES)))
    signs[:, BLINKS] = 0.3
    signs[[12, 45], :][:, BLINKS] = 0.03
    return signs + np.random.default_rng(seed).normal(0, 1e-4, signs.shape)


def report(people: int = 1) -> Report:
    """A shot with a cut in which `people` people play, the render late at the end and flickering at frame 50."""
    acting = Acting()
    plate, copy = performance(1), performance(2)
    render = np.concatenate([plate[:40], plate[37:57]])
    for index, frame in enumerate(FRAMES):
        for person in range(people):
            signs = np.stack([plate[index], render[index], copy[index]])
            acting.add(frame, person + 10 * (frame >= CUT), signs)
    found = acting.people()
    levels = tuple(None if frame in (10, CUT) else (1.0, 9.0 if frame == 50 else 1.5, 1.1) for frame in FRAMES)
    added = tuple(None if level is None else level[1] - level[0] for level in levels)
    kept = tuple(None if frame == 20 else (0.8, 1.03) for frame in FRAMES)
    return Report(
        plate="plate <1>",
        render="render & co",
        frames=FRAMES,
        acting=Performance.of(found),
        sounds=(sounds := Sounds(FRAMES, Fraction(24), None, None)),
        lip_sync=lip_sync(found, None, sounds),
        likeness=LikenessMeter(FaceModels(), ()).likeness(),
        pictures=PictureFigures(
            flicker=tuple(
                RegionFlicker(name, Figure(0.6, 0.1), 1.0, 1.6, Figure(1.6, 1.1), 58 / 60, 0.97, levels, added)
                for name in REGIONS
            ),
            detail=tuple(RegionFigures(name, Figure(0.8, 1.03), {}, 59 / 60, kept) for name in REGIONS),
            texture=tuple(RegionFigures(name, NOTHING, {}, 0.0, (None,) * 60) for name in REGIONS),
            structure=tuple(RegionFigures(name, Figure(0.8, 1.0), {}, 59 / 60, kept) for name in REGIONS),
            distance=tuple(RegionFigures(name, Figure(6.0, 0.2), {}, 1.0, kept) for name in REGIONS),
        ),
        cuts=(CUT,),
        motion="estimated optical flow",
    )


class Reader(HTMLParser):
    """Counts tags, and checks that every one is closed."""

    VOID = ("meta",)

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, str]] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs).get("class") or ""))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs).get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data + "\n"


@pytest.fixture(scope="module")
def page() -> str:
    return page_of(report())


def test_the_page_stands_alone_and_is_well_formed(page: str) -> None:
    assert Reader(page).open == []
    assert "<script" not in page
    assert not re.search(r"https?:|url\(|@import|src=|href=", page)
    assert page == page_of(report())


def test_names_are_text(page: str) -> None:
    assert "render & co against plate <1>" in Reader(page).words
    assert "plate <1>" not in page


def test_every_row_of_the_table_is_on_the_page(page: str) -> None:
    words = Reader(page).words.splitlines()
    lines = report().table().splitlines()[1:-1]
    assert len(lines) > 25
    for line in lines:
        for cell in re.split(r"\s{2,}", line):
            assert cell in words, cell


def test_the_table_fits_a_terminal() -> None:
    assert max(len(line) for line in report().table().splitlines()) <= 100


def test_there_is_a_plot_for_each_curve_with_all_lines_and_the_cut(page: str) -> None:
    tags = Reader(page).tags
    charts = 4 + 3 + 2 * 3
    assert sum(tag == "svg" for tag, _ in tags) == charts
    kinds = [kind for tag, kind in tags if tag == "path"]
    assert kinds.count("cut") == charts
    textures = 2
    for kind in ("plate", "render", "ceiling"):
        assert kinds.count(kind) == charts - textures


def test_the_frames_to_look_at_are_named_and_marked(page: str) -> None:
    worst = report().worst()
    assert "Frame 50: flicker of 8.0 levels, whole frame" in Reader(page).words
    assert {one.frame for one in worst} > {50}
    assert min(one.frame for one in worst) == 50, "the acting is as in the plate until frame 50"
    frames = {one.frame for one in worst}
    assert sum(kind == "mark" for _, kind in Reader(page).tags) == 13 * len(frames)


def test_two_people_at_once_have_plots_of_their_own() -> None:
    page = Reader(page_of(report(2)))
    assert sum(tag == "svg" for tag, _ in page.tags) == 2 * 4 + 3 + 2 * 3
    assert "Mouth opening, person 2" in page.words


def test_a_shot_without_people_and_one_frame_have_a_page() -> None:
    nobody = page_of(report(0))
    assert sum(tag == "svg" for tag, _ in Reader(nobody).tags) == 9
    single = replace(report(0), frames=FrameRange(10, 10), cuts=())
    short = {
        name: tuple(replace(one, curve=one.curve[:1]) for one in getattr(single.pictures, name))
        for name in ("detail", "texture", "structure", "distance")
    }
    flicker = tuple(
        replace(one, curve=one.curve[:1], added_curve=one.added_curve[:1]) for one in single.pictures.flicker
    )
    page = page_of(replace(single, pictures=PictureFigures(flicker=flicker, **short)))
    assert Reader(page).open == []
    assert "nan" not in page


def test_a_line_breaks_at_a_cut_and_where_it_has_no_value() -> None:
    values = np.arange(10.0)
    values[2] = np.nan
    drawn = chart("one", [Line("render", values)], Axis(FrameRange(0, 9), (6,), ()), "{:.0f}")
    path = re.search(r'class="render" d="([^"]*)"', drawn)
    assert path is not None
    assert [len(piece.split("L")) for piece in path[1].split("M")[1:]] == [2, 3, 4]

"""Renders that work in the server: where they go, how they end, and that a page finds its own again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.shot import Shot
from pipeline.errors import PhotoplayError
from pipeline.frames import FrameRange
from pipeline.progress import Step
from pipeline.recipe.load import parse_recipe
from pipeline.recipe.recipe import Recipe
from pipeline.render import Order
from studio import Studio
from tests.tiny import make_models
from ui.runs import Run, Runs, Stage, folder_name, next_version
from ui.say import time_left

RECIPE = {
    "title": "Tiny",
    "checkpoint": "tiny",
    "working_size": 64,
    "batch_size": 2,
    "passes": [{"name": "body", "steps": 2, "controls": [{"kind": "canny", "model": "tiny-canny"}]}],
}
FRAMES = FrameRange(3, 6)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("home")
    make_models(home / "models")
    with Studio(home, "cpu") as studio:
        yield studio


@pytest.fixture
def shot(studio: Studio, interview: Path) -> Shot:
    return studio.shot(interview)


def recipe(**changes: object) -> Recipe:
    return parse_recipe(RECIPE | changes, "tiny")


def ended(runs: Runs, run_id: str) -> Run:
    runs.close()
    run = runs.find(run_id)
    assert run is not None
    return run


def test_a_render_ends_with_its_files_and_figures(studio: Studio, shot: Shot) -> None:
    runs = Runs(studio)
    run_id = runs.start(shot, recipe(seed=11), FRAMES, "")
    with pytest.raises(PhotoplayError, match="still at work"):
        runs.start(shot, recipe(seed=12), FRAMES, run_id)
    run = runs.find(run_id)
    assert run is not None
    while run.outcome is None:
        run.stop.wait(0.05)
    assert run.outcome.kind == "finished"
    assert run.order.out.parent == studio.home / "renders" / "plate"
    assert (run.order.out / "render.mp4").exists() and run.rendered is not None
    assert [stage.done for stage in run.stages.values()] == [4, 4, 4]
    assert run.newest is not None and run.newest.shape == (360, 640, 3)
    after = runs.start(shot, recipe(seed=11), FRAMES, run_id)
    assert runs.find(run_id) is None, "a browser's new render takes the place of its old one"
    assert ended(runs, after).order.out != run.order.out, "a finished version is never written to again"


def test_a_stopped_render_goes_on_in_its_folder_unless_something_changed(studio: Studio, shot: Shot) -> None:
    runs = Runs(studio)
    first = runs.start(shot, recipe(seed=21), FRAMES, "")
    runs.stop(first)
    stopped = ended(runs, first)
    assert stopped.outcome is not None and stopped.outcome.kind == "stopped"
    again = runs.start(shot, recipe(seed=21), FRAMES, first)
    assert ended(runs, again).order.out == stopped.order.out
    other = runs.start(shot, recipe(seed=22), FRAMES, again)
    assert ended(runs, other).order.out != stopped.order.out


def test_a_render_that_cannot_be_done_says_why(studio: Studio, shot: Shot) -> None:
    runs = Runs(studio)
    run = ended(runs, runs.start(shot, recipe(checkpoint="nowhere"), FRAMES, ""))
    assert run.outcome is not None and run.outcome.kind == "failed"
    assert "nowhere" in run.outcome.message and not run.order.out.exists()


def test_a_fault_of_ours_ends_the_run_too(shot: Shot, tmp_path: Path) -> None:
    run = Run(Order(shot, recipe(), FRAMES, tmp_path))
    with pytest.raises(ZeroDivisionError):
        run.work(lambda order, progress: 1 // 0)  # pyright: ignore[reportArgumentType]
    assert run.outcome is not None and run.outcome.kind == "failed"


def test_an_unknown_id_finds_nothing(studio: Studio) -> None:
    assert Runs(studio).find("somebody else's") is None


def test_news_is_kept_with_its_newest_picture(shot: Shot, tmp_path: Path) -> None:
    run = Run(Order(shot, recipe(), FRAMES, tmp_path))
    picture = np.zeros((4, 4, 3), np.uint8)
    run.hear(Step("passes", 2, 4, 0, picture))
    run.hear(Step("deliver", 1, 4))
    assert list(run.stages) == ["passes", "deliver"]
    assert run.newest is picture and run.pictures == 1


def test_time_left_counts_only_frames_that_had_to_be_made() -> None:
    stage = Stage(done=10, total=30, reused=6, started=100.0, heard=108.0)
    assert stage.seconds_a_frame == 2.0
    assert stage.seconds_left(now=110.0) == 38.0
    assert Stage(6, 30, 6, 100.0, 100.1).seconds_left(now=101.0) is None


@pytest.mark.parametrize(
    ("seconds", "words"), [(3, "a few seconds"), (44, "about 40 s"), (130, "about 2 min"), (9000, "about 2.5 hours")]
)
def test_time_is_told_in_plain_words(seconds: float, words: str) -> None:
    assert time_left(seconds) == words


def test_versions_count_on_from_what_is_there_and_what_is_at_work(tmp_path: Path) -> None:
    assert next_version(tmp_path, []) == tmp_path / "v001"
    (tmp_path / "v003").mkdir()
    (tmp_path / "vacation").mkdir()
    assert next_version(tmp_path, [tmp_path / "v007", tmp_path.parent / "v009"]) == tmp_path / "v008"


@pytest.mark.parametrize(
    ("name", "folder"), [("take 4", "take_4"), ("..", "shot"), ("büro-02", "büro-02"), ("a/b", "a_b")]
)
def test_a_shots_name_makes_a_safe_folder(name: str, folder: str) -> None:
    assert folder_name(name) == folder

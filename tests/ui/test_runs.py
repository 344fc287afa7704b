"""Renders as the pages see them: where they go, how they end, and that a page finds its own again."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from jobs.job import Reached, State
from pipeline.clip.shot import Shot
from pipeline.errors import ModelMissing, PhotoplayError
from pipeline.frames import FrameRange
from pipeline.models.store import ModelStore
from pipeline.recipe.load import parse_recipe
from pipeline.recipe.recipe import Recipe
from studio import LOCAL, Studio
from ui.runs import STAGES, Run, Runs
from ui.say import time_left
from ui.tabs.render import outcome_of, picture_of, progress_of
from verbs.orders import frames_of, out_of, plate_of, recipe_of

RECIPE = {
    "title": "Tiny",
    "checkpoint": "tiny",
    "working_size": 64,
    "batch_size": 1,
    "passes": [{"name": "body", "steps": 2, "controls": [{"kind": "canny", "model": "tiny-canny"}]}],
}
FRAMES = FrameRange(3, 4)
PATIENCE = 120.0
"""Seconds that a render of two frames may take on a busy machine."""


@pytest.fixture(scope="module")
def home(models: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(models.folder, home / "models")
    return home


def recipe(**changes: object) -> Recipe:
    return parse_recipe(RECIPE | changes, "tiny")


def found(runs: Runs, run_id: str) -> Run:
    run = runs.find(LOCAL, run_id)
    assert run is not None
    return run


def at(runs: Runs, run_id: str, *states: State) -> Run:
    limit = time.monotonic() + PATIENCE
    while found(runs, run_id).job.state not in states:
        assert time.monotonic() < limit, found(runs, run_id)
        time.sleep(0.02)
    return found(runs, run_id)


@pytest.mark.slow
def test_a_render_ends_with_its_files_and_figures(studio: Studio, shot: Shot) -> None:
    runs = Runs(studio)
    run_id = runs.start(LOCAL, shot, recipe(seed=11), FRAMES, "")
    waiting = found(runs, run_id)
    assert (waiting.job.state, waiting.place) == ("queued", 0)
    assert "next in line" in progress_of(waiting, time.time())
    with pytest.raises(PhotoplayError, match="still at work"):
        runs.start(LOCAL, shot, recipe(seed=12), FRAMES, run_id)
    behind = runs.start(LOCAL, shot, recipe(seed=11, title="Other"), FRAMES, "")
    assert "1 before it" in progress_of(found(runs, behind), time.time())
    studio.start()
    run = at(runs, run_id, "done")
    assert (plate_of(run.job), frames_of(run.job), recipe_of(run.job)) == (shot.plate, FRAMES, recipe(seed=11))
    out = out_of(run.job)
    assert out.parent.parent == studio.home / "users" / LOCAL and out.parent.name.startswith("plate-")
    assert (out / "render.mp4").exists() and (out / "measurements.json").exists()
    assert [run.job.stages[name].done for name in STAGES] == [2, 2, 2]
    picture = picture_of(studio, run)
    assert picture is not None and picture.shape == (360, 640, 3)
    assert "Finished" in outcome_of(run)
    at(runs, behind, "done")
    after = runs.start(LOCAL, shot, recipe(seed=11), FRAMES, run_id)
    assert out_of(at(runs, after, "done").job) != out, "a finished version is never written to again"


def test_a_stopped_render_goes_on_in_its_folder_unless_something_changed(studio: Studio, shot: Shot) -> None:
    runs = Runs(studio)
    first = runs.start(LOCAL, shot, recipe(seed=21), FRAMES, "")
    runs.stop(LOCAL, first)
    stopped = found(runs, first)
    assert stopped.job.state == "cancelled" and "Stopped" in outcome_of(stopped)
    again = runs.start(LOCAL, shot, recipe(seed=21), FRAMES, first)
    assert again == first and found(runs, again).at_work
    runs.pause(LOCAL, again)
    assert "Paused" in outcome_of(found(runs, again))
    other = runs.start(LOCAL, shot, recipe(seed=22), FRAMES, again)
    assert out_of(found(runs, other).job) != out_of(stopped.job)
    assert found(runs, again).job.state == "cancelled"
    runs.stop(LOCAL, other)


@pytest.mark.slow
def test_a_render_outlives_the_program(home: Path, interview: Path) -> None:
    with Studio(home, "cpu") as before:
        run_id = Runs(before).start(LOCAL, before.shot(interview), recipe(seed=31), FRAMES, "")
        before.start()
        at(Runs(before), run_id, "running", "done")
    with Studio(home, "cpu") as after:
        after.start()
        assert at(Runs(after), run_id, "done").job.attempt <= 2


def test_a_render_that_cannot_be_done_is_refused_at_once(studio: Studio, shot: Shot) -> None:
    versions = list((studio.home / "users").glob("*/*/v*"))
    with pytest.raises(ModelMissing, match="nowhere"):
        Runs(studio).start(LOCAL, shot, recipe(checkpoint="nowhere"), FRAMES, "")
    assert list((studio.home / "users").glob("*/*/v*")) == versions


def test_a_plate_that_changed_meanwhile_is_not_rendered(studio: Studio, interview: Path, tmp_path: Path) -> None:
    plate = tmp_path / "plate.mp4"
    plate.write_bytes(interview.read_bytes())
    runs = Runs(studio)
    run_id = runs.start(LOCAL, studio.shot(plate), recipe(seed=41), FRAMES, "")
    plate.write_bytes(Path(interview).read_bytes() + b"\0" * 8)
    studio.start()
    run = at(runs, run_id, "failed", "done")
    assert "has changed" in outcome_of(run) and "Render it anew" in outcome_of(run)


def test_an_unknown_id_finds_nothing(studio: Studio) -> None:
    assert Runs(studio).find(LOCAL, "somebody else's") is None


def test_time_left_counts_only_frames_that_had_to_be_made() -> None:
    stage = Reached(done=10, total=30, reused=6, started=100.0, heard=108.0)
    assert stage.seconds_a_frame == 2.0
    assert stage.seconds_left(now=110.0) == 38.0
    assert Reached(6, 30, 6, 100.0, 100.1).seconds_left(now=101.0) is None


@pytest.mark.parametrize(
    ("seconds", "words"), [(3, "a few seconds"), (44, "about 40 s"), (130, "about 2 min"), (9000, "about 2.5 hours")]
)
def test_time_is_told_in_plain_words(seconds: float, words: str) -> None:
    assert time_left(seconds) == words


def test_anothers_render_is_unknown(studio: Studio, shot: Shot) -> None:
    runs = Runs(studio)
    run_id = runs.start(LOCAL, shot, recipe(seed=51), FRAMES, "")
    assert runs.find("ann", run_id) is None
    for verb in (runs.pause, runs.stop):
        with pytest.raises(PhotoplayError, match="There is no job"):
            verb("ann", run_id)
    started = runs.start("ann", shot, recipe(seed=51), FRAMES, run_id)
    assert started != run_id, "what her browser remembers of another's is nothing to go on from"
    assert found(runs, run_id).job.state == "queued"
    runs.stop(LOCAL, run_id)
    runs.stop("ann", started)

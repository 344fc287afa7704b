"""The studio's verbs: whose is whose, weights that change under a waiting render, and tidying up by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from jobs.job import JobError
from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.write import write_movie
from pipeline.errors import OverQuota, RefusedFile, TrainingError
from pipeline.frames import FrameRange
from pipeline.measure.likeness import NO_CHARACTER
from pipeline.progress import Progress
from studio import LOCAL, Studio
from tests.measure.onnx_files import bright_spot_finder, colour_describer
from tests.measure.test_likeness import picture
from tests.tiny import make_checkpoint, recipe
from tests.waiting import at
from verbs.orders import keys_of, out_of

ROOT = Path(__file__).parents[1]
FRAMES = FrameRange(3, 4)


def test_anothers_job_is_as_unknown_as_one_that_never_was(studio: Studio, shot: Shot) -> None:
    job = studio.renders.submit(LOCAL, shot, recipe(), FRAMES)
    anns, mine = studio.jobs_of("ann"), studio.jobs_of(LOCAL)
    assert anns.jobs() == [] and anns.find(job.id) is None and mine.find(job.id) == job
    for verb in (anns.job, anns.pause, anns.cancel, anns.go_on, anns.remove, anns.place, anns.newest):
        with pytest.raises(JobError) as known:
            verb(job.id)
        with pytest.raises(JobError) as unknown:
            verb("0" * 32)
        assert str(known.value).replace(job.id, "0" * 32) == str(unknown.value)
    with pytest.raises(JobError, match="There is no job"):
        studio.renders.go_on("ann", job.id)
    assert studio.jobs.job(job.id).state == "queued"


def test_a_clip_of_this_machine_is_not_a_users_to_render(studio: Studio, shot: Shot, tmp_path: Path) -> None:
    assert studio.renders.submit("ann", shot, recipe(), FRAMES).owner == "ann", "the sample is everyone's"
    private = tmp_path / "private.mp4"
    shutil.copyfile(shot.plate, private)
    with pytest.raises(RefusedFile, match="no such shot"):
        studio.renders.submit("ann", studio.shot(private), recipe(), FRAMES)


def test_the_line_has_an_end_for_each(home: Path, interview: Path) -> None:
    (home / "limits.toml").write_text("waiting_jobs = 1\n")
    with Studio(home, "cpu") as studio:
        shot = studio.shot(interview)
        for owner in ("ann", "bob"):
            studio.renders.submit(owner, shot, recipe(), FRAMES)
            with pytest.raises(OverQuota, match="You have 1 jobs in line"):
                studio.renders.submit(owner, shot, recipe(), FRAMES)


def test_a_shot_that_is_being_rendered_is_not_deleted(studio: Studio, shot: Shot) -> None:
    job = studio.renders.submit(LOCAL, shot, recipe(), FRAMES)
    (kept,) = studio.shots(LOCAL)
    with pytest.raises(JobError, match="renders in line"):
        studio.renders.remove_shot(LOCAL, kept.id)
    studio.jobs_of(LOCAL).cancel(job.id)
    studio.renders.remove_shot(LOCAL, kept.id)
    assert studio.shots(LOCAL) == [] and not out_of(job).exists()


@pytest.mark.slow
def test_weights_that_changed_under_a_waiting_render(studio: Studio, shot: Shot, home: Path) -> None:
    """What was begun with the old weights stays as it is; going on renders into a new version with the new ones."""
    job = studio.renders.submit(LOCAL, shot, recipe(), FRAMES)
    studio.start()
    done = at(studio, job.id, "done")
    begun = {path: path.read_bytes() for path in out_of(done).rglob("*.json")}
    studio.jobs.close()
    make_checkpoint(home / "models" / "checkpoints" / "tiny", "tiny")
    with Studio(home, "cpu") as later:
        waiting = later.renders.submit(LOCAL, shot, recipe(), FRAMES, out_of(done))
        later.start()
        reason = at(later, waiting.id, "failed", "done").reason
        assert reason is not None
        assert reason.message == "tiny changed after v001 of plate was begun." and "new version" in reason.hint
        new = later.renders.go_on(LOCAL, waiting.id)
        assert new.id != waiting.id and out_of(new).name == "v002"
        at(later, new.id, "done")
    assert {path: path.read_bytes() for path in out_of(done).rglob("*.json")} == begun


def test_the_cache_keeps_to_its_limit_by_itself(home: Path, interview: Path) -> None:
    (home / "limits.toml").write_text("cache_gigabytes = 1e-9\n")
    with Studio(home, "cpu") as studio:
        shot = studio.shot(interview)
        waiting = studio.renders.submit(LOCAL, shot, recipe(seed=5), FRAMES)
        studio.jobs_of(LOCAL).pause(waiting.id)
        held = [home / "cache" / key[:2] / key for key in keys_of(waiting)]
        unused = home / "cache" / "ab" / ("ab" * 32)
        upload = home / "uploads" / ("cd" * 32) / "left.mp4"
        for folder in (*held, unused, upload.parent):
            folder.mkdir(parents=True)
            (folder / "left.mp4").write_bytes(b"picture")
            os.utime(folder, (1, 1))
        studio.start()
        assert held and all((folder / "left.mp4").exists() for folder in held)
        assert not unused.exists() and upload.exists()
        (unused.parent).rmdir()
        unused.mkdir(parents=True)
        (unused / "000000.png").write_bytes(b"picture")
        os.utime(unused, (1, 1))
        job = studio.renders.submit(LOCAL, shot, recipe(), FRAMES)
        at(studio, job.id, "done")
        assert not unused.exists() and (out_of(job) / "render.mp4").exists()


def test_looking_at_the_jobs_loads_no_large_library(home: Path) -> None:
    code = f"import sys, cli; cli.main(['--home', {str(home)!r}, 'jobs', 'list']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.slow
def test_a_render_is_compared_with_pictures_of_the_character(studio: Studio, shot: Shot, tmp_path: Path) -> None:
    folder = tmp_path / "character"
    folder.mkdir()
    with pytest.raises(TrainingError, match="holds no pictures"):
        studio.measure(shot, shot, shot.frames, Progress(), folder)
    for colour in ("red", "blue"):
        cv2.imwrite(str(folder / f"{colour}.png"), np.ascontiguousarray(picture(colour)[..., ::-1]))
    for id, write in (("yunet", bright_spot_finder), ("sface", colour_describer)):
        (place := studio.models.place("estimator", id)).mkdir(parents=True)
        write(place / f"{id}.onnx")
    frames = FrameRange(60, 61)
    write_movie(tmp_path / "render.mp4", [frame.pixels for frame in read_frames(shot, frames)], shot, 2, None)
    render = studio.shot(tmp_path / "render.mp4")
    alone = studio.measure(shot, render, frames, Progress()).likeness
    compared = studio.measure(shot, render, frames, Progress(), folder).likeness
    assert alone.to_character.value is None and alone.to_character.reason == NO_CHARACTER
    assert compared.to_character.value is not None and compared.to_character.value > 0


def test_a_render_is_put_in_line_once_more(studio: Studio, shot: Shot) -> None:
    job = studio.renders.submit(LOCAL, shot, recipe(seed=7), FRAMES)
    with pytest.raises(JobError, match="no job"):
        studio.renders.again("ann", job.id)
    again = studio.renders.again(LOCAL, job.id)
    assert again.id != job.id and out_of(again) != out_of(job)
    assert {name: again.spec[name] for name in ("recipe", "frames", "key")} == {
        name: job.spec[name] for name in ("recipe", "frames", "key")
    }

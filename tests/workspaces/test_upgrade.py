"""A home of version 1 opens in this version with everything in it, also when the program is killed on the way."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.executor import Request
from jobs.local import LocalExecutor
from jobs.store import Store
from pipeline.errors import OutputError
from pipeline.keys import key_of_file
from studio import LOCAL, Studio
from tests import footage
from verbs.orders import out_of, plate_of
from workspaces import upgrade as steps
from workspaces.home import Home

RECIPE = {"title": "Old", "checkpoint": "draft", "working_size": 64, "passes": [{"name": "body", "steps": 2}]}


def version_1(home: Path, sample: Path, clip: Path) -> None:
    """A home as version 1 left it: two versions of a clip elsewhere, one of an upload, and what nobody remembers."""
    upload = home / "uploads" / ("ab" * 32) / "my walk.mp4"
    upload.parent.mkdir(parents=True)
    shutil.copyfile(clip, upload)
    (home / "uploads" / "pictures").mkdir()
    (home / "uploads" / "pictures" / "old.png").write_bytes(b"old")
    for folder, plate in (
        ("plate/v001", sample),
        ("plate/v002", sample),
        ("my_walk/v001", upload),
        ("lost/v007", None),
    ):
        out = home / "renders" / folder
        out.mkdir(parents=True)
        (out / "render.mp4").write_bytes(folder.encode())
        if plate is not None:
            (out / "manifest.json").write_text(json.dumps({"plate": key_of_file(plate)}))
    store = LocalExecutor(Store(home / "jobs"), {}, "cpu")
    for plate, out in ((sample, "plate/v001"), (sample, "plate/v002"), (upload, "my_walk/v001")):
        spec = {
            "plate": str(plate),
            "key": key_of_file(plate),
            "recipe": RECIPE,
            "frames": [0, 3],
            "out": str(home / "renders" / out),
        }
        store.submit(Request("render", spec, LOCAL, 1))
    store.close()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip that never lay in the home."""
    return footage.clip(tmp_path_factory.mktemp("elsewhere") / "plate.mp4", 4, 64, 64)


@pytest.fixture
def old(tmp_path: Path, sample: Path, clip: Path) -> Path:
    home = tmp_path / "home"
    version_1(home, sample, clip)
    return home


def check_everything_is_there(home: Path, sample: Path) -> None:
    with Studio(home, "cpu") as studio:
        jobs = studio.jobs.jobs()
        assert len(jobs) == 3
        for job in jobs:
            order = studio.renders.order_of(job)
            assert order.shot.key == job.spec["key"] and plate_of(job).is_file()
            assert (out_of(job) / "render.mp4").is_file()
            assert out_of(job).resolve().is_relative_to(studio.rooms.home.workspace(LOCAL))
        shots = {shot.record.name: shot for shot in studio.shots(LOCAL)}
        assert set(shots) == {"plate", "my_walk"}
        assert shots["plate"].plate == sample
        assert (
            shots["my_walk"].plate.parent == shots["my_walk"].path and shots["my_walk"].record.original == "my walk.mp4"
        )
        assert studio.rooms.new_version(LOCAL, studio.shot(sample)) == shots["plate"].path / "v003"
        delivered = {path.read_text() for path in (home / "users" / LOCAL).glob("*/v*/render.mp4")}
        assert delivered == {"plate/v001", "plate/v002", "my_walk/v001", "lost/v007"}
        studio.rooms.clear_uploads()
        assert all(plate_of(job).is_file() for job in jobs)
    assert json.loads((home / "workspace.json").read_text()) == {"version": 2}


def test_a_home_of_version_1_opens(old: Path, sample: Path) -> None:
    check_everything_is_there(old, sample)


def test_opening_it_again_changes_nothing(old: Path) -> None:
    Studio(old, "cpu").close()
    before = sorted(str(path) for path in old.rglob("*") if "jobs" not in path.parts)
    Studio(old, "cpu").close()
    assert sorted(str(path) for path in old.rglob("*") if "jobs" not in path.parts) == before


@pytest.mark.slow
def test_it_may_be_killed_anywhere(old: Path, sample: Path, tmp_path: Path) -> None:
    """Before every change of a name on the disk in turn; the next start goes on."""
    kills = 0
    while True:
        home = tmp_path / f"home-{kills}"
        shutil.copytree(old, home)
        move_jobs(old, home)
        if not dies(lambda home=home: Studio(home, "cpu").close(), kills):
            break
        check_everything_is_there(home, sample)
        shutil.rmtree(home)
        kills += 1
    assert kills > 10


def move_jobs(old: Path, home: Path) -> None:
    """Let the jobs of a copied home name the paths of the copy."""
    store = Store(home / "jobs")
    jobs = store.jobs()
    store.close()
    shutil.rmtree(home / "jobs")
    executor = LocalExecutor(Store(home / "jobs"), {}, "cpu")
    for job in jobs:
        spec = json.loads(json.dumps(job.spec).replace(f"{old}/", f"{home}/"))
        executor.submit(Request("render", spec, LOCAL, 1))
    executor.close()


def dies(work: Callable[[], None], after: int) -> bool:
    """Do the work in a process that is killed after so many changes of names. Says whether it was."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    left = [after]

    def deadly(change: Callable[..., object]) -> Callable[..., object]:
        def counted(*given: object) -> object:
            if left[0] == 0:
                os._exit(9)
            left[0] -= 1
            return change(*given)

        return counted

    for name in ("rename", "replace", "symlink_to"):
        setattr(Path, name, deadly(getattr(Path, name)))
    steps.os.link = deadly(os.link)
    work()
    os._exit(0)


def test_a_newer_home_is_refused(tmp_path: Path) -> None:
    (tmp_path / "workspace.json").write_text('{"version": 3}')
    with pytest.raises(OutputError, match="written by a newer Photoplay"):
        Studio(tmp_path, "cpu")
    (tmp_path / "workspace.json").write_text("{")
    with pytest.raises(OutputError, match="cannot be read"):
        Studio(tmp_path, "cpu")


def test_a_new_home_is_not_touched_by_opening_it(tmp_path: Path) -> None:
    Studio(tmp_path / "home", "cpu").close()
    assert not (tmp_path / "home").exists()
    assert steps.version_of(Home(tmp_path / "home")) == steps.VERSION

"""Room for the second movie is asked for before a render starts."""

from __future__ import annotations

import pytest

from pipeline.errors import NotWritable
from pipeline.forecast import FINAL, check_room, forecast
from pipeline.frames import FrameRange
from pipeline.plan import RenderPlan, plan_render
from pipeline.version import OutFolder
from tests.render.conftest import Bench, tiny_recipe

FRAMES = FrameRange(62, 64)


def planned(bench: Bench, *changes: str) -> RenderPlan:
    return plan_render(bench.shot, tiny_recipe(*changes), bench.tools.models, bench.tools.cache)


def needed(bench: Bench, *changes: str) -> int:
    return sum(forecast(planned(bench, *changes), FRAMES, OutFolder(bench.folder / "out")).values())


def test_more_frames_and_larger_ones_need_more_room(bench: Bench) -> None:
    plain, pixels = needed(bench), bench.shot.width * bench.shot.height
    sixty = needed(bench, 'final.rate="60"') - plain
    assert sixty == pytest.approx(8 * pixels * FINAL, abs=2), "three frames at 24 are eight at 60"
    slow = needed(bench, "final.speed=0.5", "final.scale=2") - plain
    assert slow == pytest.approx(6 * 4 * pixels * FINAL, abs=2)


def test_a_render_whose_second_movie_has_no_room_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    usage, out = type("Usage", (), {"free": needed(bench) + 1000}), OutFolder(bench.folder / "out")
    monkeypatch.setattr("pipeline.forecast.shutil.disk_usage", lambda place: usage)
    check_room(planned(bench), FRAMES, out)
    with pytest.raises(NotWritable, match="are free"):
        check_room(planned(bench, "final.scale=4"), FRAMES, out)


@pytest.mark.slow
def test_what_is_asked_for_is_no_more_than_what_is_written(bench: Bench) -> None:
    asked = needed(bench, 'final.rate="60"', "final.guard=1") - needed(bench)
    done = bench.render(tiny_recipe('final.rate="60"', "final.guard=1"), "62-64", "out")
    assert 0 < asked < done.out.final.stat().st_size

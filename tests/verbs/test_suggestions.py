"""Suggested settings through real renders with tiny models, and the rules around them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from cli import main
from pipeline.clip.probe import probe
from pipeline.errors import RecipeError
from pipeline.frames import FrameRange
from pipeline.measure.expression import NAMES
from pipeline.measure.liveliest import SECONDS, liveliest, liveliness, seconds
from pipeline.measure.tradeoff import HEIGHT, WIDTH
from pipeline.models.store import ModelStore
from pipeline.progress import Progress, Step
from pipeline.recipe.load import load_recipe, save_recipe
from pipeline.render import Order
from studio import Studio
from tests.render.conftest import tiny_recipe
from verbs.suggestions import SHARES, at, scaled, with_shares

PROBE = FrameRange(56, 63)
"""Frames in which he speaks and blinks."""


@pytest.fixture(scope="module")
def home(looked_at: Path, models: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("probes") / "home"
    shutil.copytree(looked_at, home / "cache")
    (home / "models").symlink_to(models.folder)
    return home


def test_strengths_are_scaled_together_and_stay_in_range() -> None:
    recipe = tiny_recipe("passes.face.denoising_strength=0.9", "passes.face.people=[{person=1,denoising_strength=0.4}]")
    body, face = at(recipe, 1.2).passes
    assert (body.denoising_strength, face.denoising_strength) == (0.78, 0.95)
    assert face.people[0].denoising_strength == 0.48
    assert at(recipe, 1.0) == recipe
    body, face = with_shares(recipe, {"face": 0.4}).passes
    assert (body.denoising_strength, face.denoising_strength) == (0.65, 0.36)
    assert scaled(1.0, 1.2) == 1.0, "a strength above the strongest is not lowered by asking for more"


def test_a_recipe_without_strengths_has_nothing_to_try(interview: Path, home: Path) -> None:
    with Studio(home, "cpu") as studio:
        nothing = tiny_recipe("passes.body.denoising_strength=0", "passes.face.denoising_strength=0")
        with pytest.raises(RecipeError, match="has a strength to try"):
            studio.suggest(Order(studio.shot(interview), nothing, PROBE, home / "out"), Progress())


@pytest.mark.slow
def test_the_liveliest_second_is_where_the_face_does_most(interview: Path) -> None:
    shot = probe(interview)
    found = liveliest(shot, shot.frames, 8, Progress())
    truth = np.load(interview.parent / "truth.npz")
    weights = truth["weights"][0]
    moved = {
        second: float(np.ptp(weights[second.first : second.last + 1], axis=0).sum())
        for second in seconds(shot.frames, 24, 8)
    }
    assert moved[found] >= np.quantile(list(moved.values()), 0.7)


def test_seconds_lie_on_the_grid_and_in_the_shot() -> None:
    assert list(seconds(FrameRange(3, 9), 24, 8)) == [FrameRange(3, 9)]
    found = list(seconds(FrameRange(0, 9999), 24, 8))
    assert len(found) == SECONDS
    assert all(second.first % 8 == 0 and len(second) == 24 and second.last <= 9999 for second in found)
    assert found[0].first == 0 and found[-1].last > 9990 - 8


def test_a_face_seen_once_or_still_is_not_lively() -> None:
    signs = np.full(len(NAMES), 0.3)
    assert liveliness([None, signs]) == liveliness([signs, signs]) == 0
    assert liveliness([signs, signs + 0.1]) > liveliness([signs, signs + 0.01]) > 0


@pytest.mark.long
def test_a_probe_is_rendered_measured_and_kept(interview: Path, home: Path, tmp_path: Path) -> None:
    recipe, news = tiny_recipe("batch_size=4"), list[Step]()
    with Studio(home, "cpu") as studio:
        order = Order(studio.shot(interview), recipe, PROBE, tmp_path / "out")
        found = studio.suggest(order, Progress(news.append))
        assert not order.out.exists()
        rendered = set((home / "cache").rglob("*.png"))
        again = studio.suggest(order, Progress())
    assert set((home / "cache").rglob("*.png")) == rendered, "a second look renders nothing"
    assert again.to_json() == found.to_json()
    assert found.frames.first >= PROBE.first and found.frames.last <= PROBE.last
    face, rest = found.curves
    assert [point.strength for point in face.points] == [scaled(0.5, share) for share in SHARES]
    assert [point.strength for point in rest.points] == [scaled(0.65, share) for share in SHARES]
    assert face.points[0].acting is not None and rest.points[0].acting is None
    distances = [point.distance for point in face.points]
    assert len(set(distances)) > 2 and min(distances) > 1, "three steps round some strengths to the same"
    body_pass, face_pass = found.recipe.passes
    assert (body_pass.denoising_strength, face_pass.denoising_strength) == (rest.chosen.strength, face.chosen.strength)
    last = [step.stage for step in news if step.stage.startswith(f"probe {len(SHARES)} of {len(SHARES)}")]
    stages = [stage.rpartition(", ")[2] for stage in last]
    assert "people" not in stages[stages.index("deliver") :], "the measures use the render's own tracks"
    assert sum(line.endswith("chosen") for line in found.table().splitlines()) == 2
    assert found.picture().shape == (2 * HEIGHT, WIDTH, 3)
    assert len({tuple(colour) for colour in found.picture().reshape(-1, 3)}) > 5


@pytest.mark.long
def test_the_command_draws_the_curves_and_keeps_the_preset(
    interview: Path, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_recipe(tiny_recipe("batch_size=4"), tmp_path / "tiny.toml")
    command = ["--home", str(home), "preview", str(interview), "--preset", str(tmp_path / "tiny.toml"), "--suggest"]
    command += ["--frames", "56-63", "--out", str(tmp_path / "look"), "--save", str(tmp_path / "mine.toml")]
    assert main([*command, "--json"]) == 0
    assert (tmp_path / "look" / "suggestion.png").read_bytes().startswith(b"\x89PNG")
    kept = load_recipe(tmp_path / "mine.toml")
    told = json.loads(capsys.readouterr().out)
    strengths = [f"passes.{spec.name}.denoising_strength={spec.denoising_strength}" for spec in kept.passes]
    assert told["changes"] == strengths and told["preset"] == str(tmp_path / "mine.toml")
    assert {point["strength"] for point in told["curves"]["face"]["points"]} == {0.2, 0.3, 0.4, 0.5, 0.6}
    assert told["curves"]["body"]["chosen"] == kept.passes[0].denoising_strength


def test_a_preset_needs_its_ending_before_anything_is_tried(interview: Path, tmp_path: Path) -> None:
    command = ["preview", str(interview), "--preset", "draft", "--suggest", "--out", str(tmp_path / "look")]
    assert main([*command, "--save", str(tmp_path / "mine")]) == 2
    assert not (tmp_path / "look").exists()

"""Depth and normal pictures for training look as the product shows a render's own passes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.draft.conftest import write_caches
from training.draft import controls, denoiser, given, vae
from training.draft.controls import Plan, state_name, trained
from training.draft.hints import hint_array
from training.draft.kit.cameras import Camera
from training.draft.kit.passes import write_passes
from training.draft.kit.scene import Buffers
from training.draft.views import SIDE, View


def passes(metres: np.ndarray) -> Buffers:
    """A slope that looks half to the right of a camera in front."""
    facing = np.zeros((*metres.shape, 3), np.float32)
    facing[...] = np.array([np.sqrt(0.5), -np.sqrt(0.5), 0])
    return Buffers(metres, facing, np.zeros((*metres.shape, 2), np.float32), np.zeros(metres.shape, np.float32))


def front() -> Camera:
    return Camera(np.array([0, -2.0, 0]), np.zeros(3), np.zeros(3))


def test_near_is_white_and_nothing_is_black() -> None:
    metres = np.linspace(1, 5, 100 * 100).reshape(100, 100)
    metres[:20] = 0
    shown = given.depth_picture(metres)
    assert shown.shape == (100, 100, 3)
    assert (shown[:20] == 0).all()
    assert shown[20, 0, 0] == 255
    assert (np.diff(shown[20:, :, 0].astype(int).ravel()) <= 0).all()
    middle = shown[60, 0, 0] / 255
    low, high = np.percentile(np.where(metres > 0, 1 / np.maximum(metres, 1), 0), (0.5, 99.5))
    assert middle == pytest.approx((1 / metres[60, 0] - low) / (high - low), abs=0.004)


def test_normals_have_the_colours_of_the_product(tmp_path: Path) -> None:
    """Red to the left, blue towards the camera: a slope to the right has little red."""
    write_passes(tmp_path / "a.exr", passes(np.full((8, 8), 2.0, np.float32)), front())
    shown = given.given_pictures(tmp_path / "a.exr")["normal"]
    half = np.sqrt(0.5)
    assert shown[4, 4] == pytest.approx([(1 - half) * 127.5, 127.5, (1 + half) * 127.5], abs=1)


def test_a_mirrored_slope_looks_the_other_way() -> None:
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    picture[:, :100] = (37, 127, 218)
    shown = given.seen(View(0, 0, SIDE, True), "normal", picture)
    assert shown[0, -1].tolist() == [218, 127, 218]
    assert given.seen(View(0, 0, SIDE, True), "depth", picture)[0, -1].tolist() == [37, 127, 218]
    assert picture[0, 0, 0] == 37


@pytest.fixture
def caches(data: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Drawn pairs, two of which have passes, and the caches of the other controls."""
    folder, work = tmp_path / "data", tmp_path / "work"
    folder.mkdir()
    work.mkdir()
    for name in ("engine", "film", "pairs.jsonl"):
        (folder / name).symlink_to(data / name)
    for row in (0, 3):
        slope = np.linspace(1, 3, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)
        write_passes(folder / f"passes/{row:06d}.exr", passes(slope), front())
    write_caches(work)
    given.cache(folder, work)
    return folder, work


def test_pairs_with_passes_get_pictures_and_the_others_stay_blank(caches: tuple[Path, Path]) -> None:
    folder, work = caches
    depth, normal = (hint_array(work, kind, 4) for kind in given.GIVEN)
    assert depth.shape[-1] == 1
    assert given.rows_with(depth).tolist() == given.rows_with(normal).tolist() == [0, 3]
    assert normal[0, 0, 0, 0, 0] < 60 < 190 < normal[0, 1, 0, 0, 0]
    before = depth.copy()
    given.cache(folder, work)
    assert np.array_equal(before, hint_array(work, "depth", 4))


@pytest.mark.slow
def test_a_control_learns_alone(caches: tuple[Path, Path], small: None) -> None:
    """The frozen parts stay; the new ControlNet moves, goes on where it stopped, and is there to be exported."""
    folder, work = caches
    vae.train(folder, work, steps=1, batch=2, rate=1e-3, seed=1)
    denoiser.train(folder, work, steps=1, batch=2, rate=1e-3, seed=1)
    kept = (work / "denoiser.pt").read_bytes()
    for steps in (2, 4):
        controls.train(folder, work, Plan("depth", steps, 2, 1e-3, 1))
    assert (work / "denoiser.pt").read_bytes() == kept
    import torch

    state = torch.load(work / f"{state_name('depth')}.pt", weights_only=True)
    assert state["step"] == 4
    assert state["model"]["controlnet_mid_block.weight"].abs().max() > 0
    assert trained(work).keys() == {"depth"}
    assert trained(work)["depth"].controlnet_mid_block.weight.abs().max() > 0


@pytest.mark.slow
def test_without_pictures_it_says_what_to_do(data: Path, tmp_path: Path, small: None) -> None:
    write_caches(tmp_path)
    denoiser.train(data, tmp_path, steps=1, batch=2, rate=1e-3, seed=1)
    with pytest.raises(
        FileNotFoundError, match=r"No pair for training has a normal picture; run training\.draft\.given"
    ):
        controls.train(data, tmp_path, Plan("normal", 1, 2, 1e-3, 1))

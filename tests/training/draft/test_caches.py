"""Views, hints and latents as they are cached."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from training.draft import hints, latents, shapes
from training.draft.corpus import LOOKS, pictures
from training.draft.views import SIDE, SMALLEST_CROP, VIEWS, View, read_views, views_of, write_views


def face_lines(x: int, y: int, side: int) -> np.ndarray:
    """A drawn face: one square."""
    lines = np.zeros((SIDE, SIDE, 3), np.uint8)
    lines[y : y + side, x : x + side] = 255
    return lines


@pytest.mark.parametrize(("x", "y", "side"), [(100, 60, 70), (0, 0, 90), (150, 160, 96), (10, 10, 236), (120, 30, 24)])
def test_face_crops_hold_the_face_and_stay_inside(x: int, y: int, side: int) -> None:
    """Crops lie within the picture, are never tiny, and hold most of the face."""
    for row in range(40):
        views = views_of(row, face_lines(x, y, side))
        assert [view.mirrored for view in views] == [False, True, False, True]
        assert [view.side for view in views[:2]] == [SIDE, SIDE]
        for view in views[2:]:
            assert SMALLEST_CROP <= view.side <= SIDE
            assert 0 <= view.x <= SIDE - view.side
            assert 0 <= view.y <= SIDE - view.side
            assert view.of(face_lines(x, y, side)).any(axis=2).sum() > 0.8 * (side * SIDE / view.side) ** 2


def test_a_picture_without_a_face_is_cut_anywhere() -> None:
    """No drawn face: still four views, inside the picture."""
    for row in range(20):
        views = views_of(row, np.zeros((SIDE, SIDE, 3), np.uint8))
        assert len(views) == VIEWS
        assert all(view.x + view.side <= SIDE and view.y + view.side <= SIDE for view in views)


def test_a_mirrored_view_is_the_view_mirrored() -> None:
    """Left becomes right, at any size."""
    picture = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    for side in (SIDE, 128):
        plain, mirrored = (View(0, 0, side, mirrored).of(picture) for mirrored in (False, True))
        assert np.array_equal(plain[:, ::-1], mirrored)


def test_views_survive_the_file(tmp_path: Path) -> None:
    """Written and read back."""
    views = [View(1, 2, 100, True, ("openpose",)), View(0, 0, SIDE, False)]
    write_views(tmp_path / "views.jsonl", views)
    write_views(tmp_path / "views.jsonl", views[:1])
    assert read_views(tmp_path / "views.jsonl") == [views, views[:1]]


def test_hints_are_read_off_the_view_and_absences_noted(tmp_path: Path) -> None:
    """The reader is shown each view of the engine picture; a control in which nothing was found is named."""
    picture = np.random.default_rng(0).integers(1, 256, (SIDE, SIDE, 3)).astype(np.uint8)

    def read(kind: str, seen: np.ndarray) -> np.ndarray:
        return {"canny": seen, "openpose": np.zeros_like(seen), "mediapipe_face": face_lines(90, 60, 80)}[kind]

    arrays: hints.Hints = {kind: hints.hint_array(tmp_path, kind, 3) for kind in hints.CONTROLS}
    views = hints.cache_pair(1, picture, read, arrays)
    assert [view.missing for view in views] == [("openpose",)] * VIEWS
    for number, view in enumerate(views):
        assert np.array_equal(arrays["canny"][1, number], view.of(picture)[..., :1])
    assert not arrays["canny"][0].any()
    assert not arrays["canny"][2].any()


@pytest.mark.slow
def test_latents_go_on_where_they_stopped(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Latents of the pairs that have views, at unit deviation; a second call does the pairs that came later, only."""
    torch.manual_seed(0)
    vae = shapes.autoencoder().eval()
    monkeypatch.setattr(latents, "averaged", lambda file, model: vae)
    for row in range(2):
        write_views(hints.views_file(tmp_path), views_of(row, face_lines(90, 60, 80)))
    latents.cache(data, tmp_path)
    arrays = [latents.latent_array(tmp_path, look, 4) for look in LOOKS]
    assert [latents.pairs_done(array) for array in arrays] == [2, 2]
    first = arrays[0][:2].copy()
    arrays[0][0] = 7
    write_views(hints.views_file(tmp_path), views_of(2, face_lines(90, 60, 80)))
    latents.cache(data, tmp_path)
    assert [latents.pairs_done(array) for array in arrays] == [3, 3]
    assert (arrays[0][0] == 7).all()
    assert np.array_equal(arrays[0][1], first[1])
    wanted = latents.encode(vae, [pictures(data, tmp_path, "engine")[2]])[0] * vae.config["scaling_factor"]
    assert np.allclose(arrays[0][2, 0], wanted.numpy(), atol=2e-2)

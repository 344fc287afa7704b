"""What motion vectors mean is found out on the plate; then they are exact."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.clip.attach import with_passes
from pipeline.clip.exr import write_parts
from pipeline.clip.occlusion import fetched, hidden_by_longer, turned_round
from pipeline.clip.probe import probe
from pipeline.clip.rendered_motion import RenderedMotion, motion_key, motion_of
from pipeline.errors import FootageError
from pipeline.frames import Flow
from pipeline.recipe.footage import Footage
from tests.clip.engine import (
    COUNT,
    HEIGHT,
    WIDTH,
    Export,
    distance,
    inside_square,
    motion,
    plate,
    write_depth,
    write_motion,
    write_plate,
)

Array = NDArray[Any]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plate(tmp_path_factory.mktemp("plate"))


def brought(pictures: Path, folder: Path) -> RenderedMotion:
    return motion_of(with_passes(probe(pictures, Footage(missing="hold")), folder), plate)


def flow_of(motion: RenderedMotion, frame: int, to: int) -> Flow:
    found = motion.flow(frame, to)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("right", "down", "towards"), [(1, -1, "previous"), (1, 1, "next"), (-1, -1, "next"), (-1, 1, "previous")]
)
def test_signs_and_direction_are_found(pictures: Path, tmp_path: Path, towards: str, right: int, down: int) -> None:
    found = brought(pictures, write_motion(tmp_path, Export(right=right, down=down, towards=towards)))
    convention = found.verdict.convention
    assert (convention.right, convention.down, convention.unit) == (right, down, "size")
    assert (convention.towards, convention.first) == (towards, 1)
    for frame, to in ((5, 4), (5, 6)):
        flow = flow_of(found, frame, to)
        off = np.abs(flow.vectors + motion(frame, to)).max(axis=-1)[flow.seen]
        told = to == (frame - 1 if towards == "previous" else frame + 1)
        assert off.max() < 0.02 if told else (off < 0.02).mean() > 0.99


def test_half_sizes_and_pixels_are_found(pictures: Path, tmp_path: Path) -> None:
    half = brought(pictures, write_motion(tmp_path / "half", Export(unit=0.5))).verdict.convention
    assert half.unit == "half size"

    def in_pixels(frame: int, vectors: Array) -> Array:
        return vectors * [WIDTH, HEIGHT]

    pixels = brought(pictures, write_motion(tmp_path / "pixels", Export(spoil=in_pixels))).verdict.convention
    assert (pixels.unit, pixels.right, pixels.down) == ("pixels", 1, -1)


@pytest.mark.parametrize("off", [-1, 1])
def test_numbers_that_are_one_off_are_found(pictures: Path, tmp_path: Path, off: int) -> None:
    write_depth(tmp_path)
    write_motion(tmp_path, Export(first=1 + off, frames=tuple(range(max(-off, 0), COUNT - max(off, 0)))))
    assert brought(pictures, tmp_path).verdict.convention.first == 1 + off


def test_the_table_shows_every_meaning_that_was_tried(pictures: Path, tmp_path: Path) -> None:
    table = brought(pictures, write_motion(tmp_path)).verdict.table()
    best = "R > 0 is right, G > 0 is up, from the frame before, number 1 is frame 0, 1 is the picture's size"
    assert table.splitlines()[1].endswith(best)
    assert "no motion" in table


def test_packed_sixteen_bit_pictures(pictures: Path, tmp_path: Path) -> None:
    for frame in range(COUNT):
        packed = np.rint((Export().vectors(frame) / 2 + 0.5) * 65535).astype(np.uint16)
        blue = np.zeros((HEIGHT, WIDTH, 1), np.uint16)
        assert cv2.imwrite(str(tmp_path / f"S_Motion_{frame}.png"), np.dstack([blue, packed[..., 1:], packed[..., :1]]))
    flow = flow_of(brought(pictures, tmp_path), 6, 5)
    assert np.abs(flow.vectors + motion(6, 5))[flow.seen].max() < 0.05


def test_eight_bits_are_refused(pictures: Path, tmp_path: Path) -> None:
    for frame in range(COUNT):
        assert cv2.imwrite(str(tmp_path / f"S_Motion_{frame}.png"), np.full((HEIGHT, WIDTH, 3), 128, np.uint8))
    with pytest.raises(FootageError, match="8 bits, too few"):
        brought(pictures, tmp_path)


@pytest.mark.parametrize("channel", [0, 1])
def test_cut_off_vectors_are_refused(pictures: Path, tmp_path: Path, channel: int) -> None:
    def cut_off(frame: int, vectors: Array) -> Array:
        kept = vectors.copy()
        kept[..., channel] = np.maximum(vectors[..., channel], 0)
        return kept

    with pytest.raises(FootageError, match=f"no negative {'RG'[channel]}"):
        brought(pictures, write_motion(tmp_path, Export(spoil=cut_off)))


def test_vectors_half_as_long_as_they_should_be_are_refused(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="do not fit the plate"):
        brought(pictures, write_motion(tmp_path, Export(unit=2.0)))


def test_vectors_of_another_shot_are_refused(pictures: Path, tmp_path: Path) -> None:
    def another(frame: int, vectors: Array) -> Array:
        return vectors[::-1, ::-1] * [-2.5, 3] + [0.03, 0.05 * (-1) ** frame]

    with pytest.raises(FootageError, match="do not fit the plate"):
        brought(pictures, write_motion(tmp_path, Export(spoil=another)))


def test_no_number_and_infinity_are_unknown_and_said(pictures: Path, tmp_path: Path) -> None:
    def broken(frame: int, vectors: Array) -> Array:
        spoilt = vectors.copy()
        spoilt[:10, :10] = np.nan
        spoilt[10:20, :10, 0] = np.inf
        return spoilt

    found = brought(pictures, write_motion(tmp_path, Export(spoil=broken)))
    flow = flow_of(found, 6, 5)
    assert np.isfinite(flow.vectors).all()
    assert not flow.seen[:20, :10].any()
    assert flow.seen[40:, 40:100].mean() > 0.8
    assert any("no numbers" in note for note in found.verdict.notes)


def test_a_frame_that_is_no_numbers_at_all_is_not_known(pictures: Path, tmp_path: Path) -> None:
    def broken(frame: int, vectors: Array) -> Array:
        return np.full_like(vectors, np.nan) if frame == 6 else vectors

    found = brought(pictures, write_motion(tmp_path, Export(spoil=broken)))
    assert found.flow(6, 5) is None
    assert found.flow(5, 6) is None
    assert found.flow(7, 6) is not None


def test_no_motion_at_all_is_said_and_gives_no_flow(pictures: Path, tmp_path: Path) -> None:
    def nothing(frame: int, vectors: Array) -> Array:
        return np.zeros_like(vectors)

    found = brought(pictures, write_motion(tmp_path, Export(spoil=nothing)))
    assert any("hold no motion" in note for note in found.verdict.notes)
    assert found.flow(6, 5) is None


def test_missing_vectors_and_other_steps_are_not_known(pictures: Path, tmp_path: Path) -> None:
    frames = tuple(frame for frame in range(COUNT) if frame != 6)
    found = brought(pictures, write_motion(tmp_path, Export(frames=frames)))
    assert found.flow(6, 5) is None
    assert found.flow(7, 5) is None
    assert found.flow(0, -1) is None


def hidden_truth(frame: int, to: int) -> NDArray[np.bool_]:
    """Wall pixels that the square covers in the other frame."""
    over = fetched(inside_square(to).astype(np.float32), -motion(frame, to))[0] > 0.5
    return over & ~inside_square(frame)


@pytest.mark.parametrize("with_depth", [True, False])
@pytest.mark.parametrize(("frame", "to"), [(8, 7), (7, 8)])
def test_what_is_hidden_is_found_with_depth_and_without(
    pictures: Path, tmp_path: Path, with_depth: bool, frame: int, to: int
) -> None:
    write_motion(tmp_path)
    if with_depth:
        write_depth(tmp_path)
    seen = flow_of(brought(pictures, tmp_path), frame, to).seen
    truth = hidden_truth(frame, to)
    assert truth.sum() > 100
    assert (~seen)[truth].mean() > 0.9
    near = cv2.dilate(truth.astype(np.uint8), np.ones((5, 5))) > 0
    inner = np.zeros_like(truth)
    inner[10:-10, 14:-14] = True
    assert seen[inner & ~near].mean() > 0.97


def test_the_flow_carries_the_neighbour_to_the_frame(pictures: Path, tmp_path: Path) -> None:
    found = brought(pictures, write_depth(write_motion(tmp_path)))
    for frame, to in ((9, 8), (8, 9)):
        flow = flow_of(found, frame, to)
        carried = fetched(plate(to)[..., 1].astype(np.float32), flow.vectors)[0]
        assert np.abs(carried - plate(frame)[..., 1])[flow.seen].mean() < 1.0
        assert np.abs(plate(to)[..., 1].astype(float) - plate(frame)[..., 1])[flow.seen].mean() > 8


def test_the_key_follows_the_files(pictures: Path, tmp_path: Path) -> None:
    shot, folder = probe(pictures), write_motion(tmp_path)
    alone = motion_key(with_passes(shot, folder))
    both = motion_key(with_passes(shot, write_depth(folder)))
    write_parts(folder / "Shot01_Depth_0004.exr", {"": {"Z": distance(0) + 1}})
    assert len({alone, both, motion_key(with_passes(shot, folder)), motion_key(shot)}) == 4
    assert motion_key(shot) is None


def test_a_shot_without_vectors(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="has no motion vectors"):
        motion_of(with_passes(probe(pictures), write_depth(tmp_path)), plate)


@pytest.mark.parametrize("way", [lambda x, y: (3.0, -2.0), lambda x, y: (x * 0.06, y * 0.06)])
def test_turned_round_twice_is_the_same(way: Callable[[Any, Any], Any]) -> None:
    rows, columns = np.indices((60, 80), dtype=np.float32)
    x, y = way(columns - 40, rows - 30)
    there = np.dstack([np.broadcast_to(x, rows.shape), np.broadcast_to(y, rows.shape)]).astype(np.float32)
    back, seen = turned_round(there, np.ones((60, 80), bool))
    again, twice = turned_round(back, seen)
    inner = np.zeros((60, 80), bool)
    inner[8:-8, 8:-8] = True
    assert twice[inner].mean() > 0.95
    assert np.abs(again - there)[twice & inner].max() < 0.2


def test_the_longer_vector_hides_the_shorter() -> None:
    offsets = np.zeros((20, 40, 2), np.float32)
    offsets[5:15, 5:15, 0] = 6
    hidden = hidden_by_longer(offsets)
    assert hidden[6:14, 16:20].all()
    assert not hidden[:3].any()

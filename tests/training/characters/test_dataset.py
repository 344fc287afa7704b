from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import TrainingError
from pipeline.frames import Box
from training.characters.buckets import bucket_of, buckets, cut, cut_face, cut_mask
from training.characters.dataset import FILE, Dataset, Item, read_dataset
from training.characters.schedule import rate_factor


def test_a_dataset_is_read_back_equal(dataset: Dataset) -> None:
    read = read_dataset(dataset.folder)
    assert read == dataset
    assert read.key == dataset.key


def test_the_key_follows_pictures_and_captions(dataset: Dataset) -> None:
    before, item = dataset.key, dataset.items[0]
    other = Dataset(dataset.folder, (Item(item.file, "another caption", item.crop), *dataset.items[1:]))
    assert other.key != before
    (dataset.folder / item.file).write_bytes((dataset.folder / dataset.items[1].file).read_bytes())
    assert dataset.key != before


@pytest.mark.parametrize("fault", ["none", "text", "schema", "outside", "gone", "empty"])
def test_a_bad_dataset_is_refused_in_a_sentence(fault: str, dataset: Dataset, tmp_path: Path) -> None:
    path = dataset.folder / FILE
    data = json.loads(path.read_text())
    if fault == "none":
        path.unlink()
    elif fault == "text":
        path.write_text("{")
    elif fault == "schema":
        path.write_text(json.dumps({**data, "schema": 99}))
    elif fault == "outside":
        data["items"][0]["file"] = "../../secret.png"
        path.write_text(json.dumps(data))
    elif fault == "gone":
        (dataset.folder / dataset.items[2].file).unlink()
    else:
        path.write_text(json.dumps({**data, "items": []}))
    with pytest.raises(TrainingError):
        read_dataset(dataset.folder)


def test_sizes_have_one_area_and_sides_in_multiples_of_64() -> None:
    for resolution in (64, 256, 512, 768):
        sizes = buckets(resolution)
        assert (resolution, resolution) in sizes
        assert all(w % 64 == h % 64 == 0 and w * h <= resolution**2 for w, h in sizes)
        assert {(h, w) for w, h in sizes} == set(sizes)


def test_a_picture_gets_the_size_of_its_shape() -> None:
    sizes = buckets(512)
    assert bucket_of(1000, 1000, sizes) == (512, 512)
    assert (
        bucket_of(1500, 1000, sizes) == (576, 384) or bucket_of(1500, 1000, sizes)[0] > bucket_of(1500, 1000, sizes)[1]
    )
    wide, tall = bucket_of(4000, 1000, sizes), bucket_of(1000, 4000, sizes)
    assert wide == tall[::-1]
    assert wide[0] / wide[1] <= 2


def test_a_crop_is_filled_and_its_matte_goes_along(dataset: Dataset) -> None:
    item = Item(dataset.items[1].file, "", (26, 26, 38, 38), None, dataset.items[1].mask)
    picture, mask = cut(dataset.folder, item, (64, 64)), cut_mask(dataset.folder, item, (64, 64))
    assert picture.shape == (64, 64, 3)
    assert mask.min() > 250
    whole = cut_mask(dataset.folder, Item(item.file, "", (0, 0, 128, 96), None, item.mask), (128, 64))
    assert 0 < np.mean(whole > 128) < 0.5


def test_the_rate_rises_and_falls() -> None:
    factors = [rate_factor(step, 100, "cosine") for step in range(100)]
    assert factors[0] < factors[4] <= 1
    assert factors[99] < 0.05
    assert rate_factor(99, 100, "constant") == 1
    assert rate_factor(50, 100, "linear") == pytest.approx(0.5)


def test_a_face_lies_in_the_cut_picture_where_it_lies_in_the_whole_one() -> None:
    item = Item("a.png", "Ava", (100, 50, 200, 100), (150, 60, 40, 60))
    assert cut_face(item, (64, 64)) == Box(0, 6, 26, 38)
    assert cut_face(Item("a.png", "Ava", (0, 0, 64, 64)), (64, 64)) is None

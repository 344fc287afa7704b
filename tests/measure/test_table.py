"""Rows of figures from the plain data of a report: the same for the command line, the page and the web app."""

from __future__ import annotations

import json

import numpy as np

from pipeline.frames import Box
from pipeline.measure.regions import parts_of, summed, within
from pipeline.measure.table import Row, row, rows, table_of
from tests.measure.test_page import report


def test_rows_come_from_data_that_was_written_and_read_again() -> None:
    data = report().to_json()
    told = list(rows(json.loads(json.dumps(data))))
    assert told == list(rows(data))
    assert report().table() == table_of(told)


def test_every_region_has_flicker_and_its_ratio() -> None:
    told = {one.name: one for one in rows(report().to_json())}
    for region in ("whole frame", "face", "body", "background"):
        assert told[f"flicker added, {region}"][1:3] == ("+0.60", "+0.10")
        assert told[f"flicker ratio, {region}"][1:3] == ("1.60", "1.10")


def test_what_is_missing_says_why() -> None:
    told = {one.name: one for one in rows(report(0).to_json())}
    assert told["expression kept"] == Row("expression kept", "-", "-", "no face in the plate", missing=True)
    assert told["likeness: drift"].reading == told["blendshapes"].reading == "no face model"
    assert all(one.reading for one in told.values())
    half = row("one", {"value": None, "ceiling": 0.5, "reason": "because"}, "{:.1f}", "unused")
    assert half == Row("one", "-", "0.5", "because", missing=True)


def test_the_worst_frames_have_numbers_and_what_they_are_of() -> None:
    worst = report().to_json()["worst"]
    assert {"measure": "flicker", "name": "whole frame", "value": 8.0, "unit": "levels of 255"}.items() <= {
        key: value for one in worst if one["measure"] == "flicker" for key, value in one.items()
    }.items()
    acting = [one for one in worst if one["measure"] == "expression"]
    assert acting
    assert all(one["value"] > 0.25 and 50 <= one["frame"] <= 69 and one["name"] in one["what"] for one in acting)


def test_parts_of_a_picture_share_no_pixel_and_miss_none() -> None:
    people = np.zeros((40, 60), np.uint8)
    people[10:, 20:50] = 255
    parts = parts_of(people, [Box(25, 5, 10, 15), Box(55, 0, 20, 5)])
    counts = {name: int((mask > 0).sum()) for name, mask in parts.items()}
    assert counts == {"face": 150 + 25, "body": 900 - 100, "background": 2400 - 900 - 50 - 25}
    assert np.array_equal(np.sum([mask > 0 for mask in parts.values()], axis=0), np.ones((40, 60)))
    values = np.random.default_rng(1).standard_normal((40, 60, 3)).astype(np.float32)
    seen = values[..., 0] > 0
    sums = summed([values, values[..., 1]], within(parts, seen))
    for name, mask in parts.items():
        inside = (mask > 0) & seen
        expected = [*values[inside].sum(axis=0), values[inside, 1].sum(), inside.sum()]
        assert np.allclose(sums[name], expected, atol=1e-3), name
    assert np.allclose(sums["whole frame"], sum(sums[name] for name in parts))

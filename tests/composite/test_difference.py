"""Difference mattes."""

from __future__ import annotations

import numpy as np

from pipeline.composite.difference import difference_matte


def test_what_is_the_same_is_none_of_it_and_what_differs_all_of_it() -> None:
    one = np.full((40, 40, 3), 120, np.uint8)
    other = one.copy()
    other[10:20, 10:20] = (200, 60, 60)
    other[30:, 30:] += 2
    matte = difference_matte(one, other, threshold=4, softness=8)
    assert (matte[10:20, 10:20] == 255).all()
    assert matte.sum() == 255 * 100, "two levels of 255 are nothing to see"
    assert set(np.unique(difference_matte(one, other, 0.1, 0))) == {0, 255}


def test_it_grows_with_the_difference() -> None:
    one = np.full((1, 60, 3), 90, np.uint8)
    other = one + np.arange(60, dtype=np.uint8)[None, :, None]
    matte = difference_matte(one, other, 4, 10)[0].astype(int)
    assert matte[0] == 0 and matte[-1] == 255 and (np.diff(matte) >= 0).all()
    assert len(np.unique(matte)) > 10

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from pipeline.filters.chain import ALONE, IN_SCENE, filtered, reach_of
from pipeline.recipe.filters import AnyFilter, Deflicker, Dejitter, Grain, LocalDeflicker, RoundTrip, Vignette
from tests.filters.clips import panned, scene_of, stream_of


def test_every_kind_of_filter_is_known() -> None:
    union = get_args(AnyFilter)[0]
    kinds = {kind.model_fields["kind"].default for kind in get_args(union)}
    assert kinds == set(ALONE) | set(IN_SCENE)
    assert not set(ALONE) & set(IN_SCENE)


def test_filters_work_in_the_order_of_the_list() -> None:
    pictures = panned(1)
    first, second = (
        next(filtered(stream_of(pictures), order, scene_of(pictures))).pixels
        for order in ((Vignette(amount=0.9), Grain(amount=9)), (Grain(amount=9), Vignette(amount=0.9)))
    )
    assert np.abs(first - second).max() > 1 / 255


def test_filters_that_are_off_do_nothing() -> None:
    pictures = panned(2)
    made = filtered(stream_of(pictures), (Vignette(enabled=False), Grain(enabled=False)), scene_of(pictures))
    assert all((m.pixels == pictures[m.number]).all() for m in made)


def test_reaches_add_up() -> None:
    assert reach_of((Deflicker(reach=5), LocalDeflicker(reach=3), Grain(), Deflicker(reach=9, enabled=False))) == 8


@pytest.mark.slow
def test_a_frame_hangs_on_nothing_beyond_the_reach() -> None:
    pictures = panned(24)
    filters = (Deflicker(reach=3), Dejitter(reach=2), RoundTrip(), LocalDeflicker(reach=2), Grain())
    reach = reach_of(filters)
    whole = {m.number: m.pixels for m in filtered(stream_of(pictures), filters, scene_of(pictures))}
    part = (moment for moment in stream_of(pictures) if 12 - reach <= moment.number <= 12 + reach)
    alone = {m.number: m.pixels for m in filtered(part, filters, scene_of(pictures))}
    assert (alone[12] == whole[12]).all()

"""The knee rule on curves whose knee is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.measure.knee import LEAST_ACTING, Point, knee

STRENGTHS = (0.2, 0.3, 0.4, 0.5, 0.6)


def points(costs: tuple[float, ...], distances: tuple[float, ...] = (4, 6, 8, 10, 12)) -> list[Point]:
    """Probes whose cost is all in the flicker."""
    return [
        Point(strength, distance, 1.0, 1 + cost, 1.0)
        for strength, distance, cost in zip(STRENGTHS, distances, costs, strict=True)
    ]


@pytest.mark.parametrize("bend", range(1, 4))
def test_the_knee_is_where_the_cost_begins_to_rise(bend: int) -> None:
    costs = tuple(0.1 * (at + 1) + max(at - bend, 0) * 3.0 for at in range(5))
    assert knee(points(costs)).strength == STRENGTHS[bend]


def test_the_knee_is_where_the_look_stops_moving() -> None:
    assert knee(points((1, 2, 3, 4, 5), (2, 6, 10, 10.2, 10.4))).strength == 0.4


def test_what_any_strength_costs_is_no_reason_to_take_the_strongest() -> None:
    """The faces of the draft model on the sample shot: its autoencoder costs detail from the first strength on."""
    assert knee(points((1.25, 1.38, 1.55, 1.76, 1.99), (4.6, 6.0, 7.7, 9.1, 10.8))).strength == 0.4


def test_a_straight_line_has_no_knee_and_the_weakest_is_taken() -> None:
    assert knee(points((1, 1.5, 2, 2.5, 3))).strength == 0.2


def test_what_costs_nothing_may_be_as_strong_as_it_is() -> None:
    assert knee(points((0, 0, 0, 0, 0))).strength == 0.6


def test_too_little_acting_is_out_whatever_it_brings() -> None:
    tried = points((0, 0, 0, 0, 0))
    flat = [replace(point, acting=LEAST_ACTING - 0.01) if point.strength > 0.4 else point for point in tried]
    assert knee(flat).strength == 0.4
    assert knee([replace(point, acting=0.1) for point in tried]).strength == 0.2


def test_the_order_of_the_probes_does_not_matter() -> None:
    tried = points((0.1, 0.2, 0.3, 3, 6))
    assert knee(tried[::-1]) == knee(tried) == tried[2]


def test_what_cannot_be_measured_costs_nothing() -> None:
    nothing = Point(0.5, 3.0, None, None, None)
    assert nothing.cost == 0 and nothing.acts
    assert Point(0.5, 3.0, 0.8, 2.0, 0.5).cost == pytest.approx(3)
    assert Point(0.5, 3.0, 1.1, 0.5, 1.5).cost == 0, "steadier and sharper than the plate is no gain"
    assert knee([nothing]) == nothing

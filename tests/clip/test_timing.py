"""Which picture is frame n, in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

from pipeline.clip.timing import conformed_rate, constant_rate, first_number, is_constant, newest_time


def _rounded(count: int, rate: Fraction, ticks: int) -> list[Fraction]:
    return [Fraction(round(number / rate * ticks), ticks) for number in range(count)]


def test_times_rounded_to_milliseconds_are_constant() -> None:
    rate = Fraction(24000, 1001)
    times = _rounded(500, rate, 1000)
    assert is_constant(times, rate)
    assert [first_number(time, rate) for time in times] == list(range(500))


def test_the_stated_rate_is_taken_when_it_fits() -> None:
    times = _rounded(48, Fraction(30000, 1001), 90000)
    assert constant_rate(times, [Fraction(30000, 1001)]) == Fraction(30000, 1001)


def test_a_wrong_statement_gives_way_to_a_rate_that_fits() -> None:
    times = _rounded(200, Fraction(25), 1000)
    assert constant_rate(times, [Fraction(50), Fraction(90000), None]) == 25


def test_an_unusual_constant_rate_is_measured() -> None:
    times = _rounded(200, Fraction(35, 2), 90000)
    assert constant_rate(times, []) == Fraction(35, 2)


def test_dropped_pictures_are_conformed_on_their_own_grid() -> None:
    times = [Fraction(number, 30) for number in range(60) if number % 5 != 3]
    assert constant_rate(times, [Fraction(24)]) is None
    assert conformed_rate(times, []) == 30


def test_times_without_a_grid_take_the_median_interval() -> None:
    steps = [33, 34, 33, 71, 33, 33, 50, 34, 33, 33, 41, 33, 33, 33, 97, 33]
    times = [Fraction(sum(steps[:number]), 1000) for number in range(len(steps))]
    assert constant_rate(times, []) is None
    assert conformed_rate(times, []) in (30, Fraction(30000, 1001))


def test_first_number_and_newest_time_agree() -> None:
    rate = Fraction(25)
    for tick in range(400):
        number = first_number(Fraction(tick, 1000), rate)
        assert Fraction(tick, 1000) <= newest_time(number, rate)
        assert number == 0 or Fraction(tick, 1000) > newest_time(number - 1, rate)

"""Layers graded to their surround, on clips whose truth is known: the layer is what it covers, in other colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

import cv2
import numpy as np
import pytest

from pipeline.composite.layer import edge, make_layer
from pipeline.composite.over import over
from pipeline.composite.surround import Stack, Stacked
from pipeline.errors import RecipeError
from pipeline.frames import Frame, FrameRange, Layer, Picture
from pipeline.recipe.load import changed, load_recipe
from tests.contract.checkout import ROOT
from tests.filters.clips import texture

SIZE = (120, 160)
COUNT = 24
Shift = Callable[[int], Sequence[float]]


def plate(number: int) -> Picture:
    """A still that is moved by a pixel a frame."""
    return np.round(np.roll(texture(3, SIZE), number, axis=1) * 255).astype(np.uint8)


def disc(x: int = 80, radius: int = 34) -> np.ndarray:
    mask = np.zeros(SIZE, np.uint8)
    cv2.circle(mask, (x, 60), radius, (255,), -1)
    return mask


def shifted(picture: Picture, shift: Sequence[float]) -> Picture:
    """In other colours: levels of 255 added to red, green and blue."""
    return (picture + np.array(shift)).round().clip(0, 255).astype(np.uint8)


def recoloured(shift: Shift, mask: np.ndarray, who: int = 1) -> Callable[[Frame], Mapping[str | int | None, Layer]]:
    """A pass whose layer is the plate in other colours."""

    def layers(frame: Frame) -> Mapping[str | int | None, Layer]:
        picture = shifted(frame.pixels, shift(frame.number))
        return {who: make_layer(frame.number, "face", picture, edge(mask, 0, 3))}

    return layers


def read(frames: FrameRange) -> Iterator[Frame]:
    return (Frame(number, plate(number)) for number in frames)


def stack_of(*passes: Stacked, cut: int = COUNT, last: int = COUNT - 1) -> Stack:
    def setup(number: int) -> FrameRange:
        return FrameRange(0, cut - 1) if number < cut else FrameRange(cut, max(last, cut))

    return Stack(passes, read, FrameRange(0, last), setup, Fraction(24))


def off(stack: Stack, number: int, inside: np.ndarray) -> float:
    """How far the composite is from the truth inside a mask, in levels of 255."""
    made = over(plate(number), stack.layers(Frame(number, plate(number))))
    return float(np.abs(made.astype(float) - plate(number))[inside > 0].mean())


WARM: Shift = lambda number: (18, 2, -14)  # noqa: E731


def test_a_layer_in_other_colours_gets_those_around_it() -> None:
    errors = [off(stack_of(Stacked(match, recoloured(WARM, disc()))), 10, disc()) for match in (0, 0.5, 1)]
    assert errors[0] > 9
    assert errors[1] == pytest.approx(errors[0] / 2, rel=0.15)
    assert errors[2] < 0.12 * errors[0]


def test_without_it_a_layer_is_left_as_it_is_to_the_bit() -> None:
    own = recoloured(WARM, disc())
    made, was = stack_of(Stacked(0, own)).layers(Frame(4, plate(4)))[0], own(Frame(4, plate(4)))[1]
    assert (made.pixels == was.pixels).all()


def test_what_is_acted_in_the_middle_does_not_count() -> None:
    """A bright patch that only the layer has, as an open mouth would be, leaves the colours of the rim in place."""

    def acted(frame: Frame) -> Mapping[str | int | None, Layer]:
        picture = shifted(frame.pixels, WARM(0))
        picture[50:70, 70:90] = 250
        return {1: make_layer(frame.number, "face", picture, edge(disc(), 0, 3))}

    rim = disc() - disc(radius=20)
    assert off(stack_of(Stacked(1, acted)), 8, rim) < 0.15 * off(stack_of(Stacked(0, acted)), 8, rim)


def test_it_does_not_flicker_where_the_layer_does() -> None:
    """Every frame of the layer has a tint of its own: what is added to it changes an eighth as much, at most."""
    tints = np.random.default_rng(1).normal(0, 8, (COUNT, 3))
    own = recoloured(lambda number: tints[number], disc())
    graded = stack_of(Stacked(1, own))
    inner, added = disc(radius=25) > 0, []
    for number in range(COUNT):
        made, was = graded.layers(Frame(number, plate(number)))[0], own(Frame(number, plate(number)))[1]
        added.append((made.pixels - was.pixels)[inner].mean(axis=0) * 255)
    changes, jumps = np.diff(added, axis=0), np.diff(tints, axis=0)
    assert np.sqrt((changes**2).mean()) < np.sqrt((jumps**2).mean()) / 8


def test_a_slow_change_of_light_is_followed() -> None:
    turning: Shift = lambda number: (number, 0, -number)  # noqa: E731
    errors = [off(stack_of(Stacked(1, recoloured(turning, disc()))), number, disc()) for number in (12, 16)]
    assert max(errors) < 1.5


def test_nothing_is_averaged_across_a_cut() -> None:
    jump: Shift = lambda number: (20, 0, -15) if number < 12 else (-20, 10, 10)  # noqa: E731
    own = recoloured(jump, disc())
    held = [off(stack_of(Stacked(1, own), cut=12), number, disc()) for number in (11, 12)]
    blurred = [off(stack_of(Stacked(1, own)), number, disc()) for number in (11, 12)]
    assert max(held) < 1.6 < 3 < min(blurred)


def test_each_person_has_a_grade_of_their_own() -> None:
    left, right = disc(40, 26), disc(118, 26)

    def both(frame: Frame) -> Mapping[str | int | None, Layer]:
        other = recoloured(lambda number: (-15, 0, 20), right, 2)
        return {**recoloured(WARM, left)(frame), **other(frame)}

    graded = stack_of(Stacked(1, both))
    assert max(off(graded, 9, left), off(graded, 9, right)) < 1.6


def test_a_part_over_a_graded_face_goes_by_the_graded_face() -> None:
    face, eyes = recoloured(WARM, disc(radius=45)), recoloured(lambda number: (-20, 0, 0), disc(radius=20), 1)
    assert off(stack_of(Stacked(1, face), Stacked(1, eyes)), 11, disc(radius=40)) < 1.6


def test_only_the_frames_that_are_delivered_are_looked_at() -> None:
    asked = set[int]()

    def noted(frame: Frame) -> Mapping[str | int | None, Layer]:
        asked.add(frame.number)
        return recoloured(WARM, disc())(frame)

    stack_of(Stacked(1, noted), last=5).layers(Frame(3, plate(3)))
    assert asked == set(range(6))


def test_a_frame_is_the_same_whichever_frames_came_before_it() -> None:
    tints = np.random.default_rng(2).normal(0, 8, (COUNT, 3))
    own = Stacked(1, recoloured(lambda number: tints[number], disc()))
    alone = stack_of(own).layers(Frame(15, plate(15)))[0].pixels
    running = stack_of(own)
    for number in range(15):
        running.layers(Frame(number, plate(number)))
    assert (running.layers(Frame(15, plate(15)))[0].pixels == alone).all()


def test_the_whole_frame_has_no_surround_and_that_is_said() -> None:
    recipe = load_recipe(ROOT / "presets" / "draft.toml")
    assert changed(recipe, ("passes.face.match=0.5",)).passes[1].match == 0.5
    with pytest.raises(RecipeError, match="grade_match"):
        changed(recipe, ("passes.body.match=0.5",))

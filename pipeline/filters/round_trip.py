"""60 > 30 > 60: every second frame is drawn anew from its neighbours, unless that costs the acting too much."""

from __future__ import annotations

from pipeline.filters.between import between
from pipeline.filters.stream import Expression, Moment, Scene, Stream, windows
from pipeline.recipe.filters import RoundTrip

REACH = 1
"""Frames that must be seen before and after a redrawn one."""
STILL = 0.02
"""A face that is nearer to the middle of its neighbours does not move: its curves (0..1) then hold noise alone."""


def there_and_back(stream: Stream, settings: RoundTrip, scene: Scene) -> Stream:
    """The stream with every frame of odd number redrawn. Length, numbers and rate stay. Keeps three frames."""
    for window in windows(stream, REACH, scene.cuts):
        if window.moment.number % 2 == 0 or len(window.moments) < 3:
            yield window.moment
        else:
            before, dropped, after = window.moments
            yield redrawn((before, dropped, after), settings, scene)


def redrawn(moments: tuple[Moment, Moment, Moment], settings: RoundTrip, scene: Scene) -> Moment:
    """The middle one of three frames, drawn from the other two; itself where that would lose its expression."""
    before, dropped, after = moments
    made = dropped.with_pixels(between(before.pixels, after.pixels, 0.5))
    if settings.guard == 1:
        return made
    faces = [face for m in (*moments, made) if (face := scene.expression(m.pixels)) is not None]
    if len(faces) < 4:
        return made
    return dropped if lost_share(*faces) > settings.guard else made


def lost_share(before: Expression, was: Expression, after: Expression, now: Expression) -> float:
    """The share of an expression that was lost: 0 when a face still does what it did between its neighbours, 1 when
    it only passes from one to the other. Curves float64 [n], 0..1.
    """
    middle = (before + after) / 2
    meant = was - middle
    length = float(meant @ meant)
    if length < STILL**2:
        return 0.0
    return 1 - float((now - middle) @ meant) / length

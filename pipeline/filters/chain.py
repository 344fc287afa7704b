"""The filters of a recipe, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.filters import reference_hands
from pipeline.filters.deband import debanded
from pipeline.filters.deflicker import deflickered
from pipeline.filters.dejitter import dejittered, stabilised
from pipeline.filters.detail import clarified, sharpened
from pipeline.filters.film import darkened, glowing, grained
from pipeline.filters.grade import matched
from pipeline.filters.local_deflicker import locally_deflickered
from pipeline.filters.reference_hands import with_reference_hands
from pipeline.filters.round_trip import REACH, there_and_back
from pipeline.filters.stream import Scene, Stream
from pipeline.recipe.filters import AnyFilter, Deflicker, Dejitter, LocalDeflicker, ReferenceHands, RoundTrip, Stabilise

ALONE: Mapping[str, Callable[[Stream, Any], Stream]] = {
    "deband": debanded,
    "halation": glowing,
    "vignette": darkened,
    "grain": grained,
}
"""Kind of filter -> the function of those that look at nothing but the frames."""
IN_SCENE: Mapping[str, Callable[[Stream, Any, Scene], Stream]] = {
    "deflicker": deflickered,
    "dejitter": dejittered,
    "stabilise": stabilised,
    "reference_hands": with_reference_hands,
    "local_deflicker": locally_deflickered,
    "round_trip": there_and_back,
    "clarity": clarified,
    "sharpen": sharpened,
    "grade_match": matched,
}
"""Kind of filter -> the function of those that ask about the shot, too."""


def filtered(stream: Stream, filters: Sequence[AnyFilter], scene: Scene) -> Stream:
    """The stream after all filters that are switched on, in their order.

    Raises FootageError when a picture that a filter needs cannot be read.
    """
    for settings in filters:
        if not settings.enabled:
            continue
        if settings.kind in ALONE:
            stream = ALONE[settings.kind](stream, settings)
        else:
            stream = IN_SCENE[settings.kind](stream, settings, scene)
    return stream


def reach_of(filters: Sequence[AnyFilter]) -> int:
    """How many frames before and after one frame the filters together must see."""
    return sum(_reach(settings) for settings in filters if settings.enabled)


def _reach(settings: AnyFilter) -> int:
    match settings:
        case Deflicker() | LocalDeflicker() | Dejitter() | Stabilise():
            return settings.reach
        case RoundTrip():
            return REACH
        case ReferenceHands():
            return reference_hands.REACH
        case _:
            return 0

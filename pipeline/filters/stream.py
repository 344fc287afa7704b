"""What filters pass on: frames as floats, in order, with nothing kept but the few a filter must see."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import FloatPicture, Frame, Mask, Picture


@dataclass(frozen=True, eq=False)
class Moment:
    """One frame on its way through the filters.

    number: the plate's frame number. pixels: display-referred RGB, 0..1; values beyond are cut at the end only.
    """

    number: int
    pixels: FloatPicture

    def with_pixels(self, pixels: NDArray[Any]) -> Moment:
        """The same frame with other pixels, floats."""
        return Moment(self.number, pixels.astype(np.float32, copy=False))


Stream = Iterator[Moment]


Expression = NDArray[np.float64]
"""What a face does, float64 [n]: curves from 0 to 1."""


@dataclass(frozen=True)
class Scene:
    """What a filter may ask about the shot it works on.

    plate: the plate's picture of a frame. faces: where its faces are, at the plate's size; None where there is none.
    expression: what the largest face of a picture does; None where there is none.
    cuts: the first frame of every part between cuts; no filter looks across one.
    hands: the landmarks of every hand in a picture, float32 [21, 3] each, in its pixels.
    """

    plate: Callable[[int], Picture]
    faces: Callable[[int], Mask | None]
    expression: Callable[[FloatPicture], Expression | None]
    cuts: frozenset[int]
    hands: Callable[[Picture], Sequence[NDArray[np.float32]]] = field(default=lambda picture: ())


@dataclass(frozen=True, eq=False)
class Window:
    """A frame among its neighbours of the same part between cuts, in order. moments[centre] is the frame itself."""

    moments: tuple[Moment, ...]
    centre: int

    @property
    def moment(self) -> Moment:
        """The frame itself."""
        return self.moments[self.centre]


def opened(frames: Iterable[Frame]) -> Stream:
    """uint8 frames as floats."""
    return (Moment(f.number, np.divide(f.pixels, np.float32(255), dtype=np.float32)) for f in frames)


def closed(stream: Stream) -> Iterator[Frame]:
    """Floats as uint8 frames, rounded once."""
    return (Frame(m.number, in_levels(m.pixels, 255, cv2.CV_8U)) for m in stream)


def in_levels(pixels: FloatPicture, full: int, depth: int) -> NDArray[Any]:
    """Floats as whole numbers from 0 to `full`, rounded half to even and cut. depth: as OpenCV names the kind."""
    return cv2.add(scaled(pixels, (full, full, full)), (0,) * 4, dtype=depth)  # pyright: ignore[reportCallIssue, reportArgumentType]


def scaled(pixels: FloatPicture, gain: Sequence[float]) -> FloatPicture:
    """A picture with each of its three colours times a number, in single precision."""
    return cv2.multiply(pixels, (*gain, 1.0))  # pyright: ignore[reportCallIssue, reportArgumentType]


def windows(stream: Stream, reach: int, cuts: frozenset[int]) -> Iterator[Window]:
    """Every frame with up to `reach` neighbours on each side that lie in the same part. Keeps 2 * reach + 1 frames."""
    for part in parts(stream, cuts):
        yield from _windows_of(part, reach)


def parts(stream: Stream, cuts: frozenset[int]) -> Iterator[Stream]:
    """The stream cut before each frame whose number is in `cuts`. Each part must be used up before the next."""
    first = next(stream, None)
    while first is not None:
        following: list[Moment] = []
        yield _part(first, stream, cuts, following)
        first = following[0] if following else None


def _part(first: Moment, stream: Stream, cuts: frozenset[int], following: list[Moment]) -> Stream:
    yield first
    for moment in stream:
        if moment.number in cuts:
            following.append(moment)
            return
        yield moment


def _windows_of(part: Stream, reach: int) -> Iterator[Window]:
    held: deque[Moment] = deque()
    before = 0
    for moment in part:
        held.append(moment)
        if len(held) > before + reach:
            yield Window(tuple(held), before)
            before = _moved(held, before, reach)
    while len(held) > before:
        yield Window(tuple(held), before)
        before = _moved(held, before, reach)


def _moved(held: deque[Moment], before: int, reach: int) -> int:
    """Go on to the next frame: forget what no frame to come can see. Returns how many lie before the next one."""
    if before < reach:
        return before + 1
    held.popleft()
    return before

"""Exact frames of a shot as a stream: frame n is always the same picture, whichever frame the reading starts with."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from pipeline.clip.colour import colour_of, to_rgb
from pipeline.clip.fields import whole
from pipeline.clip.orient import orientation_of
from pipeline.clip.shot import Shot
from pipeline.clip.source import EXPORT_AGAIN, Damaged, Decoded, pictures
from pipeline.clip.timing import first_number, newest_time
from pipeline.errors import FootageError
from pipeline.frames import Frame, FrameRange, Picture
from pipeline.recipe.footage import Footage


def read_frames(shot: Shot, frames: FrameRange) -> Iterator[Frame]:
    """The frames of `frames` in order, one at a time: uint8 [height, width, 3], full-range display-referred RGB.

    Rotation is applied, transparency laid over black, a variable frame rate conformed to `shot.rate`.
    Raises FootageError for frames that the shot does not have, and, naming the frame, where the file is damaged.
    """
    if frames.last not in shot.frames or frames.first not in shot.frames:
        raise FootageError(
            f"{shot.plate.name} has no frames {frames.first}-{frames.last}.",
            f"It has frames {shot.frames.first}-{shot.frames.last}.",
        )
    return _streamed(shot, frames) if shot.pictures is None else shot.pictures.read(frames)


def read_frame(shot: Shot, number: int) -> Frame:
    """One frame. Raises as `read_frames` does."""
    return next(read_frames(shot, FrameRange(number, number)))


def _streamed(shot: Shot, frames: FrameRange) -> Iterator[Frame]:
    number = frames.first
    for held, end in _held(shot, frames.first):
        while number < end:
            yield Frame(number, shown(held, shot.footage))
            if number == frames.last:
                return
            number += 1
    raise damaged(shot, number)


def _held(shot: Shot, first: int) -> Iterator[tuple[Decoded, int]]:
    """Each picture from the one that frame `first` shows, with the number of the first frame that no longer shows it.

    The last picture stays as long as the file says, at least for one frame. So does the last one before a break.
    """
    origin = first_time(shot)
    held, start, end = None, first, first
    try:
        for picture in pictures(shot.plate, origin + newest_time(first, shot.rate) if first else None):
            start = first_number(picture.time - origin, shot.rate)
            if held is not None:
                yield held, start
            held, end = picture, max(start + 1, round((picture.time + picture.lasts - origin) * shot.rate))
    except Damaged as damage:
        if held is not None:
            yield held, start + 1
        raise damaged(shot, min(first_number(damage.time - origin, shot.rate), max(start + 1, first))) from damage
    if held is not None:
        yield held, end


def first_time(shot: Shot) -> Fraction:
    """When frame 0 of a movie comes up, in seconds on the clip's clock. Raises FootageError when it cannot be read."""
    decoded = pictures(shot.plate)
    try:
        first = next(decoded, None)
    except Damaged as damage:
        raise damaged(shot, 0) from damage
    finally:
        decoded.close()
    if first is None:
        raise damaged(shot, 0)
    return first.time


def shown(picture: Decoded, footage: Footage) -> Picture:
    """The picture as an artist sees it: RGB, without fields unless they are to be kept, turned the right way up."""
    woven = picture.frame.interlaced_frame and footage.fields == "deinterlace"
    made = whole(picture.frame) if woven else picture.frame
    return orientation_of(picture.frame).apply(to_rgb(made, colour_of(picture.frame)))


def damaged(shot: Shot, number: int) -> FootageError:
    """The error for a frame that the file should have and that cannot be decoded."""
    return FootageError(f"Frame {number} of {shot.plate.name} cannot be read: the file is damaged there.", EXPORT_AGAIN)

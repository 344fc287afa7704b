"""Looking at a clip once, so that everything after knows what it has."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pipeline.clip.colour import Colour, colour_of, has_alpha
from pipeline.clip.contents import Contents, contents_of
from pipeline.clip.orient import orientation_of
from pipeline.clip.pictures import is_sequence, looked_at, sequence_key
from pipeline.clip.read import read_frame
from pipeline.clip.shot import Shot
from pipeline.clip.source import EXPORT_AGAIN, Damaged, Decoded, pictures
from pipeline.clip.timing import conformed_rate, constant_rate, first_number, sensible
from pipeline.errors import FootageError
from pipeline.frames import FrameRange
from pipeline.keys import Key, key_of, key_of_file
from pipeline.recipe.footage import AS_FOUND, Footage

SMALLEST_SIDE = 64
"""Pixels; below this no model and no face finder has anything to work on."""

FALLBACK_RATE = Fraction(24)
"""For a clip of one frame whose file names no rate."""


@dataclass(frozen=True)
class Timing:
    """How many frames there are at a constant rate, and what had to be changed to get it."""

    count: int
    rate: Fraction
    notes: tuple[str, ...] = ()


def probe(path: Path, footage: Footage = AS_FOUND, memory: Path | None = None) -> Shot:
    """The shot in this clip, or in this picture of a numbered sequence, or in this folder that holds one.

    A movie is demuxed once, and its first and last pictures are decoded; of a sequence the headers of all pictures are
    read. footage: what the files do not say. memory: the folder where the digests of a sequence's files are remembered.

    Raises FootageError when there is no such file, it is not a video, has no picture, no frames or a side below 64
    pixels, or is cut short; for a sequence with a gap that may not be, or pictures of different sizes; and when
    `footage` sets a cut at a frame that is not there.
    """
    shot = _sequence_shot(path, footage, memory) if is_sequence(path) else _movie_shot(path, footage)
    _check_cuts(shot)
    return shot


def _check_cuts(shot: Shot) -> None:
    beyond = [frame for frame in (*shot.footage.added_cuts, *shot.footage.removed_cuts) if frame not in shot.frames]
    if beyond:
        raise FootageError(
            f"There is no frame {beyond[0]} in {shot.name} to set a cut at.",
            f"It has frames {shot.frames.first}-{shot.frames.last}.",
        )


def _sequence_shot(path: Path, footage: Footage, memory: Path | None) -> Shot:
    pictures, rate, notes = looked_at(path, footage)
    files = pictures.files
    _check_side(files.label, pictures.width, pictures.height)
    return Shot(
        name=files.stem.rstrip("._- ") or files.folder.absolute().name,
        plate=files.files[files.first],
        frames=pictures.frames,
        rate=rate,
        width=pictures.width,
        height=pictures.height,
        pixel_aspect=Fraction(1),
        colour_space="linear" if pictures.linear else "rgb",
        sound=False,
        notes=notes,
        key=sequence_key(pictures, memory),
        pictures=pictures,
        footage=footage,
    )


def _movie_shot(path: Path, footage: Footage) -> Shot:
    contents = contents_of(path)
    if not contents.times and contents.whole:
        raise FootageError(f"{path.name} has no frames.", EXPORT_AGAIN)
    first = _first_picture(path)
    if first is None or not contents.whole:
        raise _cut_short(path, contents)
    shot = _described(path, contents, first, footage)
    try:
        read_frame(shot, shot.frames.last)
    except FootageError as error:
        raise _cut_short(path, contents) from error
    return shot


def _first_picture(path: Path) -> Decoded | None:
    try:
        return next(pictures(path), None)
    except Damaged:
        return None


def _cut_short(path: Path, contents: Contents) -> FootageError:
    readable, promised = _decodable(path), max(contents.promised, len(contents.times))
    if readable >= promised:
        return FootageError(f"{path.name} is cut short: it ends after {readable} frames.", EXPORT_AGAIN)
    return FootageError(f"{path.name} is cut short: {readable} of its {promised} frames can be read.", EXPORT_AGAIN)


def _decodable(path: Path) -> int:
    count = 0
    try:
        for _ in pictures(path):
            count += 1
    except Damaged:
        return count
    return count


def _described(path: Path, contents: Contents, first: Decoded, footage: Footage) -> Shot:
    orientation, colour = orientation_of(first.frame), colour_of(first.frame)
    width, height, aspect = first.frame.width, first.frame.height, contents.pixel_aspect
    if orientation.swapped:
        width, height, aspect = height, width, 1 / aspect
    _check_side(path.name, width, height)
    timing = _timing(contents, first.time)
    return Shot(
        name=path.stem,
        plate=path,
        frames=FrameRange(0, timing.count - 1),
        rate=timing.rate,
        width=width,
        height=height,
        pixel_aspect=aspect,
        colour_space=colour.matrix,
        sound=contents.sound,
        notes=(*timing.notes, *colour.notes, *_picture_notes(first, footage)),
        key=_key(path, first, colour, footage),
        footage=footage,
    )


def _key(path: Path, first: Decoded, colour: Colour, footage: Footage) -> Key:
    """The sha256 of the file; of one whose pictures are made over when they are read, also how."""
    made = {"fields": footage.fields} if first.frame.interlaced_frame else {}
    made |= {} if colour.high is None else {"tone": colour.high}
    return key_of("movie", 1, made, (key_of_file(path),)) if made else key_of_file(path)


def _check_side(name: str, width: int, height: int) -> None:
    if min(width, height) < SMALLEST_SIDE:
        raise FootageError(
            f"{name} is {width}x{height}, which is too small.",
            f"Both sides must be {SMALLEST_SIDE} pixels or more.",
        )


def _picture_notes(first: Decoded, footage: Footage) -> list[str]:
    notes = []
    if has_alpha(first.frame):
        notes.append("The clip has an alpha channel; it was laid over black.")
    if first.frame.interlaced_frame:
        made = "each frame was made from one field" if footage.fields == "deinterlace" else "its fields stay woven"
        notes.append(f"The clip is interlaced; {made}. Export it progressive for clean edges.")
    return notes


def _timing(contents: Contents, origin: Fraction) -> Timing:
    """Times are counted from `origin`, the first picture that can be decoded, in seconds on the clip's clock."""
    times = [time - origin for time in contents.times if time >= origin]
    if len(times) == 1:
        return Timing(1, next(iter(sensible(contents.rates)), FALLBACK_RATE))
    rate = constant_rate(times, contents.rates)
    if rate is not None:
        return Timing(len(times), rate)
    rate = conformed_rate(times, contents.rates)
    count = max(first_number(times[-1], rate) + 1, round((times[-1] + contents.lasts) * rate))
    note = f"The frame rate varies; the clip was conformed to {float(rate):.6g} frames a second, {count} frames."
    return Timing(count, rate, (note,))

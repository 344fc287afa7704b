"""The soundtrack on its way into an mp4: untouched for the whole clip, cut to the frames for a part of it."""

from __future__ import annotations

from fractions import Fraction
from itertools import chain
from pathlib import Path

import av

from pipeline.clip.encoder import SAFE, Soundtrack
from pipeline.clip.read import first_time
from pipeline.clip.shot import Shot
from pipeline.clip.source import CONTAINERS, opened
from pipeline.frames import FrameRange

KEPT = frozenset({"aac", "mp3", "ac3", "eac3", "alac", "flac", "opus"})
"""Codecs whose packets mp4 holds as they are."""

LOSSLESS = "flac"
"""For the others, PCM above all: browsers play it in mp4. It holds up to 24 bits a sample."""


def soundtrack(shot: Shot, frames: FrameRange | None) -> Soundtrack:
    """The sound of these frames of the shot, in sync with a movie whose first picture is `frames.first`.

    Silence for None, or where the shot has no sound. For all frames of the shot the packets are copied untouched, or
    packed without loss where mp4 cannot hold the codec. For a part of it they are decoded, cut on the sample and
    encoded as AAC at 256 kbit/s.
    """
    if frames is None or not shot.sound:
        return Soundtrack()
    codecs, start = _sound_of(shot.plate)
    late = first_time(shot) - start
    if frames == shot.frames:
        kinds = ((f"-c:a:{number}", "copy" if codec in KEPT else LOSSLESS) for number, codec in enumerate(codecs))
        return Soundtrack(_input(shot.plate, -late), ("-map", "1:a", *chain.from_iterable(kinds)))
    begin, end = late + frames.first / shot.rate, late + (frames.last + 1) / shot.rate
    cut = f"aresample=async=1:first_pts=0,apad,atrim={_seconds(begin)}:{_seconds(end)},asetpts=PTS-STARTPTS"
    return Soundtrack(_input(shot.plate, Fraction(0)), ("-map", "1:a", "-af", cut, "-c:a", "aac", "-b:a", "256k"))


def made_for(sound: Path) -> Soundtrack:
    """A file whose sound begins with the movie's first picture, as AAC at 256 kbit/s."""
    return Soundtrack(_input(sound, Fraction(0)), ("-map", "1:a:0", "-c:a", "aac", "-b:a", "256k"))


def _input(plate: Path, offset: Fraction) -> tuple[str, ...]:
    return (*SAFE, "-format_whitelist", CONTAINERS, "-itsoffset", _seconds(offset), "-i", f"file:{plate}")


def _sound_of(plate: Path) -> tuple[list[str], Fraction]:
    """The codec of each soundtrack, and the second of the clip's clock that ffmpeg counts its times from."""
    with opened(plate) as container:
        codecs = [stream.codec_context.codec.canonical_name for stream in container.streams.audio]
        return codecs, Fraction(container.start_time or 0, av.time_base)


def _seconds(time: Fraction) -> str:
    return f"{float(time):.6f}"

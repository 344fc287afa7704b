"""A clip at another rate or speed, as a clip of its own: a plate of 60 frames a second to be rendered from."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.clip.encoder import Delivery, encode
from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.sound import made_for, soundtrack
from pipeline.filters.retime import Guard, Timeline, retimed
from pipeline.filters.stream import closed, opened
from pipeline.frames import Picture
from pipeline.motion.cuts import cuts_in, set_by_hand
from pipeline.progress import Progress
from pipeline.recipe.final import Final
from pipeline.recipe.sound import Sound
from pipeline.sound.mix import make_soundtrack
from pipeline.sound.stretch import stretched

CRF = 4
"""x264 quality: the clip is worked on further."""
NO_GUARD = Guard(lambda pixels: None, 1.0)


def write_raised(shot: Shot, final: Final, path: Path, progress: Progress) -> None:
    """Write the whole clip at the rate and speed of `final`, with its sound; its size stays.

    At the same speed the sound is carried over untouched. Raises FootageError, OutputError or Cancelled.
    """
    found = (shot.frames.first + at for at in cuts_in(f.pixels for f in read_frames(shot, shot.frames)))
    cuts = frozenset(set_by_hand(shot, found))
    timeline = Timeline(len(shot.frames), shot.rate, final.tempo, final.rate_of(shot.rate))

    def pictures() -> Iterator[Picture]:
        stream = retimed(opened(read_frames(shot, shot.frames)), timeline, cuts, NO_GUARD)
        for done, frame in enumerate(closed(stream), 1):
            progress.say("retime", done, timeline.frames)
            yield frame.pixels

    with tempfile.TemporaryDirectory() as folder:
        heard = soundtrack(shot, shot.frames)
        if final.speed != 1 and shot.sound:
            sound = make_soundtrack(shot, shot.frames, Sound(), Path(folder))
            heard = made_for(stretched(sound, final.tempo, timeline.seconds, Path(folder) / "stretched.flac"))
        encode(path, pictures(), Delivery(timeline.to, shot.pixel_aspect, CRF), heard)

"""Writing a delivery: H.264 in mp4 at the shot's own rate, size and pixel aspect, with its sound."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.clip.encoder import Delivery, encode
from pipeline.clip.shot import Shot
from pipeline.clip.sound import made_for, soundtrack
from pipeline.frames import FrameRange, Picture


def write_movie(
    path: Path,
    pictures: Iterable[Picture],
    shot: Shot,
    crf: int,
    sound_range: FrameRange | None,
    sound: Path | None = None,
) -> None:
    """Write an mp4 that plays in a browser: H.264, tagged bt709, constant rate `shot.rate`, the index in front.

    pictures: uint8 [h, w, 3], full-range display-referred RGB, all of one size, one for each frame; they are taken one
    at a time. Even sizes are 4:2:0. H.264 cannot hold an odd size in 4:2:0, so pictures with an odd side are written
    as 4:4:4: the plate's exact size is kept, but some browsers (Safari, Firefox) do not play it. crf: x264's quality,
    0 (lossless) to 51. sound_range: the frames whose sound goes along; None for a silent file. sound: a file, as long
    as the frames, that is heard in place of the shot's own. The same pictures and settings give the same bytes.
    Nothing new stands at `path` until the file is finished. Raises OutputError when it cannot be written, FootageError
    when the plate cannot be read for its sound.
    """
    heard = soundtrack(shot, sound_range) if sound is None else made_for(sound)
    encode(path, pictures, Delivery(shot.rate, shot.pixel_aspect, crf), heard)

"""Pictures out of a clip: sharp ones that differ."""

from __future__ import annotations

from pathlib import Path

from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.still import encode_png
from pipeline.files import atomic
from pipeline.frames import FrameRange
from pipeline.portraits.look import ALIKE, apart, fingerprint, sharpness
from pipeline.progress import Progress

PICKED = 30
"""How many pictures a clip gives at the most."""
LOOKED_AT = 480
"""How many frames of it are looked at."""
STAGE = "choosing pictures"


def choose(shot: Shot, progress: Progress) -> list[int]:
    """The frames of a clip, from the sharpest on, that differ from all chosen before; in order. Raises FootageError."""
    step = -(-len(shot.frames) // LOOKED_AT)
    seen: list[tuple[float, int, str]] = []
    for frame in read_frames(shot, shot.frames):
        if frame.number % step == 0:
            seen.append((-sharpness(frame.pixels), frame.number, fingerprint(frame.pixels)))
            progress.say(STAGE, frame.number + 1, len(shot.frames))
    chosen: list[tuple[int, str]] = []
    for _, number, own in sorted(seen):
        if len(chosen) < PICKED and all(apart(own, other) > ALIKE for _, other in chosen):
            chosen.append((number, own))
    return sorted(number for number, _ in chosen)


def write_chosen(shot: Shot, numbers: list[int], folder: Path) -> None:
    """These frames as PNG, named by their numbers. Raises FootageError, OutputError."""
    for frame in read_frames(shot, FrameRange(numbers[0], numbers[-1])):
        if frame.number in numbers:
            with atomic(folder / f"{frame.number:06d}.png") as part:
                part.write_bytes(encode_png(frame.pixels))

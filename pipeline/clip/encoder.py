"""The adapter to ffmpeg's command line: pictures in, a finished file out, its complaints as errors."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import IO, Any

import imageio_ffmpeg
from numpy.typing import NDArray

from pipeline.clip.colour import TO_BT709
from pipeline.clip.hardware import hardware_codec
from pipeline.errors import OutputError
from pipeline.files import atomic, disk_fault, disk_full
from pipeline.frames import Picture

SAFE = ("-protocol_whitelist", "file,pipe")
"""Stands before every input: ffmpeg may open files and its standard input, nothing else."""

QUIET = ("-hide_banner", "-nostats", "-loglevel", "error", "-y")

REPRODUCIBLE = (
    "-threads",
    "4",
    "-fflags",
    "+bitexact",
    "-flags:v",
    "+bitexact",
    "-flags:a",
    "+bitexact",
    "-map_metadata",
    "-1",
)
"""No dates, no versions; and a fixed number of threads, because x264 divides its work by it."""


@dataclass(frozen=True)
class Delivery:
    """How to encode. rate: frames a second. pixel_aspect: width of a pixel over its height. crf: quality, 0 to 51.

    whole: every so many frames one is whole and none looks ahead, so that a player goes to any frame quickly; None
    leaves it to the encoder, which makes smaller files. hardware: by a graphics card's encoder, where one works; it is
    not the same bytes everywhere.
    """

    rate: Fraction
    pixel_aspect: Fraction
    crf: int
    whole: int | None = None
    hardware: bool = False


@dataclass(frozen=True)
class Soundtrack:
    """What ffmpeg is told about the sound: arguments for its second input, and for the output. Both empty: silence."""

    source: tuple[str, ...] = ()
    output: tuple[str, ...] = ()


def encode(path: Path, pictures: Iterable[Picture], delivery: Delivery, sound: Soundtrack) -> None:
    """Encode `pictures` as H.264 in mp4, tagged bt709, and put the finished file at `path`; there is never half a file.

    pictures: uint8 [h, w, 3], full-range display-referred RGB, all of one size. The same input gives the same bytes.
    Raises OutputError when there are no pictures, their sizes differ or ffmpeg cannot write the file.
    """
    piped(path, pictures, lambda first: _arguments(first, delivery, sound))


def piped(path: Path, pictures: Iterable[NDArray[Any]], arguments: Callable[[NDArray[Any]], list[str]]) -> None:
    """Run ffmpeg over pictures that go in through its standard input, and put the finished file at `path`.

    arguments: ffmpeg's, from the first picture, without the file's name. Raises as `encode` does.
    """
    source = iter(pictures)
    first = next(source, None)
    if first is None:
        raise OutputError(f"{path.name} was not written: there are no frames.", "Choose at least one frame.")
    with atomic(path) as part, tempfile.TemporaryFile() as complaints:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), *arguments(first), f"file:{part}"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints)
        try:
            _feed(process, path, chain((first,), source), first.shape)
        except BaseException:
            process.kill()
            raise
        finally:
            _close(process)
        if process.returncode != 0:
            raise _failure(path, complaints)


def _arguments(first: Picture, delivery: Delivery, sound: Soundtrack) -> list[str]:
    height, width = first.shape[:2]
    layout = "yuv444p" if width % 2 or height % 2 else "yuv420p"
    filters = (*TO_BT709, f"format={layout}", f"setsar={rational(delivery.pixel_aspect)}")
    raw = ("-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{width}x{height}")
    source = (*SAFE, *raw, "-framerate", rational(delivery.rate), "-i", "pipe:0")
    codec = hardware_codec(width, height, delivery.crf) if delivery.hardware and layout == "yuv420p" else None
    codec = codec or ("-c:v", "libx264", "-preset", "medium", "-crf", str(delivery.crf))
    video = ("-map", "0:v", "-vf", ",".join(filters), *codec)
    quick = () if delivery.whole is None else ("-g", str(delivery.whole), "-bf", "0")
    return [*QUIET, *source, *sound.source, *video, *quick, *sound.output, *REPRODUCIBLE, "-movflags", "+faststart"]


def rational(value: Fraction) -> str:
    """A fraction as ffmpeg reads it."""
    return f"{value.numerator}/{value.denominator}"


def _close(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    process.wait()


def _feed(
    process: subprocess.Popen[bytes], path: Path, pictures: Iterable[NDArray[Any]], shape: tuple[int, ...]
) -> None:
    """Hand the pictures over until there are no more or ffmpeg takes no more; its exit code then says why."""
    assert process.stdin is not None
    for picture in pictures:
        if picture.shape != shape:
            raise OutputError(f"{path.name} was not written: its frames differ in size.", "Render the shot again.")
        try:
            process.stdin.write(picture.tobytes())
        except BrokenPipeError:
            return


def _failure(path: Path, complaints: IO[bytes]) -> OutputError:
    complaints.seek(0)
    text = complaints.read().decode(errors="replace").strip()
    if "No space left on device" in text or "Disk quota exceeded" in text:
        return disk_full(path)
    if "Input/output error" in text:
        return disk_fault(path)
    last = text.splitlines()[-1] if text else "nothing; it was stopped from outside."
    return OutputError(f"{path.name} could not be written.", f"ffmpeg says: {last}")

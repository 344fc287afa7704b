"""The adapter to ffmpeg's command line: pictures in, a finished file out, its complaints as errors."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import imageio_ffmpeg
import numpy as np
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


AT_ONCE = 1 << 20
"""Bytes that the pipe to ffmpeg holds, the most that Linux grants everyone: sixteen times as many as by default."""

CHROMA = ("-x264-params", "chroma-qp-offset=-2")
"""x264 takes two steps off the quantiser of the colours by itself, but from its preset `fast` on; below, colours would
be 2 dB worse than the same figure gives there."""


@dataclass(frozen=True)
class Delivery:
    """How to encode. rate: frames a second. pixel_aspect: width of a pixel over its height. crf: quality, 0 to 51.

    whole: every so many frames one is whole and none looks ahead, so that a player goes to any frame quickly; None
    leaves it to the encoder, which makes smaller files. hardware: by a graphics card's encoder, where one works; it is
    not the same bytes everywhere. preset: how much time x264 takes to make the file smaller, by its own names.
    """

    rate: Fraction
    pixel_aspect: Fraction
    crf: int
    whole: int | None = None
    hardware: bool = False
    preset: str = "faster"


@dataclass(frozen=True)
class Soundtrack:
    """What ffmpeg is told about the sound: arguments for its second input, and for the output. Both empty: silence."""

    source: tuple[str, ...] = ()
    output: tuple[str, ...] = ()


class Pipe:
    """ffmpeg at work on pictures that are handed to it one by one, from `piping`.

    arguments: from the first picture, with which it starts. path: the file, for its errors.
    """

    def __init__(self, path: Path, arguments: Callable[[NDArray[Any]], list[str]], complaints: IO[bytes]) -> None:
        self._path, self._arguments, self._complaints = path, arguments, complaints
        self._process: subprocess.Popen[bytes] | None = None
        self._shape: tuple[int, ...] = ()

    def take(self, picture: NDArray[Any]) -> None:
        """The next picture. Raises OutputError when it is of another size, or ffmpeg has given up."""
        if self._process is None:
            self._shape = picture.shape
            pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
            self._process = subprocess.Popen(
                self._arguments(picture), stdin=pipe, stdout=quiet, stderr=self._complaints, pipesize=AT_ONCE
            )
        if picture.shape != self._shape:
            raise OutputError(
                f"{self._path.name} was not written: its frames differ in size.", "Render the shot again."
            )
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(np.ascontiguousarray(picture).data)
        except BrokenPipeError as error:
            self.end()
            raise _failure(self._path, self._complaints) from error

    def finish(self) -> None:
        """There are no more pictures. Raises OutputError when there were none, or ffmpeg could not finish the file."""
        self.end()
        if self._process is None:
            raise OutputError(f"{self._path.name} was not written: there are no frames.", "Choose at least one frame.")
        if self._process.returncode != 0:
            raise _failure(self._path, self._complaints)

    def kill(self) -> None:
        """Give up."""
        if self._process is not None:
            self._process.kill()

    def end(self) -> None:
        """Close the pipe and wait until ffmpeg has ended."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()


@contextmanager
def piping(path: Path, arguments: Callable[[NDArray[Any]], list[str]]) -> Iterator[Pipe]:
    """ffmpeg, for as long as the block hands pictures to it; then the finished file is put at `path`.

    arguments: ffmpeg's, from the first picture, without the file's name. There is never half a file. Raises OutputError
    when there were no pictures, their sizes differ or ffmpeg cannot write the file.
    """
    with atomic(path) as part, tempfile.TemporaryFile() as complaints:
        program, file = imageio_ffmpeg.get_ffmpeg_exe(), f"file:{part}"
        pipe = Pipe(path, lambda first: [program, *arguments(first), file], complaints)
        try:
            yield pipe
            pipe.finish()
        except BaseException:
            pipe.kill()
            raise
        finally:
            pipe.end()


def piped(path: Path, pictures: Iterable[NDArray[Any]], arguments: Callable[[NDArray[Any]], list[str]]) -> None:
    """Run ffmpeg over pictures, and put the finished file at `path`. arguments, errors: those of `piping`."""
    with piping(path, arguments) as pipe:
        for picture in pictures:
            pipe.take(picture)


def encoding(path: Path, delivery: Delivery, sound: Soundtrack) -> AbstractContextManager[Pipe]:
    """What takes pictures for `path`, H.264 in mp4, tagged bt709, for the time of a block; see `encode`."""
    return piping(path, lambda first: _arguments(first, delivery, sound))


def encode(path: Path, pictures: Iterable[Picture], delivery: Delivery, sound: Soundtrack) -> None:
    """Encode `pictures` as H.264 in mp4, tagged bt709, and put the finished file at `path`; there is never half a file.

    pictures: uint8 [h, w, 3], full-range display-referred RGB, all of one size. The same input gives the same bytes.
    Raises OutputError when there are no pictures, their sizes differ or ffmpeg cannot write the file.
    """
    with encoding(path, delivery, sound) as movie:
        for picture in pictures:
            movie.take(picture)


def _arguments(first: Picture, delivery: Delivery, sound: Soundtrack) -> list[str]:
    height, width = first.shape[:2]
    layout = "yuv444p" if width % 2 or height % 2 else "yuv420p"
    filters = (*TO_BT709, f"format={layout}", f"setsar={rational(delivery.pixel_aspect)}")
    raw = ("-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{width}x{height}")
    source = (*SAFE, *raw, "-framerate", rational(delivery.rate), "-i", "pipe:0")
    codec = hardware_codec(width, height, delivery.crf) if delivery.hardware and layout == "yuv420p" else None
    codec = codec or ("-c:v", "libx264", "-preset", delivery.preset, "-crf", str(delivery.crf), *CHROMA)
    video = ("-map", "0:v", "-vf", ",".join(filters), *codec)
    quick = () if delivery.whole is None else ("-g", str(delivery.whole), "-bf", "0")
    return [*QUIET, *source, *sound.source, *video, *quick, *sound.output, *REPRODUCIBLE, "-movflags", "+faststart"]


def rational(value: Fraction) -> str:
    """A fraction as ffmpeg reads it."""
    return f"{value.numerator}/{value.denominator}"


def _failure(path: Path, complaints: IO[bytes]) -> OutputError:
    complaints.seek(0)
    text = complaints.read().decode(errors="replace").strip()
    if "No space left on device" in text or "Disk quota exceeded" in text:
        return disk_full(path)
    if "Input/output error" in text:
        return disk_fault(path)
    last = text.splitlines()[-1] if text else "nothing; it was stopped from outside."
    return OutputError(f"{path.name} could not be written.", f"ffmpeg says: {last}")

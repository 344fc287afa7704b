"""Real little clips for everyone's tests, made with ffmpeg, and what can be read back from them.

numbered(n, width, height)   a picture that carries its own number, in cells that survive compression
number_in(picture)           the number in such a picture, wherever it has been since
numbered_pictures(count)     the first `count` of them
bars(width, height)          eight saturated colour bars and a grey ramp
write_clip(path, pictures)   any pictures as any clip: Clip says rate, codec arguments, sound, output arguments
clip(path, count)            a numbered clip of H.264 with B-frames and key frames far apart
remux(source, path, ...)     the same packets in another container or with other header facts (rotation, pixel aspect)
uneven(path, times)          a numbered clip whose pictures come up at these milliseconds (Matroska, variable rate)
click_wav(path, ...)         silence with one click of 4 ms, as 16-bit PCM
click_time(path)             when the sound of a clip first gets loud, in seconds
sound_packets(path)          the bytes of every packet of the soundtrack
sound_samples(path)          the decoded soundtrack and its sample rate
cut_file(source, path, share)  the first part of a file's bytes
"""

from __future__ import annotations

import subprocess
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Picture

BITS = 12
"""Cells in the number, in three rows of four: numbers up to 4095."""

H264 = (
    "-c:v",
    "libx264",
    "-pix_fmt",
    "yuv420p",
    "-crf",
    "12",
    "-preset",
    "veryfast",
    "-bf",
    "3",
    "-g",
    "48",
    "-threads",
    "1",
)
TAGGED = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
TO_BT709 = "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int+bitexact"


@dataclass(frozen=True)
class Clip:
    """How to encode. rate: frames a second. codec, output: ffmpeg arguments. sound: a file whose sound goes along."""

    rate: Fraction = Fraction(24)
    codec: Sequence[str] = (*H264, *TAGGED)
    filters: str = TO_BT709
    sound: Path | None = None
    sound_codec: str = "aac"
    output: Sequence[str] = ()


def ffmpeg(*arguments: str, data: bytes = b"") -> None:
    """Run ffmpeg; an error of its own fails the test with its words."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y", *arguments]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def numbered(number: int, width: int = 128, height: int = 96) -> Picture:
    """uint8 [height, width, 3]: a colour ramp that moves with the number, and in the middle the number in binary."""
    ramp = np.linspace(40, 200, width) + 2 * (number % 24)
    picture = np.broadcast_to(ramp[None, :, None], (height, width, 3)) * np.array([1.0, 0.8, 0.6])
    picture = picture.astype(np.uint8)
    for bit, (rows, columns) in enumerate(_cells(height, width)):
        picture[rows, columns] = 235 if number >> bit & 1 else 20
    return picture


def number_in(picture: NDArray[np.uint8]) -> int:
    """The number that `numbered` wrote into a picture [h, w, 3], of any size."""
    cells = _cells(*picture.shape[:2])
    return sum(int(picture[rows, columns].mean() > 128) << bit for bit, (rows, columns) in enumerate(cells))


def _cells(height: int, width: int) -> list[tuple[slice, slice]]:
    tall, wide = height // 6, width // 8
    starts = [(height // 4 + row * tall, width // 4 + column * wide) for row in range(3) for column in range(4)]
    return [(slice(y, y + tall), slice(x, x + wide)) for y, x in starts]


def numbered_pictures(count: int, width: int = 128, height: int = 96) -> list[Picture]:
    """Pictures 0 to count - 1."""
    return [numbered(number, width, height) for number in range(count)]


def bars(width: int = 256, height: int = 128) -> Picture:
    """uint8 [height, width, 3]: black, blue, red, magenta, green, cyan, yellow, white; below them a grey ramp."""
    picture = np.zeros((height, width, 3), np.uint8)
    for bar in range(8):
        colour = [255 * (bar >> 1 & 1), 255 * (bar >> 2 & 1), 255 * (bar & 1)]
        picture[: height // 2, bar * width // 8 : (bar + 1) * width // 8] = colour
    picture[height // 2 :] = np.linspace(0, 255, width).astype(np.uint8)[None, :, None]
    return picture


def write_clip(path: Path, pictures: Iterable[NDArray[np.uint8]], settings: Clip = Clip()) -> Path:
    """Encode pictures [h, w, 3] or [h, w, 4], all of one size, into the container that the suffix names."""
    frames = list(pictures)
    height, width, channels = frames[0].shape
    layout = "rgba" if channels == 4 else "rgb24"
    source = [
        "-f",
        "rawvideo",
        "-pixel_format",
        layout,
        "-video_size",
        f"{width}x{height}",
        "-framerate",
        str(settings.rate),
    ]
    sound = ["-i", str(settings.sound)] if settings.sound else []
    maps = ["-map", "0:v", "-map", "1:a", "-c:a", settings.sound_codec] if settings.sound else ["-map", "0:v"]
    filters = ["-vf", settings.filters] if settings.filters else []
    output = [*maps, *filters, *settings.codec, *settings.output, str(path)]
    ffmpeg(*source, "-i", "pipe:0", *sound, *output, data=b"".join(frame.tobytes() for frame in frames))
    return path


def clip(path: Path, count: int = 24, width: int = 128, height: int = 96, settings: Clip = Clip()) -> Path:
    """A numbered clip: by default H.264 at 24 fps, bt709, three B-frames, a key frame every 48 frames, silent."""
    return write_clip(path, numbered_pictures(count, width, height), settings)


def remux(source: Path, path: Path, before: Sequence[str] = (), after: Sequence[str] = ()) -> Path:
    """The same packets in another file. before, after: ffmpeg arguments for input (-display_rotation 90) and output."""
    ffmpeg(*before, "-i", str(source), "-map", "0", "-c", "copy", *after, str(path))
    return path


def uneven(path: Path, times: Sequence[int], width: int = 128, height: int = 96) -> Path:
    """A numbered clip whose picture k comes up at times[k] milliseconds. `path` should end in .mkv."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=1000, options={"crf": "12", "threads": "1", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(numbered(number, width, height), format="rgb24").reformat(
                format="yuv420p"
            )
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def click_wav(path: Path, at: float, seconds: float, rate: int = 48000) -> Path:
    """Mono 16-bit PCM: silence with one 4 ms click of 2 kHz that starts `at` seconds in."""
    return clicks_wav(path, (at,), seconds, rate)


def clicks_wav(path: Path, times: Sequence[float], seconds: float, rate: int = 48000) -> Path:
    """The same with several clicks."""
    samples = np.zeros(round(seconds * rate))
    click = 0.8 * np.sin(2 * np.pi * 2000 * np.arange(round(0.004 * rate)) / rate)
    for at in times:
        samples[round(at * rate) : round(at * rate) + len(click)] = click
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def sound_packets(path: Path) -> list[bytes]:
    """The bytes of each packet of the first soundtrack, in file order."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.audio[0]) if packet.size]


def sound_samples(path: Path) -> tuple[NDArray[np.float64], int]:
    """The first soundtrack in one channel, -1..1, from time 0 of the file, as ffmpeg plays it; and its sample rate."""
    with av.open(str(path)) as container:
        rate = container.streams.audio[0].codec_context.sample_rate
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(path), "-map", "0:a:0"]
    command += ["-af", "aresample=async=1:first_pts=0", "-ac", "1", "-f", "f32le", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    return np.frombuffer(done.stdout, "<f4").astype(np.float64), rate


def click_time(path: Path, near: float, within: float = 0.1) -> float:
    """When the click near `near` seconds starts: the first sample above a quarter of the loudest around it."""
    samples, rate = sound_samples(path)
    begin = max(round((near - within) * rate), 0)
    around = np.abs(samples[begin : round((near + within) * rate)])
    return (begin + int(np.argmax(around > around.max() / 4))) / rate


def cut_file(source: Path, path: Path, share: float) -> Path:
    """The first `share` of the file's bytes, as after a broken copy."""
    data = source.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path

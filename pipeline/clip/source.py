"""The adapter to PyAV: opens a clip and gives its pictures in the order they are shown, each with its time.

Times are seconds on the clip's own clock, exact. Nothing else in the program demuxes or decodes pictures.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipeline.errors import FootageError

CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,mxf,flv,ogg,gif,apng,asf,wav,w64,aiff,mp3,aac,flac"
)
"""The demuxers that may open a file: no playlists, which name other files, no stills and no text."""

WHITELISTS = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS, "max_streams": "64"}
"""What ffmpeg is told of every file: which demuxers may open it, and that it may open no address for it."""

LARGEST = 140_000_000
"""Pixels; more are refused before a decoder takes memory for them. 16K has 133 million."""

BOUNDS = {"max_pixels": str(LARGEST)}
"""What decoders are told."""

SEEK_MARGINS = (0, 2, 16)
"""Seconds before the wanted picture that a seek aims at, in turn: containers index decoding times, which run ahead."""

ANOTHER_CLIP = "Choose a clip in a common format, for instance mp4 or mov."
EXPORT_SMALLER = "Export it smaller."
EXPORT_AGAIN = "Copy or export the clip again."


@dataclass(frozen=True)
class Decoded:
    """One decoded picture. time, lasts: seconds; lasts is 0 when the file does not say."""

    time: Fraction
    lasts: Fraction
    frame: VideoFrame


class Damaged(Exception):
    """The picture at `time` (seconds on the clip's clock) cannot be decoded. Never leaves this package."""

    def __init__(self, time: Fraction) -> None:
        super().__init__(float(time))
        self.time = time


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """The clip, open for reading. Raises FootageError when there is no such file or it is not a clip."""
    if not path.is_file():
        raise FootageError(f"There is no clip at {path}.", "Check the name and the folder.")
    try:
        container = av.open(
            f"file:{path}", "r", options=BOUNDS, container_options=WHITELISTS, metadata_errors="replace"
        )
    except (av.FFmpegError, OSError) as error:
        raise _refusal(path) from error
    with container:
        yield container


def _refusal(path: Path) -> FootageError:
    with path.open("rb") as file:
        head = file.read(12)
    if not head:
        return FootageError(f"{path.name} is empty.", EXPORT_AGAIN)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return FootageError(f"{path.name} is cut short: its index (moov) is missing or not whole.", EXPORT_AGAIN)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return FootageError(f"{path.name} is cut short: it has no frames.", EXPORT_AGAIN)
    return FootageError(f"{path.name} is not a video.", ANOTHER_CLIP)


def picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """The clip's first moving picture; cover art is none. Raises FootageError when there is only sound, or nothing."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            if stream.codec_context is None:
                raise FootageError(
                    f"{path.name} uses a codec that cannot be read here.", "Export it as H.264 or ProRes."
                )
            if stream.width * stream.height > LARGEST:
                size = f"{stream.width}x{stream.height}"
                raise FootageError(f"{path.name} is {size}, which is too large.", EXPORT_SMALLER)
            return stream
    if container.streams.audio:
        raise FootageError(f"{path.name} has sound but no picture.", ANOTHER_CLIP)
    raise FootageError(f"{path.name} has no frames.", EXPORT_AGAIN)


def in_decoding_order(container: InputContainer) -> bool:
    """Whether the container stores decoding times only, as AVI does: picture n is then shown at the n-th of them."""
    return container.format.name == "avi"


def stamp_of(packet: Packet, container: InputContainer) -> int | None:
    """The time of the packet's picture in units of the stream's time base, or None for an empty packet."""
    if not packet.size:
        return None
    return packet.dts if in_decoding_order(container) or packet.pts is None else packet.pts


def pictures(path: Path, time: Fraction | None = None) -> Generator[Decoded]:
    """The clip's pictures in the order they are shown, starting at or before the one on screen at `time`.

    time: seconds on the clip's clock; None starts with the first picture.
    Raises FootageError for a file that cannot be opened and Damaged where decoding stops.
    """
    with opened(path) as container:
        stream = picture_stream(container, path)
        if time is not None and not in_decoding_order(container):
            for margin in SEEK_MARGINS:
                found = _sought(container, stream, time - margin)
                first = next(found, None)
                if first is not None and first.time <= time:
                    yield first
                    yield from found
                    return
    with opened(path) as container:
        yield from _decoded(container, picture_stream(container, path))


def _sought(container: InputContainer, stream: VideoStream, time: Fraction) -> Iterator[Decoded]:
    try:
        container.seek(int(time // time_base(stream)), stream=stream, backward=True)
    except av.FFmpegError:
        return
    yield from _decoded(container, stream)


def time_base(stream: Stream) -> Fraction:
    """Seconds for one unit of the stream's times."""
    return stream.time_base or Fraction(1, av.time_base)


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[Decoded]:
    """Everything from the next key frame on, without pictures shown before it, which need what came earlier."""
    base, key, packet, stamps = time_base(stream), None, None, deque[int]()
    if not stream.codec_context.is_open:
        stream.codec_context.options = {"err_detect": "explode"} | BOUNDS
    try:
        for packet in container.demux(stream):
            stamp = stamp_of(packet, container)
            if key is None and packet.size and not packet.is_keyframe:
                continue
            if packet.is_corrupt:
                raise Damaged((stamp or 0) * base)
            key = stamp if key is None else key
            if stamp is not None and in_decoding_order(container):
                stamps.append(stamp)
            for frame in packet.decode():
                shown_at = stamps.popleft() if stamps else frame.pts
                if shown_at is not None and key is not None and shown_at >= key:
                    if frame.is_corrupt:
                        raise Damaged(shown_at * base)
                    yield Decoded(shown_at * base, (frame.duration or 0) * base, frame)
    except av.FFmpegError as error:
        stamp = stamp_of(packet, container) if packet is not None else None
        raise Damaged((stamp or 0) * base) from error

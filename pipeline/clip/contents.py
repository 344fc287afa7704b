"""What a clip holds, found by demuxing it once: every packet is looked at, none is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from pipeline.clip.source import opened, picture_stream, stamp_of, time_base

MISSING_END = Fraction(1, 2)
"""Seconds by which a file without a full index may fall short of the length it states before it counts as cut short."""


@dataclass(frozen=True)
class Contents:
    """What demuxing found.

    times: when each picture comes up, in seconds on the clip's clock, rising. lasts: seconds the last one stays, 0 if
    unknown. promised: how many pictures the file's index lists. whole: whether the file goes on to the end that it
    states. rates: frames a second as the file names them, the most trusted first; None where it does not.
    pixel_aspect: as stored, before any rotation.
    """

    times: tuple[Fraction, ...]
    lasts: Fraction
    promised: int
    whole: bool
    rates: tuple[Fraction | None, ...]
    pixel_aspect: Fraction
    sound: bool


class _Packets:
    """Collects what the packets of one clip say."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self.container, self.stream = container, stream
        self.shown: dict[int, int] = {}
        self.count, self.end, self.broken = 0, Fraction(0), False

    def take_all(self) -> None:
        """Look at every packet of picture and sound."""
        streams = self.container.streams
        try:
            for packet in self.container.demux(*streams.video, *streams.audio):
                self._take(packet)
        except av.FFmpegError:
            self.broken = True

    def _take(self, packet: Packet) -> None:
        stamp = stamp_of(packet, self.container)
        if packet.size == 0 or stamp is None:
            return
        self.broken = self.broken or packet.is_corrupt
        self.end = max(self.end, (stamp + (packet.duration or 0)) * time_base(packet.stream))
        if packet.stream_index == self.stream.index:
            self.count += 1
            if not packet.is_discard:
                self.shown[stamp] = packet.duration or 0


def contents_of(path: Path) -> Contents:
    """Demux the clip. Raises FootageError when it cannot be opened or has no picture."""
    with opened(path) as container:
        stream = picture_stream(container, path)
        promised, packets = len(stream.index_entries), _Packets(container, stream)
        packets.take_all()
        start, length = (Fraction(time or 0, av.time_base) for time in (container.start_time, container.duration))
        missing = min(start + length, max(length, start)) - packets.end
        ends_early = promised < packets.count and missing > MISSING_END
        stamps = sorted(packets.shown)
        return Contents(
            times=tuple(stamp * time_base(stream) for stamp in stamps),
            lasts=packets.shown[stamps[-1]] * time_base(stream) if stamps else Fraction(0),
            promised=promised,
            whole=not (packets.broken or ends_early or packets.count < promised),
            rates=(stream.base_rate, stream.average_rate),
            pixel_aspect=stream.sample_aspect_ratio or Fraction(1),
            sound=bool(container.streams.audio),
        )

"""Interlaced pictures made whole: from one field each, so that a frame hangs on no other."""

from __future__ import annotations

from av.filter import Graph
from av.video.frame import VideoFrame

FILTER, SETTINGS = "estdif", "mode=frame:parity=tff:deint=all"
"""ffmpeg's edge slope tracing deinterlacer. It looks at one frame only: frame n is the same wherever reading starts."""


def whole(frame: VideoFrame) -> VideoFrame:
    """The picture with the lines of its lower field replaced by ones traced between those of the upper."""
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    between, sink = graph.add(FILTER, SETTINGS), graph.add("buffersink")
    source.link_to(between)
    between.link_to(sink)
    graph.configure()
    graph.push(frame)
    graph.push(None)
    made = graph.pull()
    assert isinstance(made, VideoFrame)
    made.colorspace, made.color_range = frame.colorspace, frame.color_range
    return made

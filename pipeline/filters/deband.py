"""Smooth gradients, by ffmpeg's deband filter at 16 bits."""

from __future__ import annotations

from fractions import Fraction

import av
import av.filter
import numpy as np

from pipeline.filters.stream import Stream
from pipeline.recipe.filters import Deband

FULL = 65535
REACHES = (1.0, 0.6, 0.3)
"""Parts of the radius that are worked through one after the other."""
FORMAT = "gbrp16le"


def debanded(stream: Stream, settings: Deband) -> Stream:
    """The stream with smooth gradients; at least 16 bits a colour."""
    graph: av.filter.Graph | None = None
    for moment in stream:
        picture = np.round(moment.pixels.clip(0, 1) * FULL).astype(np.uint16)
        graph = graph or _graph(picture.shape[1], picture.shape[0], settings)
        graph.push(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), FORMAT))
        made = graph.pull()
        assert isinstance(made, av.VideoFrame)
        yield moment.with_pixels(np.divide(made.to_ndarray(format=FORMAT), np.float32(FULL), dtype=np.float32))


def _graph(width: int, height: int, settings: Deband) -> av.filter.Graph:
    """A pixel becomes the mean of four around it, where all four are within the threshold of it; once at each reach.

    Several reaches make many fine steps out of one (as mpv's deband does with its iterations).
    """
    graph = av.filter.Graph()
    source = graph.add_buffer(width=width, height=height, format=av.VideoFormat(FORMAT), time_base=Fraction(1, 1000))
    threshold = f"{settings.threshold / 255:.5f}"
    thresholds = ":".join(f"{plane}thr={threshold}" for plane in (1, 2, 3))
    last = source
    for share in REACHES:
        smoothed = graph.add("deband", f"{thresholds}:blur=1:range={max(round(share * settings.radius), 1)}")
        last.link_to(smoothed)
        last = smoothed
    last.link_to(graph.add("buffersink"))
    graph.configure()
    return graph

"""How loud a shot's soundtrack is during each frame."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from pipeline.clip.read import first_time
from pipeline.clip.shot import Shot
from pipeline.clip.source import opened
from pipeline.frames import FrameRange

QUIETEST = -60.0
"""Decibels below full scale at which everything counts as silence."""


def envelope(shot: Shot, frames: FrameRange) -> NDArray[np.float64] | None:
    """The loudness of the first soundtrack while each frame is on screen: float64 [len(frames)], None without sound.

    The root mean square over the frame's samples and all channels, in decibels of full scale, QUIETEST to 0. Frame n
    is on screen from n / rate to (n + 1) / rate seconds after the first picture. Where the file has no sound, or none
    that can be decoded, it is silent. Raises FootageError when the file cannot be opened.
    """
    if not shot.sound:
        return None
    origin, length = first_time(shot) + frames.first / shot.rate, len(frames)
    energy, samples = np.zeros(length), np.zeros(length, np.int64)
    with opened(shot.plate) as container:
        for time, pitch, power in _powers(container):
            if time - origin >= length / shot.rate:
                break
            places = np.floor(float((time - origin) * shot.rate) + np.arange(len(power)) * float(shot.rate / pitch))
            inside = (places >= 0) & (places < length)
            at = places[inside].astype(np.int64)
            energy += np.bincount(at, power[inside], length)
            samples += np.bincount(at, minlength=length)
    mean = energy / np.maximum(samples, 1)
    return np.clip(10 * np.log10(np.maximum(mean, 1e-12)), QUIETEST, 0.0).astype(np.float64)


def _powers(container: InputContainer) -> Iterator[tuple[Fraction, int, NDArray[np.float64]]]:
    """Second on the clip's clock, samples a second, and the mean square of the channels for each sample, -1..1."""
    stream = container.streams.audio[0]
    for packet in container.demux(stream):
        try:
            decoded = packet.decode()
        except av.FFmpegError:
            continue
        for sound in decoded:
            if sound.pts is None or sound.time_base is None:
                continue
            time = sound.pts * sound.time_base
            for part in av.AudioResampler(format="fltp").resample(sound):
                yield time, part.sample_rate, (part.to_ndarray().astype(np.float64) ** 2).mean(axis=0)
                time += Fraction(part.samples, part.sample_rate)

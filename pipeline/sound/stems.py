"""Voice and background of a stereo soundtrack, without a model.

Film sound puts dialogue in the middle: the same in both channels, at the same moment. At each place of the spectrum
what both channels share counts as voice, what they do not share as background (Avendano and Jot 2002, "Ambience
extraction and synthesis from stereo signals"); below and above a voice everything is background. What music puts in
the middle, bass, snare and a singer, goes with the voice. Voice and background add up to the soundtrack.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from numpy.typing import NDArray

from pipeline.errors import FootageError
from pipeline.sound.tool import RATE

WINDOW, HOP = 4096, 1024
"""Samples of a spectrum and from one to the next; Hann windows at a quarter add up to a constant."""
BLOCK = 256
"""Spectra worked on at once, some five seconds: memory stays flat."""
VOICE_BAND = 90.0, 9000.0
"""Hertz. Below is rumble, above hiss."""
SHARPNESS = 4.0
"""How quickly something leaves the voice as its channels differ."""
Samples = NDArray[np.float32]
"""float32 [2, n], -1..1."""


def split(path: Path, voice: Path, background: Path) -> None:
    """Write the two stems of a stereo file as FLAC at 48 kHz. Raises FootageError for mono or unreadable sound."""
    with av.open(str(voice), "w", format="flac") as first, av.open(str(background), "w", format="flac") as second:
        writers = [_Writer(first), _Writer(second)]
        for block, middle in _stems(_samples(path)):
            for writer, part in zip(writers, (middle, block - middle), strict=True):
                writer.write(part)
        for writer in writers:
            writer.close()


def voice_share(left: NDArray[np.complex64], right: NDArray[np.complex64]) -> NDArray[np.float32]:
    """The voice's share of each place of two spectra [bins, n], 0..1: what is equal in both, in a voice's band."""
    power = np.abs(left) ** 2 + np.abs(right) ** 2
    equal = 2 * (left * right.conj()).real / np.maximum(power, 1e-12)
    bins = np.fft.rfftfreq(WINDOW, 1 / RATE)
    inside = (bins >= VOICE_BAND[0]) & (bins <= VOICE_BAND[1])
    return (np.clip(equal, 0, 1) ** SHARPNESS * inside[:, None]).astype(np.float32)


def _stems(blocks: Iterator[Samples]) -> Iterator[tuple[Samples, Samples]]:
    """Pairs of the soundtrack and its voice, block by block."""
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    held = np.zeros((2, WINDOW - HOP), np.float32)
    tail = np.zeros((2, WINDOW - HOP), np.float32)
    for block in _padded(blocks):
        held = np.concatenate((held, block), axis=1)
        count = (held.shape[1] - WINDOW) // HOP + 1
        places = np.arange(count)[:, None] * HOP + np.arange(WINDOW)
        spectra = np.fft.rfft(held[:, places] * window, axis=2).astype(np.complex64)
        share = voice_share(spectra[0].T, spectra[1].T).T
        pieces = np.fft.irfft(spectra * share, WINDOW, axis=2).astype(np.float32) * window
        made = np.zeros((2, count * HOP + WINDOW - HOP), np.float32)
        made[:, : tail.shape[1]] = tail
        for at in range(count):
            made[:, at * HOP : at * HOP + WINDOW] += pieces[:, at] / 1.5
        done = count * HOP
        yield held[:, :done], made[:, :done]
        held, tail = held[:, done:], made[:, done:]


def _padded(blocks: Iterator[Samples]) -> Iterator[Samples]:
    """The blocks and then silence as long as a window, so that the end comes out, too."""
    yield from blocks
    yield np.zeros((2, WINDOW), np.float32)


def _samples(path: Path) -> Iterator[Samples]:
    """The first soundtrack at 48 kHz in blocks of whole hops, the last one filled up with silence."""
    try:
        with av.open(str(path), format=None, options={"protocol_whitelist": "file"}) as container:
            stream = container.streams.audio[0]
            if stream.codec_context.channels < 2:
                raise FootageError(f"{path.name} is mono: its stems cannot be told apart.", "Give a stereo file.")
            held = np.zeros((2, 0), np.float32)
            resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
            for frame in container.decode(stream):
                parts = [part.to_ndarray().astype(np.float32, copy=False) for part in resampler.resample(frame)]
                held = np.concatenate((held, *parts), axis=1)
                while held.shape[1] >= BLOCK * HOP:
                    yield held[:, : BLOCK * HOP]
                    held = held[:, BLOCK * HOP :]
            rest = -held.shape[1] % HOP
            yield np.pad(held, ((0, 0), (0, rest)))
    except (av.FFmpegError, IndexError) as error:
        raise FootageError(
            f"{path.name} holds no sound that can be read.", "Give a WAV, FLAC or movie file."
        ) from error


class _Writer:
    """A FLAC file that samples are appended to. The first window of lead-in is left out."""

    def __init__(self, container: OutputContainer) -> None:
        self._container = container
        self._stream = container.add_stream("flac", rate=RATE, layout="stereo", format="s32")
        self._skip = WINDOW - HOP

    def write(self, samples: Samples) -> None:
        skipped = min(self._skip, samples.shape[1])
        self._skip -= skipped
        whole = np.round(samples[:, skipped:].clip(-1, 1) * (2**31 - 1)).astype(np.int64).clip(-(2**31), 2**31 - 1)
        if whole.shape[1] == 0:
            return
        frame = av.AudioFrame.from_ndarray(whole.T.reshape(1, -1).astype(np.int32), format="s32", layout="stereo")
        frame.sample_rate = RATE
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        self._container.mux(self._stream.encode(None))

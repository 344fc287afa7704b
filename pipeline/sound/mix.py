"""The soundtrack that a recipe asks for, as one file as long as the frames."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from pipeline.clip.read import first_time
from pipeline.clip.shot import Shot
from pipeline.errors import FootageError
from pipeline.frames import FrameRange
from pipeline.recipe.sound import Sound
from pipeline.sound.loudness import TRUE_PEAK, loudness_of
from pipeline.sound.stems import split
from pipeline.sound.tool import RATE, run, source

FLAC = (
    "-c:a",
    "flac",
    "-sample_fmt",
    "s32",
    "-ar",
    str(RATE),
    "-ac",
    "2",
    "-map_metadata",
    "-1",
    "-fflags",
    "+bitexact",
)


def make_soundtrack(shot: Shot, frames: FrameRange, settings: Sound, folder: Path) -> Path:
    """Write the sound of these frames to `folder`, which is there: stereo FLAC, 48 kHz, in sync from its first sample.

    The files on the way there stay in the folder; it is the caller's to clear. Raises FootageError when there is no
    sound to use, or a file cannot be read.
    """
    heard: list[tuple[Path, str]] = []
    length = Fraction(len(frames)) / shot.rate
    if settings.source != "reference" and shot.sound:
        begin = first_time(shot) + frames.first / shot.rate
        heard.append((shot.plate, f"{_cut(begin, length)},volume={settings.plate_gain}dB"))
    if settings.source != "plate":
        heard.append((_reference(settings, folder), f"{_shifted(settings, length)},volume={settings.reference_gain}dB"))
    if not heard:
        raise FootageError(f"{shot.name} has no sound.", "Choose a reference soundtrack, or leave the sound untouched.")
    mixed = folder / "mix.flac"
    _mix(heard, mixed)
    return mixed if settings.loudness is None else _levelled(mixed, settings.loudness, folder / "levelled.flac")


def _mix(heard: Sequence[tuple[Path, str]], path: Path) -> None:
    inputs = [argument for file, _ in heard for argument in source(file)]
    chains = [f"[{at}:a:0]{chain}[part{at}]" for at, (_, chain) in enumerate(heard)]
    parts = "".join(f"[part{at}]" for at in range(len(heard)))
    joined = f"{parts}amix=inputs={len(heard)}:normalize=0,alimiter=limit={_ratio(TRUE_PEAK)}:level=0:latency=1[out]"
    run(
        heard[0][0].name,
        (*inputs, "-filter_complex", ";".join([*chains, joined]), "-map", "[out]", *FLAC, f"file:{path}"),
    )


def _levelled(path: Path, wanted: float, made: Path) -> Path:
    """The file at another loudness: one gain for all of it, and a limiter for the peaks. Silence stays silence."""
    integrated = loudness_of(path).integrated
    if integrated is None:
        return path
    chain = f"volume={wanted - integrated:.3f}dB,alimiter=limit={_ratio(TRUE_PEAK)}:level=0:latency=1"
    run(path.name, (*source(path), "-af", chain, *FLAC, f"file:{made}"))
    return made


def _reference(settings: Sound, folder: Path) -> Path:
    if settings.reference is None or not (path := Path(settings.reference)).is_file():
        raise FootageError(f"There is no soundtrack {settings.reference}.", "Check the name of the reference.")
    if settings.part == "all":
        return path
    stems = {name: folder / f"{name}.flac" for name in ("voice", "background")}
    split(path, stems["voice"], stems["background"])
    return stems[settings.part]


def _cut(begin: Fraction, length: Fraction) -> str:
    end = float(begin + length)
    return f"aresample={RATE}:async=1:first_pts=0,apad,atrim={float(begin):.6f}:{end:.6f},asetpts=PTS-STARTPTS"


def _shifted(settings: Sound, length: Fraction) -> str:
    """The reference from its start, later by the offset, as long as the frames."""
    moved = f"adelay={1000 * settings.offset:.3f}:all=1," if settings.offset > 0 else ""
    begin = max(-settings.offset, 0.0)
    trimmed = f"atrim={begin:.6f}:{begin + float(length):.6f},asetpts=PTS-STARTPTS"
    return f"aresample={RATE}:async=1:first_pts=0,{moved}apad,{trimmed}"


def _ratio(decibels: float) -> str:
    return f"{10 ** (decibels / 20):.4f}"

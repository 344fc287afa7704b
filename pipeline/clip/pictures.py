"""A plate that is a sequence of pictures: looking at it, and reading its frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.clip.colour import display_from_linear, eight_bits, through_config
from pipeline.clip.digests import keys_of
from pipeline.clip.exr import read_headers
from pipeline.clip.numbered import PICTURE_SUFFIXES, NumberedFiles, sequence_of, sequences_in
from pipeline.clip.values import Values, read_values, size_of
from pipeline.errors import FootageError
from pipeline.frames import Frame, FrameRange, Picture
from pipeline.keys import Key, key_of, key_of_file
from pipeline.recipe.footage import Footage, MissingFrames

USUAL_RATE = Fraction(24)
"""Frames a second of a sequence that nobody gave a rate."""

LONGEST_GAP = 1000
"""Missing numbers in a row; more is no gap but two sequences of one name."""


@dataclass(frozen=True)
class PictureSequence:
    """Where the frames of such a plate lie. Frame 0 is the first number. linear: values are scene-linear light.

    config: an OpenColorIO config and the colour space in it that the values are in, which then decide how they look.
    """

    files: NumberedFiles
    missing: MissingFrames
    linear: bool
    width: int
    height: int
    config: tuple[Path, str] | None = None

    @property
    def frames(self) -> FrameRange:
        """Every frame, counted from 0; gaps count."""
        return FrameRange(0, self.files.last - self.files.first)

    def read(self, frames: FrameRange) -> Iterator[Frame]:
        """The frames in order, uint8 [height, width, 3], display-referred RGB, transparency laid over black.

        Raises FootageError, naming the file, for one that is damaged, has another size, or is missing.
        """
        for number in frames:
            yield Frame(number, self._picture(number))

    def _picture(self, frame: int) -> Picture:
        path = self.files.path(self.files.first + frame, self.missing)
        if path is None:
            return np.zeros((self.height, self.width, 3), np.uint8)
        values = read_values(path)
        check_size(path, (values.pixels.shape[1], values.pixels.shape[0]), (self.width, self.height))
        rgb = _rgb(values)
        if self.config is not None:
            return through_config(rgb, *self.config)
        return display_from_linear(rgb) if self.linear else eight_bits(rgb)


def is_sequence(path: Path) -> bool:
    """Whether this names a picture sequence: a folder, or one of the pictures."""
    return path.is_dir() or path.suffix.lower() in PICTURE_SUFFIXES


def find_sequence(path: Path) -> NumberedFiles:
    """The sequence in a folder that holds just one, or the one that this picture belongs to.

    Raises FootageError when there is no such file or folder, no sequence, or several.
    """
    if not path.is_dir():
        if not path.is_file():
            raise FootageError(f"There is no clip at {path}.", "Check the name and the folder.")
        return sequence_of(path)
    found = sequences_in(path)
    if not found:
        raise FootageError(f"{path.name} holds no numbered pictures.", "Choose a folder with PNG, JPEG, TIFF or EXR.")
    if len(found) > 1:
        names = ", ".join(sequence.label for sequence in found)
        raise FootageError(f"{path.name} holds {len(found)} sequences: {names}.", "Choose one of their pictures.")
    return next(iter(found))


def looked_at(path: Path, footage: Footage) -> tuple[PictureSequence, Fraction, tuple[str, ...]]:
    """The sequence at this path, its rate and notes for the artist. The headers of all files are read.

    Raises FootageError when files are missing and may not be, or one is damaged or has another size.
    """
    files = find_sequence(path)
    notes = [*_gap_notes(files, footage)]
    size = size_of(files.files[files.first])
    for picture in files.files.values():
        check_size(picture, size_of(picture), size)
    linear = footage.transfer == "linear" or (footage.transfer == "auto" and files.suffix.lower() == ".exr")
    config = None if footage.ocio is None else (Path(footage.ocio), str(footage.colour_space))
    if config is not None:
        notes.append(f"The pictures were shown from {config[1]} through {config[0].name}.")
    elif linear:
        notes.append("The pictures were taken as linear light and shown as sRGB.")
    rate, rate_note = _rate(files, footage)
    notes += [rate_note] if rate_note else []
    sequence = PictureSequence(files, footage.missing, linear, *size, config)
    for number in {files.first, files.last}:
        values = read_values(files.files[number])
        if values.pixels.shape[2] in (2, 4) and not any("alpha" in note for note in notes):
            notes.append("The pictures have an alpha channel; they were laid over black.")
    return sequence, rate, tuple(notes)


def sequence_key(sequence: PictureSequence, memory: Path | None) -> Key:
    """The key of everything that decides the frames: the bytes of the files, their numbers, and how they are read."""
    keys = keys_of(sequence.files.files.values(), memory)
    numbers = {str(number): keys[path] for number, path in sequence.files.files.items()}
    settings = {"files": numbers, "missing": sequence.missing, "linear": sequence.linear}
    if sequence.config is not None:
        settings["config"] = [_config_key(sequence.config[0]), sequence.config[1]]
    return key_of("pictures", 1, settings, ())


def _config_key(config: Path) -> Key:
    """The sha256 of a config's own file; what it names beside it is taken to go with it."""
    if not config.is_file():
        raise FootageError(f"There is no OpenColorIO config {config}.", "Check the name and the folder.")
    return key_of_file(config)


def check_size(path: Path, size: tuple[int, int], wanted: tuple[int, int]) -> None:
    """Raise FootageError when a picture of the sequence has another size (width, height) than the first."""
    if size != wanted:
        raise FootageError(
            f"{path.name} is {size[0]}x{size[1]}, the sequence is {wanted[0]}x{wanted[1]}.",
            "Export all frames at one size.",
        )


def _gap_notes(files: NumberedFiles, footage: Footage) -> list[str]:
    if files.last - files.first >= len(files.files) * (LONGEST_GAP + 1):
        raise FootageError(
            f"The numbers of {files.label} are too far apart: {files.first} to {files.last}.",
            "Keep one sequence in the folder.",
        )
    gaps = files.gaps
    if not gaps:
        return []
    if footage.missing == "error":
        files.path(gaps[0], "error")
    if len(gaps) == 1:
        what = "holds the frame before" if footage.missing == "hold" else "is black"
        return [f"Number {gaps[0]} of {files.label} is missing and {what}."]
    what = "hold the frame before" if footage.missing == "hold" else "are black"
    return [f"{len(gaps)} frames of {files.label} are missing and {what}: {listed(gaps)}."]


def listed(numbers: tuple[int, ...]) -> str:
    """Numbers for a sentence, at most five of them."""
    shown = ", ".join(str(number) for number in numbers[:5])
    return shown if len(numbers) <= 5 else f"{shown} and {len(numbers) - 5} more"


def stated_rate(files: NumberedFiles) -> Fraction | None:
    """Frames a second, where the files say so. Raises FootageError when the first one is damaged."""
    return read_headers(files.files[files.first])[0].rate if files.suffix.lower() == ".exr" else None


def _rate(files: NumberedFiles, footage: Footage) -> tuple[Fraction, str]:
    if footage.frames_a_second is not None:
        return footage.frames_a_second, ""
    stated = stated_rate(files)
    if stated is not None:
        return stated, ""
    return USUAL_RATE, "The pictures name no rate; 24 frames a second were assumed."


def _rgb(values: Values) -> NDArray[np.float32]:
    """Grey becomes RGB; alpha weighs the colour, except in EXR, where colour is premultiplied already."""
    scaled = values.scaled
    colour, alpha = (scaled[..., :-1], scaled[..., -1:]) if scaled.shape[2] in (2, 4) else (scaled, None)
    if alpha is not None and values.part is None:
        colour = colour * alpha
    return np.repeat(colour, 3, axis=2) if colour.shape[2] == 1 else colour

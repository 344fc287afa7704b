"""What the engine rendered beside the plate, matched to the plate's frames: the raw numbers of every pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipeline.clip.digests import keys_of
from pipeline.clip.engine_passes import EnginePass, EnginePasses, PassKind
from pipeline.clip.values import Values, read_values
from pipeline.errors import FootageError
from pipeline.frames import FrameRange
from pipeline.keys import Key, key_of
from pipeline.recipe.footage import Footage


@dataclass(frozen=True)
class Rendered:
    """The passes of a shot.

    first: the number in the file names that belongs to frame 0. frames, width, height: the plate's. footage: how they
    are read. keys: label -> key of everything that decides the pass's numbers, for each of `passes.found`; and the
    key of the camera matrices by the name of their file, where there are any. notes: what was assumed, for the artist.
    memory: the folder where facts about the files are noted; None notes nothing.
    """

    passes: EnginePasses
    first: int
    frames: FrameRange
    width: int
    height: int
    footage: Footage
    keys: Mapping[str, Key] = field(hash=False)
    notes: tuple[str, ...]
    memory: Path | None = None

    @property
    def kinds(self) -> frozenset[PassKind]:
        """What there is."""
        return frozenset(found.kind for found in self.passes.found)

    @property
    def mattes(self) -> tuple[EnginePass, ...]:
        """The matte sequences, each of one region or several."""
        return tuple(found for found in self.passes.found if found.kind == "matte")

    def get(self, kind: PassKind) -> EnginePass:
        """The pass of this kind. Raises FootageError when there is none."""
        for found in self.passes.found:
            if found.kind == kind:
                return found
        raise FootageError(
            f"There is no {kind.replace('_', ' ')} pass in {self.passes.folder.name}.", "Export it from the engine."
        )

    def key(self, found: EnginePass) -> Key:
        """The key of a pass's numbers."""
        return self.keys[found.label]

    def path(self, found: EnginePass, frame: int) -> Path | None:
        """The file of a pass for a frame of the plate, as the missing-frame policy has it; None is a black frame.

        Motion is never held: it is None where it is missing. Raises FootageError where a file is missing that may not.
        """
        return found.files.path(self.first + frame, "black" if found.kind == "motion" else self.footage.missing)

    def spread(self, found: EnginePass, most: int) -> list[int]:
        """Frames of the plate for which a pass has a file: at most so many, evenly spread, with the first and last."""
        frames = [frame for frame in self.frames if self.first + frame in found.files.files]
        places = np.linspace(0, len(frames) - 1, min(most, len(frames)))
        return list(dict.fromkeys(frames[round(place)] for place in places))

    def values(self, found: EnginePass, frame: int) -> Values | None:
        """The numbers of a pass for a frame, at the pass's own size; None where the frame is missing and may be.

        Raises FootageError, naming the file, when it cannot be read or its shape is not the plate's.
        """
        path = self.path(found, frame)
        if path is None:
            return None
        values = read_values(path, found.part, found.layer)
        check_shape(path.name, (values.pixels.shape[1], values.pixels.shape[0]), (self.width, self.height))
        return values


def check_shape(name: str, size: tuple[int, int], plate: tuple[int, int]) -> None:
    """Raise FootageError when a pass (width, height) cannot be laid over the plate: it has another aspect ratio."""
    off = abs(size[0] * plate[1] - size[1] * plate[0])
    if off > max(plate) * max(size[0] / plate[0], size[1] / plate[1]):
        raise FootageError(
            f"{name} is {size[0]}x{size[1]}, which is another shape than the plate's {plate[0]}x{plate[1]}.",
            "Export the passes at the plate's size.",
        )


def pass_key(found: EnginePass, first: int, footage: Footage, memory: Path | None) -> Key:
    """The key of a pass: the bytes of its files, which frames they belong to, and how they are read."""
    keys = keys_of(found.files.files.values(), memory)
    numbers = {str(number - first): keys[path] for number, path in found.files.files.items()}
    settings = {
        "files": numbers,
        "part": found.part,
        "layer": found.layer,
        "footage": footage.model_dump(mode="json", include={"missing", "depth", "normals"}),
    }
    return key_of("engine_pass", 1, settings, ())

"""The plate that everything else sees: as it was delivered, or with the recipe's filters over it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.still import decode_png, encode_png
from pipeline.errors import FootageError
from pipeline.filters.chain import filtered, reach_of
from pipeline.filters.stream import Scene, closed, opened
from pipeline.frames import Frame, FrameRange
from pipeline.keys import Key
from pipeline.recipe.filters import AnyFilter, GradeMatch, ReferenceHands
from pipeline.stage import FrameStore, Stage

PREPARE = Stage("prepare", version=1, reach=0)
"""Its reach is that of its filters."""


def prepare_key(filters: Sequence[AnyFilter], inputs: Sequence[Key]) -> Key:
    """The key of a prepared plate; inputs: the shot's, and those of what the filters look at."""
    return PREPARE.key({"filters": [f.model_dump(mode="json") for f in filters if f.enabled]}, inputs)


def read_by(filters: Sequence[AnyFilter]) -> tuple[Path, ...]:
    """The files that filters read beside the plate. Raises FootageError for one that is not there."""
    named = [f.still for f in filters if isinstance(f, GradeMatch) and f.still is not None]
    named += [f.clip for f in filters if isinstance(f, ReferenceHands)]
    for name in named:
        if not Path(name).is_file():
            raise FootageError(f"There is no file {name}, which a filter is to read.", "Check its name.")
    return tuple(map(Path, named))


@dataclass(frozen=True)
class Plate:
    """The frames of a shot. filters: those that are switched on. store: where prepared frames are kept."""

    shot: Shot
    filters: Sequence[AnyFilter]
    store: FrameStore
    scene: Scene

    def frames(self, frames: FrameRange) -> Iterator[Frame]:
        """The frames in order. Each is prepared once, whoever asks first. Raises FootageError, OutputError."""
        if not self.filters:
            yield from read_frames(self.shot, frames)
            return
        self.store.use()
        for present, stretch in groupby(frames, self.store.finished().__contains__):
            numbers = list(stretch)
            if present:
                yield from (Frame(number, decode_png(self.store.read(number))) for number in numbers)
            else:
                yield from self._finished(FrameRange(numbers[0], numbers[-1]))

    def frame(self, number: int) -> Frame:
        """One frame."""
        return next(iter(self.frames(FrameRange(number, number))))

    def _finished(self, frames: FrameRange) -> Iterator[Frame]:
        """The frames, prepared among as many neighbours as the filters must see, and kept."""
        reach = reach_of(self.filters)
        first, last = self.shot.frames.first, self.shot.frames.last
        seen = FrameRange(max(frames.first - reach, first), min(frames.last + reach, last))
        stream = closed(filtered(opened(read_frames(self.shot, seen)), self.filters, self.scene))
        for frame in islice(stream, frames.first - seen.first, frames.last - seen.first + 1):
            self.store.write(frame.number, encode_png(frame.pixels))
            yield frame

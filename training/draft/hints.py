"""Cache the control pictures of every view: `python -m training.draft.hints --data DATA --work WORK`.

They are read off the engine picture with the product's own annotator, whatever look is to be drawn: in use there is
nothing else to read them off. The command can be stopped and goes on at the pair where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.recipe.passes import ControlKind
from training.draft.asked import of_pairs
from training.draft.corpus import pictures, read_pairs
from training.draft.views import SIDE, VIEWS, View, read_views, views_of, write_views

CONTROLS: tuple[ControlKind, ...] = ("canny", "openpose", "mediapipe_face")
GREY: tuple[ControlKind, ...] = ("canny", "depth")
"""Controls whose pictures have no colours."""
Hints = dict[ControlKind, NDArray[np.uint8]]
Reader = Callable[[ControlKind, NDArray[np.uint8]], NDArray[np.uint8]]


def views_file(work: Path) -> Path:
    """Where the views of the pairs are listed; a pair is in it once its hints are written."""
    return work / "views.jsonl"


def hint_array(work: Path, kind: ControlKind, pairs: int) -> NDArray[np.uint8]:
    """The hints of one kind, uint8 [pairs, VIEWS, 256, 256, channels], on disk; those of `GREY` take one channel."""
    file = work / f"hints-{kind}.npy"
    if file.exists():
        return np.load(file, mmap_mode="r+")
    channels = 1 if kind in GREY else 3
    return np.lib.format.open_memmap(file, "w+", np.uint8, (pairs, VIEWS, SIDE, SIDE, channels))


def cache_pair(row: int, engine: NDArray[np.uint8], read: Reader, arrays: Hints) -> list[View]:
    """Write the hints of one pair into `arrays` (in place). engine: its engine picture, uint8 [256, 256, 3].

    Returns the pair's views, each with the controls in which nothing was found.
    """
    views = []
    for number, view in enumerate(views_of(row, read("mediapipe_face", engine))):
        picture = view.of(engine)
        for kind, array in arrays.items():
            array[row, number] = read(kind, picture)[..., : array.shape[-1]]
        missing = tuple(kind for kind, array in arrays.items() if not array[row, number].any())
        views.append(replace(view, missing=missing))
    return views


def cache(data: Path, work: Path) -> None:
    """Write the hints of all pairs that have none yet."""
    from pipeline.prepare.controls import Annotator

    pairs, engine = read_pairs(data), pictures(data, work, "engine")
    arrays: Hints = {kind: hint_array(work, kind, len(pairs)) for kind in CONTROLS}
    with Annotator() as annotator:

        def read(kind: ControlKind, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
            return annotator.hint(kind, picture, (SIDE, SIDE))

        for pair in pairs[len(read_views(views_file(work))) :]:
            write_views(views_file(work), cache_pair(pair.row, engine[pair.row], read, arrays))


def main() -> None:
    """Command line entry."""
    cache(**vars(of_pairs(__doc__).parse_args()))


if __name__ == "__main__":
    main()

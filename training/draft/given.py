"""Cache depth and normal pictures of every view: `python -m training.draft.given --data DATA --work WORK`.

They come from the passes that the kit wrote beside the pictures, in the colours in which `pipeline/prepare` shows a
render's own passes to the ControlNets. Views must be cached before (`training.draft.hints`); pairs without passes stay
blank. The command can be stopped and goes on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from training.draft.asked import of_pairs
from training.draft.corpus import read_pairs
from training.draft.hints import hint_array, views_file
from training.draft.views import View, read_views

Given = Literal["depth", "normal"]
GIVEN: tuple[Given, ...] = get_args(Given)


def depth_picture(metres: NDArray[np.floating]) -> NDArray[np.uint8]:
    """uint8 [h, w, 3] of a distance in metres [h, w], 0 = nothing there: the nearer the whiter, by its inverse.

    One picture is a shot of one frame: its farthest half percent is black, its nearest white (`pipeline/clip/depth`).
    """
    from pipeline.clip.depth import HIGHEST, LOWEST

    near = np.where(metres > 0, 1 / np.where(metres > 0, metres, 1), 0)
    low, high = np.percentile(near, (LOWEST, HIGHEST))
    shown = np.clip((near - low) / max(high - low, 1e-9), 0, 1) * 255 + 0.5
    return np.repeat(shown.astype(np.uint8)[:, :, None], 3, axis=2)


def given_pictures(passes: Path) -> dict[Given, NDArray[np.uint8]]:
    """Both pictures of a pair, uint8 [h, w, 3], from its file of passes. Raises FootageError for a damaged file."""
    from pipeline.prepare.given import normal_colours
    from training.draft.kit.passes import read_passes

    metres, normals, _ = read_passes(passes)
    return {"depth": depth_picture(metres), "normal": normal_colours(normals)}


def seen(view: View, kind: Given, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A view of such a picture; in a mirrored one, normals that looked left look right."""
    shown = view.of(picture)
    if view.mirrored and kind == "normal":
        shown[..., 0] = 255 - shown[..., 0]
    return shown


def rows_with(array: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The pairs that have pictures in one of these arrays, [pairs, VIEWS, 256, 256, channels]."""
    return np.nonzero(array[:, -1, ::8, ::8].reshape(len(array), -1).any(1))[0]


def cache(data: Path, work: Path) -> None:
    """Write the pictures of all pairs that have views and passes and no pictures yet."""
    pairs, views = read_pairs(data), read_views(views_file(work))
    arrays = {kind: hint_array(work, kind, len(pairs)) for kind in GIVEN}
    done = set(rows_with(arrays["normal"]).tolist())
    for pair in pairs[: len(views)]:
        passes = data / "passes" / f"{pair.id}.exr"
        if pair.row in done or not passes.exists():
            continue
        for kind, picture in given_pictures(passes).items():
            for number, view in enumerate(views[pair.row]):
                arrays[kind][pair.row, number] = seen(view, kind, picture)[..., : arrays[kind].shape[-1]]


def main() -> None:
    """Command line entry."""
    cache(**vars(of_pairs(__doc__).parse_args()))


if __name__ == "__main__":
    main()

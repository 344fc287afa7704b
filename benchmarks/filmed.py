"""How much nearer to film the draft model brings a shot, on frames whose film pictures are known.

    python benchmarks/filmed.py [SHOT ...] [--preset draft] [--set passes.body.denoising_strength=0.4 ...]
        [--home DIR] [--json FILE] [--sheet FILE]

SHOT is a folder with plate.mp4 and film_reference/NAME_NUMBER.png: frames of the shot as film has them; the sample
interview unless given. Renders these frames and prints, for the whole frame and for the face's matte, how far plate and
render are from film in colour, light and texture (L*a*b*, see `training/draft/evaluate.py`), and their ratio: below 1
is nearer than the plate. Differences of a cell are cut off at `MOST`, and a ratio is never taken to less than `LEAST`
of the plate's, so that no cell and no frame that is right already decides. Beside it stand the same ratios of two
limits: `autoencoder`, the film picture itself through the model's autoencoder, below which nothing that the model
decodes can come, and `plate coded`, the plate through it; `moved` is how far the render is from the plate, in the same
measure. `--sheet` keeps plate, render and film side by side.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from pipeline.frames import Picture
    from pipeline.recipe.recipe import Recipe
    from studio import Studio

MOST = {"colour": 25.0, "light": 40.0, "texture": 8.0}
"""What the difference of one cell counts at most, in units of L*a*b*."""
LEAST = {"colour": 0.5, "light": 0.5, "texture": 0.1}
"""What a plate's own distance counts at least: about what rounding to eight bits and H.264 cost."""
REGIONS = ("whole frame", "face")
WHOLE, FACE = 360, 416
"""Pixels on the short side of the whole picture and of the face's crop, as the draft preset works at them."""
WIDE = 426
"""Columns of a picture in the sheet."""


@dataclass(frozen=True, eq=False)
class Seen:
    """One frame in all its states, uint8 RGB [h, w, 3]. face: float32 [h, w], 0..1."""

    plate: Picture
    render: Picture
    film: Picture
    face: NDArray[np.float32]

    def cover(self, region: str) -> NDArray[np.float32]:
        """How much each pixel belongs to a region."""
        return self.face if region == "face" else np.ones_like(self.face)


def main() -> int:
    """Render, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shots", type=Path, nargs="*", default=[ROOT / "samples" / "interview"])
    parser.add_argument("--preset", default="draft")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--home", type=Path, default=ROOT / "workspace")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()

    from benchmarks.loops.facts import facts, tell
    from studio import Studio

    with Studio(options.home) as studio:
        recipe = studio.recipe(options.preset, options.set)
        seen = {folder.name: list(frames_of(studio, folder, recipe)) for folder in options.shots}
        vae = studio.models.checkpoint(recipe.checkpoint).folder / "vae"
    made = {name: [states(frame, vae) for frame in frames] for name, frames in seen.items()}
    rows = {name: figures(frames, made[name]) for name, frames in seen.items()}
    rows["all"] = figures(list(chain(*seen.values())), list(chain(*made.values())))
    tell(facts() | {"preset": options.preset, "set": options.set, "shots": rows}, options.json)
    if options.sheet:
        write_sheet([frames[len(frames) // 2] for frames in seen.values()], options.sheet)
    return 0


def frames_of(studio: Studio, folder: Path, recipe: Recipe) -> Iterator[Seen]:
    """The frames of a shot whose film pictures are known, each made by a preview: filters after the passes stay off."""
    from pipeline.clip.still import decode_png
    from pipeline.frames import FrameRange
    from pipeline.progress import Progress
    from pipeline.render import Order

    shot = studio.shot(folder / "plate.mp4")
    for file in sorted((folder / "film_reference").glob("*.png")):
        number = int(re.findall(r"\d+", file.stem)[-1])
        with tempfile.TemporaryDirectory(prefix="photoplay-filmed-") as out:
            made = studio.preview(Order(shot, recipe, FrameRange(number, number), Path(out)), Progress())
        print(f"{folder.name} {number}", file=sys.stderr, flush=True)
        face = made.mattes["face"].astype(np.float32) / 255
        yield Seen(made.plate, made.result, decode_png(file.read_bytes()), face)


def states(frame: Seen, vae: Path) -> dict[str, Picture]:
    """What is compared with film beside the plate."""
    film, plate = (coded(picture, frame.face, vae) for picture in (frame.film, frame.plate))
    return {"render": frame.render, "autoencoder": film, "plate coded": plate}


def figures(frames: Sequence[Seen], made: Sequence[dict[str, Picture]]) -> dict[str, dict[str, dict[str, float]]]:
    """Region -> term -> distance of the plate to film, and the ratios of the frames' other states to it."""
    plates, films = [f.plate for f in frames], [f.film for f in frames]
    others = {name: [one[name] for one in made] for name in made[0]}
    found: dict[str, dict[str, dict[str, float]]] = {}
    for region in REGIONS:
        covers = [f.cover(region) for f in frames]
        own = distances(plates, films, covers)
        found[region] = {term: {"plate": round(own[term], 3)} for term in own}
        for name, pictures in others.items():
            for term, value in distances(pictures, films, covers).items():
                found[region][term][name] = round(value / max(own[term], LEAST[term]), 3)
        for term, value in distances(others["render"], plates, covers).items():
            found[region][term]["moved"] = round(value / max(own[term], LEAST[term]), 3)
    return found


def distances(
    ones: Sequence[Picture], others: Sequence[Picture], covers: Sequence[NDArray[np.float32]]
) -> dict[str, float]:
    """The mean difference of the cells of two lists of pictures in each term, by how much of a cell is covered."""
    from training.draft.evaluate import CELL, TEXTURE_CELL, cells, lab, texture

    sums = {term: np.zeros(2) for term in MOST}
    for one, other, cover in zip(ones, others, covers, strict=True):
        rows, columns = (side - side % TEXTURE_CELL for side in cover.shape)
        first, second = (lab(picture[None, :rows, :columns]) for picture in (one, other))
        coarse = np.abs(cells(first, CELL) - cells(second, CELL))
        fine = np.abs(texture(first[..., 0]) - texture(second[..., 0]))[..., 0]
        values = {"colour": np.hypot(coarse[..., 1], coarse[..., 2]), "light": coarse[..., 0], "texture": fine}
        for term, value in values.items():
            side = TEXTURE_CELL if term == "texture" else CELL
            weight = cells(cover[None, :rows, :columns, None], side)[..., 0]
            sums[term] += (np.minimum(value, MOST[term]) * weight).sum(), weight.sum()
    return {term: float(total / weight) for term, (total, weight) in sums.items()}


def coded(picture: Picture, face: NDArray[np.float32], vae: Path) -> Picture:
    """A picture through the autoencoder as the two passes send it: whole, and its face once more in a crop."""
    import cv2

    from pipeline.composite.layer import where
    from pipeline.passes.placement import resized

    height, width = face.shape
    out = through(picture, (WHOLE * width // height // 8 * 8, WHOLE), vae)
    box = where(face).grown(12).clipped(width, height)
    out_face = resized(through(np.ascontiguousarray(box.cut(picture)), (FACE, FACE), vae), (box.width, box.height))
    alpha = cv2.merge([box.cut(face)] * 3)
    inside = box.cut(out)
    inside[:] = (inside + (out_face.astype(np.float32) - inside) * alpha).round().astype(np.uint8)
    return out


def through(picture: Picture, size: tuple[int, int], vae: Path) -> Picture:
    """A picture at `size` through the autoencoder, and back at its own size."""
    from pipeline.passes.placement import resized
    from training.draft.evaluate import reconstructed

    whole = (picture.shape[1], picture.shape[0])
    return resized(reconstructed(resized(picture, size)[None].copy(), vae)[0], whole).copy()


def write_sheet(frames: Sequence[Seen], path: Path) -> None:
    """Plate, render and film side by side, a row a shot, as JPEG."""
    from PIL import Image

    from pipeline.passes.placement import resized

    tall = WIDE * 9 // 16
    rows = [np.concatenate([resized(p, (WIDE, tall)) for p in (f.plate, f.render, f.film)], 1) for f in frames]
    Image.fromarray(np.concatenate(rows)).save(path, quality=88)


if __name__ == "__main__":
    sys.exit(main())

"""Measure the draft model on characters it never saw: `python -m training.draft.evaluate --data DATA --work WORK`.

Engine pictures of the validation split go through the product's own engine, the way the two passes of the draft preset
use it; the results are compared with the film pictures of the same moments. Prints a table and writes
`evaluation.json` and contact sheets (engine | draft | film) into WORK.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.engine.batch import Batch, Hint, Noise, Sampling
from pipeline.engine.engine import Engine, Priority
from pipeline.measure.expression import CURVES, signs_of
from pipeline.models.store import ModelStore
from pipeline.people.finder import FaceFinder
from pipeline.recipe.passes import ControlKind
from training.draft.asked import of_pairs
from training.draft.batches import Cache
from training.draft.corpus import LOOKS, Look, pictures
from training.draft.denoiser import load_cache

Pictures = NDArray[np.uint8]
PROMPT, NEGATIVE = "film still, 35 mm photograph, natural skin texture", ""
CELL = 8
"""Colour and light are compared as means over cells of this many pixels: fine detail is the texture's affair."""
TEXTURE_CELL = 16
AT_ONCE = 8
SMALLEST_FACE = 10


@dataclass(frozen=True)
class Trial:
    """One way of using the model. view: number of the view (0 whole picture, 2 face crop)."""

    name: str
    view: int
    sampling: Sampling
    controls: tuple[ControlKind, ...]


def trials(guidance_scale: float) -> tuple[Trial, ...]:
    """The body and the face pass as the source workflow sets them, and each at a gentler strength."""
    every: tuple[ControlKind, ...] = ("canny", "openpose", "mediapipe_face")
    return (
        Trial("body 0.65", 0, Sampling("euler", 25, 0.65, guidance_scale, 1), every),
        Trial("body 0.35", 0, Sampling("euler", 25, 0.35, guidance_scale, 1), every),
        Trial("face 0.5", 2, Sampling("euler", 30, 0.5, guidance_scale, 1), ("mediapipe_face",)),
        Trial("face 0.25", 2, Sampling("euler", 30, 0.25, guidance_scale, 1), ("canny", "mediapipe_face")),
    )


def cells(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Means over squares of `side` pixels: [n, h, w, c] -> [n, h / side, w / side, c]."""
    n, height, width, channels = values.shape
    return values.reshape(n, height // side, side, width // side, side, channels).mean((2, 4)).astype(np.float32)


def lab(batch: Pictures) -> NDArray[np.float32]:
    """CIE L*a*b*, float32 [n, h, w, 3]: L in 0..100."""
    return np.stack([cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for picture in batch])


def texture(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much fine detail there is in each cell: the deviation of L* from its surround (sigma 2 pixels)."""
    fine = np.stack([plane - cv2.GaussianBlur(plane, (0, 0), 2) for plane in lightness])
    return np.sqrt(cells(np.square(fine)[..., None], TEXTURE_CELL))


def distances(one: Pictures, other: Pictures) -> dict[str, float]:
    """Mean distances of two sets of pictures in units of L*a*b*: colour (a*, b*), light (L*), texture (fine L*)."""
    first, second = lab(one), lab(other)
    coarse = np.abs(cells(first, CELL) - cells(second, CELL))
    return {
        "colour": float(np.hypot(coarse[..., 1], coarse[..., 2]).mean()),
        "light": float(coarse[..., 0].mean()),
        "texture": float(np.abs(texture(first[..., 0]) - texture(second[..., 0])).mean()),
    }


def signs(batch: Pictures) -> NDArray[np.float64]:
    """Mouth, smile, eyes and brow of the largest face of each picture, [n, 4]; nan where there is none."""
    with FaceFinder() as finder:
        found = [finder.find(picture, SMALLEST_FACE) for picture in batch]
    return np.array([signs_of(faces[0].points)[: len(CURVES)] if faces else [np.nan] * len(CURVES) for faces in found])


def expression_kept(before: Pictures, after: Pictures) -> dict[str, float]:
    """Correlation of each sign over the pictures, and the share of the faces before that are found after."""
    first, second = signs(before), signs(after)
    had, both = ~np.isnan(first[:, 0]), ~np.isnan(first[:, 0] + second[:, 0])
    kept = {name: float(np.corrcoef(first[both, i], second[both, i])[0, 1]) for i, name in enumerate(CURVES)}
    return {"faces found": float(both.sum() / max(had.sum(), 1)), **kept}


def psnr(one: Pictures, other: Pictures) -> float:
    """Peak signal-to-noise ratio in decibels, the mean over pictures."""
    error = np.square(one.astype(np.float32) - other).mean((1, 2, 3))
    return float((20 * np.log10(255) - 10 * np.log10(error)).mean())


def reconstructed(batch: Pictures, vae_folder: Path) -> Pictures:
    """The pictures through the exported autoencoder and back."""
    import torch
    from diffusers import AutoencoderTiny

    vae = AutoencoderTiny.from_pretrained(vae_folder, local_files_only=True)
    out = []
    with torch.no_grad():
        for first in range(0, len(batch), AT_ONCE):
            part = torch.from_numpy(batch[first : first + AT_ONCE]).permute(0, 3, 1, 2) / 127.5 - 1
            decoded = vae.decoder(vae.encoder(part))
            out.append(((decoded.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy())
    return np.concatenate(out)


def rendered(trial: Trial, rows: Sequence[int], engine_pictures: Pictures, cache: Cache, engine: Engine) -> Pictures:
    """The engine pictures worked over as the trial says."""
    store = ModelStore(Path("models"))
    out = []
    for first in range(0, len(rows), AT_ONCE):
        part = rows[first : first + AT_ONCE]
        hints = tuple(
            Hint(store.control(f"draft-{kind}"), shown(cache, kind, part, trial.view), 1.0, 0.0, 1.0)
            for kind in trial.controls
        )
        batch = Batch(
            store.checkpoint("draft"),
            engine_pictures[first : first + AT_ONCE],
            tuple(range(len(part))),
            None,
            hints,
            PROMPT,
            NEGATIVE,
            trial.sampling,
            Noise("fixed", 1, "evaluation"),
        )
        out.append(engine.img2img(batch, Priority.RENDER))
    return np.concatenate(out)


def shown(cache: Cache, kind: str, rows: Sequence[int], view: int) -> Pictures:
    """Cached hints of these pairs as uint8 [n, 256, 256, 3]."""
    array = np.stack([cache.hints[kind][row, view] for row in rows])
    return np.repeat(array, 3, -1) if array.shape[-1] == 1 else array


def sheet(columns: Sequence[Pictures], file: Path, count: int) -> None:
    """Write the first `count` rows of pictures side by side, two rows of the sheet's table next to each other."""
    rows = [np.concatenate([column[i] for column in columns], 1) for i in range(min(count, len(columns[0])))]
    half = (len(rows) + 1) // 2
    rows += [np.zeros_like(rows[0])] * (2 * half - len(rows))
    Image.fromarray(np.concatenate([np.concatenate(rows[:half]), np.concatenate(rows[half:])], 1)).save(
        file, quality=90
    )


def evaluate(data: Path, work: Path, count: int, guidance_scale: float) -> dict[str, dict[str, float]]:
    """All figures: for each trial the engine picture's own distances to the film picture, and the draft's."""
    cache = load_cache(data, work)
    rows = [int(row) for row in np.random.default_rng(0).permutation(cache.rows("val"))[:count]]
    looks: dict[Look, Pictures] = {look: pictures(data, work, look) for look in LOOKS}
    facts: dict[str, dict[str, float]] = {"vae": {}}
    vae = ModelStore(Path("models")).checkpoint("draft").folder / "vae"
    for look, array in looks.items():
        originals = np.stack([array[row] for row in rows])
        facts["vae"][f"psnr {look}"] = psnr(originals, reconstructed(originals, vae))
    with Engine() as engine:
        for trial in trials(guidance_scale):
            seen = {look: np.stack([cache.views[r][trial.view].of(a[r]) for r in rows]) for look, a in looks.items()}
            result = rendered(trial, rows, seen["engine"], cache, engine)
            own, left = distances(seen["engine"], seen["film"]), distances(result, seen["film"])
            facts[trial.name] = {f"{k} engine": v for k, v in own.items()} | {f"{k} draft": v for k, v in left.items()}
            facts[f"{trial.name} expression draft"] = expression_kept(seen["engine"], result)
            facts[f"{trial.name} expression film"] = expression_kept(seen["engine"], seen["film"])
            sheet((seen["engine"], result, seen["film"]), work / f"{trial.name.replace(' ', '-')}.jpg", 12)
    return facts


def main() -> None:
    """Command line entry."""
    parser = of_pairs(__doc__)
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--guidance-scale", type=float, default=1.5)
    arguments = parser.parse_args()
    facts = evaluate(arguments.data, arguments.work, arguments.count, arguments.guidance_scale)
    (arguments.work / "evaluation.json").write_text(json.dumps(facts, indent=2) + "\n")
    for name, figures in facts.items():
        print(name, {key: round(value, 2) for key, value in figures.items()})


if __name__ == "__main__":
    main()

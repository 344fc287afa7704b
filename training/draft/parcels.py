"""Carry the caches to another machine: `python -m training.draft.parcels pack --data DATA --work WORK --out FOLDER`.

`unpack` on the other side puts them where the training looks for them. Hints travel as they are, latents in 8 bits: an
error of some hundredths beside a deviation of 2. Parcels hold whole pairs in their order, so that training can begin
when the first has come.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from pipeline.files import atomic
from pipeline.recipe.passes import ControlKind
from training.draft.asked import of_pairs
from training.draft.corpus import LOOKS, read_pairs
from training.draft.given import GIVEN, Given
from training.draft.hints import CONTROLS, hint_array, views_file
from training.draft.latents import latent_array, pairs_done
from training.draft.views import read_views

PAIRS, VIEWS = "pairs.jsonl", "views.jsonl"
STEPS = 127
"""Levels on either side of nought that a latent of 8 bits has."""
MB = 1_000_000
DEFLATED = zipfile.ZIP_DEFLATED
KINDS: tuple[ControlKind, ...] = get_args(ControlKind)
Arrays = dict[str, NDArray]


def arrays_of(work: Path, pairs: int, given: Sequence[Given]) -> Arrays:
    """The caches in `work`, by the names they travel under. given: what there is of depth and normals besides."""
    hints: Arrays = {f"hints-{kind}": hint_array(work, kind, pairs) for kind in CONTROLS}
    hints |= {f"hints-{kind}": hint_array(work, kind, pairs) for kind in given}
    return hints | {f"latents-{look}": latent_array(work, look, pairs) for look in LOOKS}


def pack(data: Path, work: Path, out: Path, most: float, given: Sequence[Given] = ()) -> int:
    """Write parcels of at most about `most` MB below `out`; returns how many."""
    pairs = read_pairs(data)
    arrays = arrays_of(work, len(pairs), given)
    ready = min(len(read_views(views_file(work))), *(pairs_done(arrays[f"latents-{look}"]) for look in LOOKS))
    row = parcels = 0
    while row < ready or parcels == 0:
        with (
            atomic(out / f"parcel-{parcels:03d}.zip") as part,
            zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file,
        ):
            file.write(data / PAIRS, PAIRS)
            file.write(views_file(work), VIEWS)
            first = row
            while row < ready and (row == first or part.stat().st_size < most * MB):
                for name, array in arrays.items():
                    file.writestr(f"{row}/{name}", _bytes(array[row]))
                row += 1
        parcels += 1
    return parcels


def unpack(parcels: Path, data: Path, work: Path) -> int:
    """Put every parcel's pairs into the caches below `work`; returns how many pairs there were."""
    rows: set[str] = set()
    for parcel in sorted(parcels.glob("parcel-*.zip")):
        with zipfile.ZipFile(parcel) as file:
            for name, target in ((PAIRS, data / PAIRS), (VIEWS, views_file(work))):
                with atomic(target) as part:
                    part.write_bytes(file.read(name))
            names = [name for name in file.namelist() if name not in (PAIRS, VIEWS)]
            for name in {name.partition("/")[2] for name in names} - {path.stem for path in work.glob("*.npy")}:
                _empty(work, name, len(read_pairs(data)))
            arrays = arrays_of(work, len(read_pairs(data)), there(work))
            for name in names:
                row, _, cache = name.partition("/")
                arrays[cache][int(row)] = _values(file.read(name))
                rows.add(row)
    return len(rows)


def there(work: Path) -> list[Given]:
    """Which of depth and normals have a cache in `work`."""
    return [kind for kind in GIVEN if (work / f"hints-{kind}.npy").exists()]


def _empty(work: Path, name: str, pairs: int) -> None:
    """Make the file of a cache that is not there yet."""
    what, _, kind = name.partition("-")
    if what == "hints":
        hint_array(work, next(known for known in KINDS if known == kind), pairs)
    else:
        latent_array(work, next(look for look in LOOKS if look == kind), pairs)


def _bytes(values: NDArray) -> bytes:
    """One pair's hints as they are, or its latents in 8 bits with their step."""
    buffer = io.BytesIO()
    if values.dtype == np.uint8:
        np.savez(buffer, hint=values)
    else:
        step = np.float32(max(float(np.abs(values).max()), 1e-6) / STEPS)
        np.savez(buffer, latent=np.round(values / step).astype(np.int8), step=step)
    return buffer.getvalue()


def _values(content: bytes) -> NDArray:
    with np.load(io.BytesIO(content)) as held:
        return held["hint"] if "hint" in held else held["latent"] * held["step"]


def main() -> None:
    """Command line entry."""
    parser = of_pairs(__doc__)
    parser.add_argument("what", choices=("pack", "unpack"), help="unpack also writes pairs.jsonl to DATA")
    parser.add_argument("--out", type=Path, required=True, help="folder of the parcels")
    parser.add_argument("--given", choices=GIVEN, nargs="*", default=[], help="pack these, too; normals are large")
    parser.add_argument("--most", type=float, default=12.0, help="size of a parcel in MB")
    asked = parser.parse_args()
    if asked.what == "pack":
        print(f"{pack(asked.data, asked.work, asked.out, asked.most, asked.given)} parcels in {asked.out}")
    else:
        print(f"{unpack(asked.out, asked.data, asked.work)} pairs from {asked.out}")


if __name__ == "__main__":
    main()

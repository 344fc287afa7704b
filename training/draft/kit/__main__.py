"""`python -m training.draft.kit pairs --assets ASSETS --out DATA --count 800`: make pictures, or check them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import PhotoplayError
from training.draft.kit.plan import OF_NOBODY, OF_ONE
from training.draft.kit.records import faults, read_rows

if TYPE_CHECKING:
    from training.draft.kit.studio import Means

FAULT = 2


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="python -m training.draft.kit", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    add = commands.add_parser("pairs", help="make training pairs; what is there already is kept")
    _add_means(add, 256, 256)
    add.add_argument("--first", type=int, default=0, help="number of the first pair")
    add.add_argument("--count", type=int, default=8, help="how many pairs; eight in a row share their people")
    add.add_argument("--workers", type=int, default=1, help="processes at once")
    add.add_argument("--minutes", type=float, help="stop after so many minutes; the same command goes on later")
    add.set_defaults(run=pairs)
    add = commands.add_parser("shot", help="make a shot: plates, passes, film frames and what is true in each")
    _add_means(add, 448, 256)
    add.add_argument("--seed", type=int, required=True, help="of set, camera and acting")
    add.add_argument("--character", type=int, help="who plays; without it the set is empty")
    add.add_argument("--subject", choices=list(OF_NOBODY), default="room", help="the set where nobody plays")
    add.add_argument("--framing", choices=list(OF_ONE), default="close-up")
    add.add_argument("--frames", type=int, default=48)
    add.add_argument("--film-every", type=int, default=0, help="of so many frames one is filmed too")
    add.set_defaults(run=shot)
    add = commands.add_parser("portraits", help="make film pictures of one person with captions, for a LoRA")
    _add_means(add, 384, 384)
    add.add_argument("--character", type=int, required=True, help="300 to 399")
    add.add_argument("--name", required=True, help="the word that a LoRA is to learn")
    add.add_argument("--count", type=int, default=20)
    add.set_defaults(run=portraits)
    add = commands.add_parser("check", help="compare a set with its rows: files, hashes, splits")
    add.add_argument("--out", type=Path, required=True, help="folder of the set")
    add.set_defaults(run=check)
    return top


def _add_means(add: argparse.ArgumentParser, width: int, height: int) -> None:
    add.add_argument("--assets", type=Path, required=True, help="hair, clothes, eyes, teeth and rig of MakeHuman")
    add.add_argument("--out", type=Path, required=True, help="folder that is written to")
    add.add_argument("--size", type=int, nargs=2, default=(width, height), metavar=("WIDTH", "HEIGHT"))
    add.add_argument("--samples", type=int, default=6, help="rays a pixel of the film look")
    add.add_argument("--texels", type=int, default=2048, help="side of the skin's texture")
    add.add_argument("--threads", type=int, default=1, help="processor threads of each process; 0 for all")


def _means(options: argparse.Namespace) -> Means:
    from training.draft.kit.studio import Means

    width, height = options.size
    return Means(options.assets, (width, height), options.samples, options.texels, options.threads)


def pairs(options: argparse.Namespace) -> int:
    """Make pairs."""
    from training.draft.kit.pairs import Order, make_pairs

    order = Order(_means(options), options.out, options.first, options.count, options.workers, options.minutes)
    print(f"{options.out}: {make_pairs(order)} of {options.count} pairs are there")
    return 0


def shot(options: argparse.Namespace) -> int:
    """Make a shot."""
    from training.draft.kit.shots import ShotOrder, make_shot

    asked = ("seed", "character", "subject", "framing", "frames", "film_every")
    make_shot(ShotOrder(_means(options), options.out, **{name: getattr(options, name) for name in asked}))
    print(f"{options.out}: {options.frames} frames")
    return 0


def portraits(options: argparse.Namespace) -> int:
    """Make pictures of one person."""
    from training.draft.kit.portraits import PortraitOrder, make_portraits

    make_portraits(PortraitOrder(_means(options), options.out, options.character, options.name, options.count))
    print(f"{options.out}: {options.count} pictures")
    return 0


def check(options: argparse.Namespace) -> int:
    """Say what is wrong with a set; 2 when anything is."""
    found = faults(options.out)
    for fault in found:
        print(fault)
    print(f"{options.out}: {len(read_rows(options.out))} pairs, {len(found)} faults")
    return FAULT if found else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0 done, 2 refused with one sentence."""
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except PhotoplayError as error:
        print(error, file=sys.stderr)
        return FAULT


if __name__ == "__main__":
    sys.exit(main())

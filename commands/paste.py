"""The command `python cli.py paste`: a recipe out of a picture that Photoplay or Auto1111 wrote, or out of a text."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.errors import RecipeError
    from pipeline.recipe.infotext import Infotext
    from studio import Studio

Open = Callable[[argparse.Namespace], "Studio"]
"""Opens the studio of the home that the options name."""


def add_options(paste: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `paste`."""
    paste.add_argument(
        "body", type=Path, help="a PNG that Photoplay or Auto1111 wrote, or a text file with its settings"
    )
    paste.add_argument("--face", type=Path, help="the same for the face pass")
    paste.add_argument("--out", type=Path, required=True, help="the recipe file to write, ending in .toml")


def run(options: argparse.Namespace, open_studio: Open) -> int:
    """Write the recipe and say what could not be taken over. Returns 0. Raises PhotoplayError."""
    from pipeline.files import atomic
    from pipeline.models.record import names_by_hash
    from pipeline.recipe.in_png import recipe_in_png
    from pipeline.recipe.load import save_recipe
    from pipeline.recipe.pasted import recipe_from

    face = _read(options.face) if options.face is not None else None
    with open_studio(options) as studio:
        known = names_by_hash(studio.home / "models")
    if face is None and _is_picture(options.body):
        pasted = recipe_in_png(_bytes(options.body), known)
    else:
        pasted = recipe_from(_read(options.body), face, known)
    with atomic(options.out) as part:
        save_recipe(pasted.recipe, part)
    for sentence in pasted.left_out:
        print(f"Note: {sentence}", file=sys.stderr)
    if options.json:
        print(json.dumps({"recipe": str(options.out), "left_out": pasted.left_out}))
    else:
        print(f"{options.out}: render it with `python cli.py render SHOT --preset {options.out} --out FOLDER`.")
    return 0


def _read(path: Path) -> Infotext:
    """Auto1111's settings in a PNG or a text file. Raises RecipeError."""
    from pipeline.recipe.infotext import infotext_in_png, parse_infotext

    data = _bytes(path)
    try:
        return parse_infotext(infotext_in_png(data) if _is_picture(path) else data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _unreadable(path) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path) from error


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() != ".txt"


def _unreadable(path: Path) -> RecipeError:
    from pipeline.errors import RecipeError

    return RecipeError(f"{path} cannot be read.", "Give a PNG that Auto1111 wrote, or a .txt with its text.")

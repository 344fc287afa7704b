"""The command `python cli.py paste`: a recipe out of the settings that Auto1111 wrote into a picture or a text."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.recipe.infotext import Infotext
    from studio import Studio

Open = Callable[[argparse.Namespace], "Studio"]
"""Opens the studio of the home that the options name."""


def add_options(paste: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `paste`."""
    paste.add_argument("body", type=Path, help="a PNG that Auto1111 wrote, or a text file with its settings")
    paste.add_argument("--face", type=Path, help="the same for the face pass")
    paste.add_argument("--out", type=Path, required=True, help="the recipe file to write, ending in .toml")


def run(options: argparse.Namespace, open_studio: Open) -> int:
    """Write the recipe and say what could not be taken over. Returns 0. Raises PhotoplayError."""
    from pipeline.files import atomic
    from pipeline.models.record import names_by_hash
    from pipeline.recipe.load import save_recipe
    from pipeline.recipe.pasted import recipe_from

    body = _read(options.body)
    face = _read(options.face) if options.face is not None else None
    with open_studio(options) as studio:
        pasted = recipe_from(body, face, names_by_hash(studio.home / "models"))
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
    """The settings in a PNG or a text file. Raises RecipeError."""
    from pipeline.errors import RecipeError
    from pipeline.recipe.infotext import infotext_in_png, parse_infotext

    try:
        data = path.read_bytes()
        picture = path.suffix.lower() != ".txt"
        return parse_infotext(infotext_in_png(data) if picture else data.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"{path} cannot be read.", "Give a PNG that Auto1111 wrote, or a .txt with its text."
        ) from error

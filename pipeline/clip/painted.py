"""Mattes that somebody painted: kept with the shot, called by what is in them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from pipeline.clip.shot import Shot
from pipeline.clip.still import decode_png, encode_png
from pipeline.errors import FootageError
from pipeline.files import atomic, explained
from pipeline.frames import Mask
from pipeline.recipe.regions import Carried

FOLDER = "painted"
"""The folder of painted mattes beside a plate, or in the folder of its shot."""
INSIDE = 128
"""Level of 255 from which a painted pixel counts."""


def painted_folder(shot: Shot) -> Path:
    """Where the painted mattes of a shot lie: the folder it names, or `painted` beside its plate."""
    return shot.painted or shot.plate.parent / FOLDER


def keep_painted(shot: Shot, mask: Mask) -> str:
    """Keep a matte with its shot, and return the sha256 that recipes call it by.

    mask: uint8 [height, width], 128 and above = inside. Raises FootageError for an empty one or one of another size
    than the plate, OutputError when it cannot be written.
    """
    hard = np.where(mask >= INSIDE, 255, 0).astype(np.uint8)
    if hard.shape != (shot.height, shot.width):
        raise FootageError(
            f"The painted matte is {hard.shape[1]}x{hard.shape[0]}, and {shot.name} is {shot.width}x{shot.height}.",
            "Paint it on a frame of this shot.",
        )
    if not hard.any():
        raise FootageError("The painted matte is empty.", "Paint over what is to be changed.")
    data = encode_png(hard)
    name, folder = hashlib.sha256(data).hexdigest(), painted_folder(shot)
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with atomic(folder / f"{name}.png") as part:
        part.write_bytes(data)
    return name


def read_picture_matte(path: Path) -> Mask:
    """The matte in a picture file: its transparency where it has any, else its brightness. Raises FootageError."""
    try:
        with Image.open(path) as picture:
            alpha = np.asarray(picture.convert("RGBA").getchannel("A"), np.uint8)
            return alpha if alpha.min() < 255 else np.asarray(picture.convert("L"), np.uint8)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise FootageError(f"{path.name} is not a picture that can be read as a matte.", "Give a PNG.") from error


def painted_of(shot: Shot, pass_name: str, region: Carried) -> Mask:
    """What was painted for a pass, uint8 [height, width], 0 or 255.

    Raises FootageError when it is not with the shot or does not fit it.
    """
    folders = (painted_folder(shot), shot.plate.parent / FOLDER)
    path = next((path for folder in folders if (path := folder / f"{region.matte}.png").is_file()), None)
    if path is None or hashlib.sha256(data := path.read_bytes()).hexdigest() != region.matte:
        raise FootageError(
            f"The painted matte {region.matte[:8]} of the pass {pass_name} is not kept with {shot.name}.",
            "Paint it again on this shot.",
        )
    if region.frame not in shot.frames:
        raise FootageError(
            f"The matte of the pass {pass_name} was painted on frame {region.frame}, which {shot.name} does not have.",
            f"It has frames {shot.frames.first}-{shot.frames.last}.",
        )
    mask = decode_png(data)
    if mask.shape != (shot.height, shot.width):
        raise FootageError(f"The painted matte of the pass {pass_name} has another size than {shot.name}.")
    return mask

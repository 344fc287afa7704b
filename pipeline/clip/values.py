"""Picture files of every kind as plain numbers, before anybody says what the numbers mean."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pipeline.clip.exr import Part, read_headers, read_parts
from pipeline.errors import FootageError

LUMINANCE = ("R", "Y", "V")
"""Names under which EXR files keep a single value, the most usual first."""

FORMATS = ("PNG", "JPEG", "TIFF")
"""What Pillow may take a picture for, whatever its name says."""


@dataclass(frozen=True, eq=False)
class Values:
    """What one picture file holds.

    pixels: [height, width, channels], channels in the order R, G, B, A as far as there are any; uint8 or uint16 for
    files of 8 and 16 bits, float32 for EXR and float TIFF. part: the EXR part it came from, with all its channels.
    """

    pixels: NDArray[Any]
    part: Part | None = None

    @property
    def scaled(self) -> NDArray[np.float32]:
        """The pixels as float32; 8 and 16 bits become 0..1, floats stay as they are."""
        if self.pixels.dtype == np.float32:
            return np.asarray(self.pixels, np.float32)
        return self.pixels.astype(np.float32) / np.float32(np.iinfo(self.pixels.dtype).max)


def read_values(path: Path, part: str | None = None, layer: str = "") -> Values:
    """The numbers in one picture file: EXR, PNG, JPEG or TIFF.

    part: which part of a multi-part EXR; None takes the only or the first one. layer: the prefix of the channels to
    take, without its full stop; "" takes those without a prefix, or all where none is without.
    Raises FootageError, naming the file, when it is not there, cannot be read or has no such part or layer.
    """
    if not path.is_file():
        raise FootageError(f"There is no picture at {path}.", "Export this frame again.")
    if path.suffix.lower() == ".exr":
        chosen = chosen_layer(path, chosen_part(path, read_parts(path), part), layer)
        return Values(colour_channels(path, chosen), chosen)
    return Values(_decoded(path))


def chosen_part(path: Path, parts: tuple[Part, ...], name: str | None) -> Part:
    """The part of this name, or the first one for None. Raises FootageError when there is none."""
    for part in parts:
        if name is None or part.name == name:
            return part
    raise FootageError(f"{path.name} has no part {name}.", "Export the sequence with the same passes in every frame.")


def chosen_layer(path: Path, part: Part, layer: str) -> Part:
    """The part with the channels of one layer alone, their prefix taken off. Raises FootageError when it has none."""
    names = {name: name.rpartition(".") for name in part.channels}
    wanted = [name for name, (prefix, _, _) in names.items() if prefix == layer]
    if not wanted and layer == "":
        wanted = list(names)
    if not wanted:
        raise FootageError(
            f"{path.name} has no layer {layer}.", "Export the sequence with the same passes in every frame."
        )
    return replace(part, channels={names[name][2]: part.channels[name] for name in wanted})


def colour_channels(path: Path, part: Part) -> NDArray[np.float32]:
    """R, G, B and A of a part, or its only value.

    X, Y, Z, as some exporters name vectors, count as R, G, B. float32 [height, width, 1 to 4].
    Raises FootageError when the part has no channels.
    """
    plain = {name.upper(): np.asarray(values, np.float32) for name, values in part.channels.items()}
    for order in ("RGBA", "XYZ"):
        names = [name for name in order if name in plain]
        if len(names) >= 2 and names == list(order[: len(names)]):
            return np.stack([plain[name] for name in names], axis=-1)
    for name in (*LUMINANCE, *plain):
        if name in plain:
            return plain[name][:, :, None]
    raise FootageError(f"{path.name} has no channels.", "Export this frame again.")


def _decoded(path: Path) -> NDArray[Any]:
    data = np.fromfile(path, np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if len(data) else None
    if pixels is None:
        raise FootageError(f"{path.name} is damaged, cut short or not a picture.", "Export this frame again.")
    if pixels.dtype not in (np.uint8, np.uint16, np.float32):
        raise FootageError(f"{path.name} holds {pixels.dtype} values.", "Export it with 8 or 16 bits, or as EXR.")
    if pixels.ndim == 2:
        return pixels[:, :, None]
    order = [2, 1, 0, 3][: pixels.shape[2]] if pixels.shape[2] > 2 else [0, 1][: pixels.shape[2]]
    return np.ascontiguousarray(pixels[..., order])


def size_of(path: Path) -> tuple[int, int]:
    """Width and height of a picture file, from its header alone. Raises FootageError when it has no sound header."""
    if path.suffix.lower() == ".exr":
        header = read_headers(path)[0]
        return header.width, header.height
    try:
        with Image.open(path, formats=FORMATS) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise FootageError(
            f"{path.name} is damaged, cut short or not a picture.", "Export this frame again."
        ) from error

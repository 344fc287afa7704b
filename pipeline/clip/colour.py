"""The only colour conversions: decoded pictures to RGB, and what ffmpeg is told when RGB is encoded.

RGB here is full range, 8 bits, display-referred. Only the YUV matrix and the range are converted. The transfer curve
is not touched in either direction: a picture shows the same on the same display before and after, which is what
players do with bt709 and sRGB. Three kinds of picture are not display-referred and are made so: scene-linear light,
high dynamic range (`tone`), and what a studio shows through its OpenColorIO config.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray

from pipeline.clip.tone import HighRange, shown_light
from pipeline.errors import FootageError
from pipeline.frames import Picture

MATRICES = {1: "bt709", 4: "fcc", 5: "bt601", 6: "bt601", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}
"""Our name for each matrix number of ITU-T H.273, table 4, that can be converted."""

SWSCALE = {
    "bt709": Colorspace.ITU709,
    "fcc": Colorspace.FCC,
    "bt601": Colorspace.ITU601,
    "smpte240m": Colorspace.SMPTE240M,
    "bt2020": Colorspace.BT2020,
}

UNSPECIFIED = 2
"""The matrix and transfer number that says nothing (ITU-T H.273)."""

WIDE_TRANSFERS: dict[int, HighRange] = {16: "PQ", 18: "HLG"}
"""Transfer numbers of high dynamic range (ITU-T H.273, table 3)."""

EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.BITEXACT
"""Chroma is interpolated, and the same numbers come out on every processor."""

TO_BT709 = (
    "scale=in_range=full:out_range=limited:out_color_matrix=bt709"
    ":flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact",
    "setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709",
)
"""ffmpeg filters that turn full-range RGB into limited-range bt709, tagged as such."""


@dataclass(frozen=True)
class Colour:
    """How pictures become RGB. matrix: a name in MATRICES, or "rgb". full: full range (0..255), else 16..235.

    high: the transfer curve of a picture of high dynamic range, which is tone-mapped; None for an ordinary one.
    """

    matrix: str
    full: bool
    notes: tuple[str, ...]
    high: HighRange | None = None


def colour_of(frame: VideoFrame) -> Colour:
    """How this picture is to be converted, from what the file says or, where it is silent, from what players assume.

    Silent about the matrix: bt709 from 720 lines or 1280 columns up, bt601 below. Silent about the range: limited,
    except for the formats that are full by definition. Raises FootageError for a matrix that cannot be converted.
    """
    notes = []
    high = WIDE_TRANSFERS.get(frame.color_trc)
    if high is not None:
        notes.append(f"The clip is high dynamic range ({high}); it was tone-mapped for an ordinary display.")
    if frame.format.is_rgb or frame.format.name == "pal8":
        return Colour("rgb", True, tuple(notes), high)
    full = frame.color_range == ColorRange.JPEG or frame.format.name.startswith(("yuvj", "gray"))
    full = full and frame.color_range != ColorRange.MPEG
    if frame.format.name.startswith("gray"):
        return Colour("bt709", full, tuple(notes), high)
    if frame.colorspace in (UNSPECIFIED, 0, 3):
        matrix = "bt709" if frame.height >= 720 or frame.width >= 1280 else "bt601"
        notes.append(f"The file does not name its colour matrix; {matrix} was assumed.")
        return Colour(matrix, full, tuple(notes), high)
    if frame.colorspace not in MATRICES:
        raise FootageError("The clip's colour matrix cannot be converted.", "Export it with Rec. 709 colour.")
    return Colour(MATRICES[frame.colorspace], full, tuple(notes), high)


def has_alpha(frame: VideoFrame) -> bool:
    """Whether the picture carries transparency."""
    return any(component.is_alpha for component in frame.format.components) or frame.format.name == "pal8"


def to_rgb(frame: VideoFrame, colour: Colour) -> Picture:
    """The picture as stored (not yet rotated), full-range RGB; transparency, taken as straight, is laid over black.

    High dynamic range is converted with 16 bits and tone-mapped; its transparency is not looked at.
    """
    alpha = has_alpha(frame) and colour.high is None
    converted = frame.reformat(
        format="rgb48le" if colour.high else "rgba" if alpha else "rgb24",
        src_colorspace=SWSCALE.get(colour.matrix),
        src_color_range=ColorRange.JPEG if colour.full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=EXACT,
        threads=1,
    )
    pixels = converted.to_ndarray()
    if colour.high is not None:
        return display_from_linear(shown_light(pixels.astype(np.uint16, copy=False), colour.high))
    return _over_black(pixels) if alpha else np.ascontiguousarray(pixels, np.uint8)


def _over_black(pixels: np.ndarray) -> Picture:
    weighted = pixels[..., :3].astype(np.uint16) * pixels[..., 3:]
    return ((weighted + 127) // 255).astype(np.uint8)


def display_from_linear(linear: NDArray[np.float32]) -> Picture:
    """Scene-linear light as an sRGB picture, uint8 [h, w, 3], what is brighter than white cut off.

    linear: float32 [h, w, 3], 1 = white; not-a-number counts as black. The curve is that of IEC 61966-2-1:
    12.92 x up to 0.0031308, above it 1.055 x^(1/2.4) - 0.055.
    """
    light = np.clip(np.nan_to_num(linear, nan=0.0, posinf=1.0, neginf=0.0), 0, 1)
    shown = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return (shown * 255 + 0.5).astype(np.uint8)


def through_config(values: NDArray[np.float32], config: Path, space: str) -> Picture:
    """Pixels as a studio's OpenColorIO config shows them on its first display, in that display's first view; uint8.

    values: float32 [h, w, 3] in the config's colour space `space`. Raises FootageError when there is no such config,
    or it knows no such space.
    """
    pixels = np.ascontiguousarray(values, np.float32).copy()
    _processor(config, space).applyRGB(pixels)
    return eight_bits(pixels)


@functools.lru_cache(maxsize=4)
def _processor(config: Path, space: str) -> Any:
    import PyOpenColorIO

    ocio: Any = PyOpenColorIO
    try:
        read = ocio.Config.CreateFromFile(str(config))
        display = read.getDefaultDisplay()
        view = ocio.DisplayViewTransform(src=space, display=display, view=read.getDefaultView(display))
        return read.getProcessor(view).getDefaultCPUProcessor()
    except ocio.Exception as error:
        raise FootageError(
            f"The colour space {space} cannot be shown through {config.name}.", f"OpenColorIO says: {error}"
        ) from error


def linear_from_display(picture: Picture) -> NDArray[np.float32]:
    """The inverse of `display_from_linear`: uint8 [h, w, 3] to float32 in 0..1, 1 = white."""
    return linear_light(picture.astype(np.float32) / 255)


def linear_light(shown: NDArray[np.float32]) -> NDArray[np.float32]:
    """Display-referred values in 0..1 (sRGB, IEC 61966-2-1) as linear light, float32 of the same shape."""
    return np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4).astype(np.float32)


def eight_bits(shown: NDArray[np.float32]) -> Picture:
    """A display-referred picture, float32 in 0..1, as uint8; not-a-number counts as black."""
    return (np.clip(np.nan_to_num(shown, nan=0.0, posinf=1.0, neginf=0.0), 0, 1) * 255 + 0.5).astype(np.uint8)

"""The only colour conversions: decoded pictures to RGB, and what ffmpeg is told when RGB is encoded.

RGB here is full range, 8 bits, display-referred. Only the YUV matrix and the range are converted. The transfer curve
is not touched in either direction: a picture shows the same on the same display before and after, which is what
players do with bt709 and sRGB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation

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

WIDE_TRANSFERS = {16: "PQ", 18: "HLG"}
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
    """How pictures become RGB. matrix: a name in MATRICES, or "rgb". full: full range (0..255), else 16..235."""

    matrix: str
    full: bool
    notes: tuple[str, ...]


def colour_of(frame: VideoFrame) -> Colour:
    """How this picture is to be converted, from what the file says or, where it is silent, from what players assume.

    Silent about the matrix: bt709 from 720 lines or 1280 columns up, bt601 below. Silent about the range: limited,
    except for the formats that are full by definition. Raises FootageError for a matrix that cannot be converted.
    """
    notes = []
    if frame.color_trc in WIDE_TRANSFERS:
        curve = WIDE_TRANSFERS[frame.color_trc]
        notes.append(
            f"The clip is high dynamic range ({curve}); it is read as it stands and looks flat. Export it as Rec. 709."
        )
    if frame.format.is_rgb or frame.format.name == "pal8":
        return Colour("rgb", True, tuple(notes))
    full = frame.color_range == ColorRange.JPEG or frame.format.name.startswith(("yuvj", "gray"))
    full = full and frame.color_range != ColorRange.MPEG
    if frame.format.name.startswith("gray"):
        return Colour("bt709", full, tuple(notes))
    if frame.colorspace in (UNSPECIFIED, 0, 3):
        matrix = "bt709" if frame.height >= 720 or frame.width >= 1280 else "bt601"
        notes.append(f"The file does not name its colour matrix; {matrix} was assumed.")
        return Colour(matrix, full, tuple(notes))
    if frame.colorspace not in MATRICES:
        raise FootageError("The clip's colour matrix cannot be converted.", "Export it with Rec. 709 colour.")
    return Colour(MATRICES[frame.colorspace], full, tuple(notes))


def has_alpha(frame: VideoFrame) -> bool:
    """Whether the picture carries transparency."""
    return any(component.is_alpha for component in frame.format.components) or frame.format.name == "pal8"


def to_rgb(frame: VideoFrame, colour: Colour) -> Picture:
    """The picture as stored (not yet rotated), full-range RGB; transparency, taken as straight, is laid over black."""
    alpha = has_alpha(frame)
    converted = frame.reformat(
        format="rgba" if alpha else "rgb24",
        src_colorspace=SWSCALE.get(colour.matrix),
        src_color_range=ColorRange.JPEG if colour.full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=EXACT,
        threads=1,
    )
    pixels = converted.to_ndarray()
    return _over_black(pixels) if alpha else np.ascontiguousarray(pixels, np.uint8)


def _over_black(pixels: np.ndarray) -> Picture:
    weighted = pixels[..., :3].astype(np.uint16) * pixels[..., 3:]
    return ((weighted + 127) // 255).astype(np.uint8)

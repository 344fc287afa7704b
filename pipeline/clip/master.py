"""Masters: a delivery in the form that a grade, a composite or a page wants, beside the mp4 that everybody can play."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clip.colour import TO_BT709, linear_light
from pipeline.clip.encoder import QUIET, REPRODUCIBLE, SAFE, Soundtrack, piped, rational
from pipeline.clip.exr import write_parts
from pipeline.clip.shot import Shot
from pipeline.clip.sound import soundtrack
from pipeline.errors import OutputError
from pipeline.files import atomic
from pipeline.frames import FloatPicture, FrameRange, Layer, Mask
from pipeline.recipe.recipe import Master

PCM = ("-c:a", "pcm_s24le")
"""Sound in mov, without loss."""
SMALL = "fps=min(source_fps\\,15),scale=min(iw\\,480):-1:flags=lanczos"
"""Previews: at most 15 frames a second and 480 pixels wide."""


@dataclass(frozen=True)
class MasterFrame:
    """One frame of a master.

    pixels: float32 [h, w, 3] in 0..1, display-referred, premultiplied with alpha. alpha: float32 [h, w]; None = opaque.
    layers, mattes: what EXR carries along, mattes by the name of their pass. texts: puts texts into a PNG.
    """

    number: int
    pixels: FloatPicture
    alpha: NDArray[np.float32] | None = None
    layers: tuple[Layer, ...] = ()
    mattes: Mapping[str, Mask] = field(default_factory=dict)
    texts: Callable[[bytes], bytes] = bytes


@dataclass(frozen=True)
class Movie:
    """How a movie master is encoded. layout: pixel format, with alpha in `clear` where the codec has it.

    sides: what both sides must be multiples of. least: the smallest width and height it can have.
    """

    suffix: str
    codec: tuple[str, ...]
    layout: str
    clear: str = ""
    sound: tuple[str, ...] | None = ()
    sides: int = 1
    least: tuple[int, int] = (1, 1)


MOVIES: dict[Master, Movie] = {
    "h265": Movie(
        ".mp4",
        ("-c:v", "libx265", "-preset", "medium", "-crf", "12", "-tag:v", "hvc1", "-x265-params", "log-level=error"),
        "yuv420p10le",
        sides=2,
    ),
    "av1": Movie(".mp4", ("-c:v", "libsvtav1", "-preset", "6", "-crf", "18"), "yuv420p10le", sides=2, least=(64, 64)),
    "prores_422": Movie(".mov", ("-c:v", "prores_ks", "-profile:v", "hq"), "yuv422p10le", sound=PCM, sides=2),
    "prores_4444": Movie(
        ".mov", ("-c:v", "prores_ks", "-profile:v", "4444"), "yuv444p10le", clear="yuva444p10le", sound=PCM
    ),
    "dnxhr": Movie(
        ".mov", ("-c:v", "dnxhd", "-profile:v", "dnxhr_hqx"), "yuv422p10le", sound=PCM, sides=2, least=(256, 120)
    ),
    "ffv1": Movie(".mkv", ("-c:v", "ffv1", "-level", "3", "-slicecrc", "1"), "gbrp16le", clear="gbrap16le"),
    "gif": Movie(".gif", ("-loop", "0"), "", sound=None),
    "webp": Movie(".webp", ("-c:v", "libwebp_anim", "-quality", "80", "-loop", "0"), "yuv420p", sound=None),
}


def write_master(
    folder: Path, kind: Master, frames: Iterable[MasterFrame], shot: Shot, sound_range: FrameRange | None
) -> Path:
    """Write a master into `folder` and say where it lies: the movie, or the first picture of a sequence.

    Movies have the shot's rate and pixel aspect, are tagged bt709 and carry the sound of `sound_range`. PNG and TIFF
    have 16 bits and are display-referred, with straight alpha; EXR has half floats of linear light (sRGB primaries),
    premultiplied, with channels R, G, B, A, each layer as PASS.R to PASS.A, and each matte as matte.PASS.
    Raises OutputError when it cannot be written or the codec cannot hold pictures of this size.
    """
    check_master(kind, shot.width, shot.height)
    if kind in MOVIES:
        path = folder / f"master{MOVIES[kind].suffix}"
        _write_movie(path, MOVIES[kind], frames, shot, sound_range)
        return path
    first: Path | None = None
    for frame in frames:
        path = folder / "master" / f"{shot.name}_{frame.number:06d}.{'tif' if kind == 'tiff' else kind}"
        with atomic(path) as part:
            if kind == "exr":
                write_parts(part, {"": channels_of(frame)}, shot.rate)
            else:
                _write_deep(part, frame)
        first = first or path
    if first is None:
        raise OutputError("The master was not written: there are no frames.", "Choose at least one frame.")
    return first


def check_master(kind: Master, width: int, height: int) -> None:
    """Raise OutputError when a master of this kind cannot hold pictures of this size."""
    movie = MOVIES.get(kind)
    if movie is None:
        return
    if width % movie.sides or height % movie.sides or width < movie.least[0] or height < movie.least[1]:
        raise OutputError(
            f"A master of the kind {kind} cannot hold pictures of {width}x{height}.",
            "Choose another one, for instance prores_4444 or ffv1.",
        )


def channels_of(frame: MasterFrame) -> dict[str, NDArray[np.float16]]:
    """The EXR channels of a frame by name, as `write_master` says."""
    alpha = np.ones(frame.pixels.shape[:2], np.float32) if frame.alpha is None else frame.alpha
    named = {"": _rgba(frame.pixels, alpha)}
    named |= {f"{layer.pass_name}.": _rgba(layer.pixels, layer.alpha) for layer in frame.layers}
    channels = {f"{layer}{name}": plane for layer, planes in named.items() for name, plane in planes.items()}
    return channels | {f"matte.{name}": (mask / 255).astype(np.float16) for name, mask in frame.mattes.items()}


def _rgba(pixels: FloatPicture, alpha: NDArray[np.float32]) -> dict[str, NDArray[np.float16]]:
    """Premultiplied display-referred colour as premultiplied linear light: the curve is that of the straight colour."""
    straight = np.divide(pixels, alpha[..., None], out=np.zeros_like(pixels), where=alpha[..., None] > 0)
    light = linear_light(straight) * alpha[..., None]
    planes = {name: light[..., place].astype(np.float16) for place, name in enumerate("RGB")}
    return planes | {"A": alpha.astype(np.float16)}


def _straight(frame: MasterFrame) -> NDArray[np.uint16]:
    """uint16 [h, w, 3 or 4], straight colour."""
    planes = frame.pixels
    if frame.alpha is not None:
        alpha = frame.alpha[..., None]
        planes = np.concatenate((np.divide(planes, alpha, out=np.zeros_like(planes), where=alpha > 0), alpha), axis=2)
    return np.round(planes * 65535).clip(0, 65535).astype(np.uint16)


def _write_deep(path: Path, frame: MasterFrame) -> None:
    pixels = _straight(frame)
    done, data = cv2.imencode(path.suffix, np.ascontiguousarray(pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]))
    if not done:
        raise OutputError(f"{path.name} could not be written.", "Choose another form for the master.")
    path.write_bytes(frame.texts(data.tobytes()) if path.suffix == ".png" else data.tobytes())


def _write_movie(
    path: Path, movie: Movie, frames: Iterable[MasterFrame], shot: Shot, sound_range: FrameRange | None
) -> None:
    sound = Soundtrack() if movie.sound is None else soundtrack(shot, sound_range)

    def pictures() -> Iterator[NDArray[np.uint16]]:
        for frame in frames:
            yield _straight(frame)

    def arguments(first: NDArray[np.uint16]) -> list[str]:
        raw = ("-f", "rawvideo", "-pixel_format", "rgba64le" if first.shape[2] == 4 else "rgb48le")
        size = ("-video_size", f"{first.shape[1]}x{first.shape[0]}", "-framerate", rational(shot.rate))
        filters = ",".join((*_conversion(movie, first.shape[2] == 4), f"setsar={rational(shot.pixel_aspect)}"))
        video = ("-map", "0:v", "-vf", filters, *movie.codec)
        carried = (*sound.output, *(movie.sound or ())) if sound.output else ()
        return [*QUIET, *SAFE, *raw, *size, "-i", "pipe:0", *sound.source, *video, *carried, *REPRODUCIBLE]

    piped(path, pictures(), arguments)


def _conversion(movie: Movie, clear: bool) -> tuple[str, ...]:
    if movie.sound is None:
        palette = "split[a][b];[a]palettegen=stats_mode=full[p];[b][p]paletteuse=dither=sierra2_4a"
        return (SMALL, palette) if movie.suffix == ".gif" else (SMALL, f"format={movie.layout}")
    layout = movie.clear if clear and movie.clear else movie.layout
    return (f"format={layout}",) if layout.startswith("gb") else (*TO_BT709, f"format={layout}")

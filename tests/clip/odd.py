"""More than sixty odd clips, each made by the test itself: what is in it, and what reading it has to give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from tests.footage import (
    H264,
    TAGGED,
    TO_BT709,
    Clip,
    click_wav,
    clip,
    cut_file,
    ffmpeg,
    numbered,
    remux,
    uneven,
    write_clip,
)

COUNT = 10
X264 = ("-c:v", "libx264", "-crf", "10", "-preset", "ultrafast", "-threads", "1")
X265 = ("-c:v", "libx265", "-crf", "10", "-preset", "ultrafast", "-x265-params", "log-level=none:pools=1")


@dataclass(frozen=True)
class Odd:
    """An odd clip. name: its file. make: writes it. says: part of the sentence it is refused with, or of a note it must
    give; empty for neither. refused: whether it cannot be used. upright: whether frame n shows picture n as it was
    written. off: levels of 255 that a frame may be off it on average.
    """

    name: str
    make: Callable[[Path], object]
    says: str = ""
    refused: bool = False
    upright: bool = True
    off: float = 4.0


def coded(
    name: str, codec: tuple[str, ...], says: str = "", size: tuple[int, int] = (160, 96), filters: str = TO_BT709
) -> Odd:
    """A numbered clip in some codec. Grey and a palette of 256 colours are far from the picture that was written."""
    settings = Clip(codec=(*codec, *TAGGED), filters=filters)
    off = 25.0 if "gray" in name or name.endswith(".gif") else 4.0
    return Odd(name, lambda path: clip(path, COUNT, *size, settings=settings), says, off=off)


def tagged(name: str, matrix: str, span: str, codec: tuple[str, ...] = X264, layout: str = "yuv444p") -> Odd:
    """A clip in another matrix or range, tagged as it is."""
    names = {"bt709": "bt709", "bt601": "smpte170m", "bt2020": "bt2020nc"}
    scale = f"scale=out_color_matrix={matrix}:out_range={span}:flags=accurate_rnd+full_chroma_int,format={layout}"
    tags = ("-color_range", span, "-colorspace", names[matrix], "-color_primaries", "bt709", "-color_trc", "bt709")
    return Odd(name, lambda path: clip(path, COUNT, 160, 96, Clip(codec=(*codec, *tags), filters=scale)))


def turned(name: str, *arguments: str) -> Odd:
    """A clip with a display matrix."""
    return Odd(name, lambda path: remux(clip(path.with_name("upright.mp4"), COUNT), path, arguments), upright=False)


def bytes_of(name: str, data: bytes, says: str) -> Odd:
    """A file of these bytes, which is no clip."""
    return Odd(name, lambda path: path.write_bytes(data), says, refused=True)


def broken(name: str, share: float, codec: tuple[str, ...] = H264, says: str = "cut short") -> Odd:
    """A clip cut off."""

    def make(path: Path) -> object:
        whole = clip(path.with_name(f"whole{path.suffix}"), 40, settings=Clip(codec=(*codec, *TAGGED)))
        return cut_file(whole, path, share)

    return Odd(name, make, says, refused=True)


def with_alpha(path: Path) -> object:
    """ProRes 4444 with a half transparent picture."""
    pictures = [np.dstack([numbered(n, 160, 96), np.full((96, 160), 255, np.uint8)]) for n in range(COUNT)]
    codec = ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")
    return write_clip(path, pictures, Clip(codec=(*codec, *TAGGED)))


def interlaced(path: Path) -> object:
    """Two fields a 48th of a second apart: every second line lies six pixels further on."""
    pictures = [numbered(n, 160, 96) for n in range(COUNT)]
    for picture in pictures:
        picture[1::2] = np.roll(picture, 6, axis=1)[1::2]
    codec = (*X264, "-flags", "+ilme+ildct", "-x264-params", "tff=1", "-pix_fmt", "yuv422p")
    return write_clip(path, pictures, Clip(codec=(*codec, *TAGGED)))


def high_range(name: str, curve: str) -> Odd:
    """Ten bits in BT.2020, tagged as high dynamic range; the numbers in it stay readable."""
    scale = "scale=out_color_matrix=bt2020:out_range=tv:flags=accurate_rnd,format=yuv420p10le"
    tags = f"setparams=range=tv:colorspace=bt2020nc:color_primaries=bt2020:color_trc={curve}"
    settings = Clip(codec=X265, filters=f"{scale},{tags}")
    return Odd(name, lambda path: clip(path, COUNT, 160, 96, settings), "tone-mapped", off=100)


def late(path: Path) -> object:
    """Timestamps that begin at an hour."""
    return remux(clip(path.with_name("zero.mkv"), COUNT), path, (), ("-output_ts_offset", "3600"))


def sound_alone(path: Path) -> object:
    """No picture."""
    return ffmpeg("-i", str(click_wav(path.with_name("click.wav"), 0.1, 0.5)), "-c:a", "aac", str(path))


def sound_longer(path: Path) -> object:
    """Two seconds of sound under ten frames."""
    wav = click_wav(path.with_name("click.wav"), 0.1, 2.0)
    return clip(path, COUNT, settings=Clip(sound=wav))


def still(path: Path) -> object:
    """One picture under a clip's name."""
    return ffmpeg("-f", "lavfi", "-i", "color=red:160x96", "-frames:v", "1", "-f", "image2", str(path))


PRORES = [
    coded(f"prores_{name}.mov", ("-c:v", "prores_ks", "-profile:v", name, "-pix_fmt", layout))
    for name, layout in (
        ("proxy", "yuv422p10le"),
        ("lt", "yuv422p10le"),
        ("standard", "yuv422p10le"),
        ("hq", "yuv422p10le"),
        ("4444", "yuv444p10le"),
        ("4444xq", "yuv444p10le"),
    )
]
DNXHR = [
    coded(f"{name}.{suffix}", ("-c:v", "dnxhd", "-profile:v", name, "-pix_fmt", layout), size=(256, 128))
    for name, layout, suffix in (
        ("dnxhr_lb", "yuv422p", "mov"),
        ("dnxhr_sq", "yuv422p", "mxf"),
        ("dnxhr_hq", "yuv422p", "mov"),
        ("dnxhr_hqx", "yuv422p10le", "mov"),
        ("dnxhr_444", "yuv444p10le", "mov"),
    )
]
H26X = [
    *(
        coded(f"h264_{layout}.mp4", (*X264, "-pix_fmt", layout))
        for layout in ("yuv420p", "yuv422p", "yuv444p", "yuv420p10le")
    ),
    *(coded(f"h265_{layout}.mp4", (*X265, "-pix_fmt", layout)) for layout in ("yuv420p", "yuv420p10le", "yuv422p12le")),
    coded("h264_rgb.mkv", ("-c:v", "libx264rgb", "-crf", "10", "-threads", "1"), filters=""),
    coded("h264_open_gop.mp4", (*X264[:-2], "-preset", "medium", "-bf", "3", "-x264-params", "open-gop=1:keyint=4")),
    coded("h264_all_key.mp4", (*X264, "-g", "1", "-pix_fmt", "yuv420p")),
    coded("h264_strip.h264.mkv", (*X264, "-slices", "4", "-pix_fmt", "yuv420p")),
]
OTHERS = [
    coded("vp8.webm", ("-c:v", "libvpx", "-b:v", "3M", "-pix_fmt", "yuv420p", "-deadline", "realtime")),
    coded("vp9.webm", ("-c:v", "libvpx-vp9", "-crf", "10", "-b:v", "0", "-deadline", "realtime", "-cpu-used", "8")),
    coded("av1.mp4", ("-c:v", "libsvtav1", "-crf", "15", "-preset", "8", "-g", "1"), size=(160, 96)),
    coded("av1_ten.mkv", ("-c:v", "libsvtav1", "-crf", "15", "-preset", "8", "-g", "1", "-pix_fmt", "yuv420p10le")),
    coded("mpeg4.avi", ("-c:v", "mpeg4", "-q:v", "2")),
    coded("mpeg4_b.avi", ("-c:v", "mpeg4", "-q:v", "2", "-bf", "2")),
    coded("mjpeg.avi", ("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj422p"), filters=""),
    coded("mpeg2.ts", ("-c:v", "mpeg2video", "-q:v", "2", "-pix_fmt", "yuv422p")),
    coded("mpeg2.mpg", ("-c:v", "mpeg2video", "-q:v", "2", "-bf", "2")),
    coded("mpeg1.mpg", ("-c:v", "mpeg1video", "-q:v", "2")),
    coded("wmv2.wmv", ("-c:v", "wmv2", "-q:v", "2", "-pix_fmt", "yuv420p")),
    coded("flash.flv", ("-c:v", "flv1", "-q:v", "2", "-pix_fmt", "yuv420p")),
    coded("huffyuv.avi", ("-c:v", "huffyuv", "-pix_fmt", "yuv422p")),
    coded("utvideo.avi", ("-c:v", "utvideo", "-pix_fmt", "gbrp"), filters=""),
    coded("raw.avi", ("-c:v", "rawvideo", "-pix_fmt", "bgr24"), filters=""),
    coded("raw.mov", ("-c:v", "rawvideo", "-pix_fmt", "uyvy422")),
    *(
        coded(f"ffv1_{layout}.mkv", ("-c:v", "ffv1", "-pix_fmt", layout), filters="" if "gbr" in layout else TO_BT709)
        for layout in ("yuv420p", "yuv422p10le", "yuv444p16le", "gbrp", "gbrp12le", "gray", "gray10le")
    ),
    coded("png.mov", ("-c:v", "png", "-pix_fmt", "rgb24"), filters=""),
    coded("png_deep.mkv", ("-c:v", "png", "-pix_fmt", "rgb48be"), filters=""),
    coded("animation.gif", (), filters=""),
    coded("animation.apng", ("-plays", "0"), filters=""),
    coded("jpeg2000.mov", ("-c:v", "jpeg2000", "-pix_fmt", "yuv444p")),
    coded("theora.ogv", ("-c:v", "libtheora", "-q:v", "10", "-pix_fmt", "yuv420p")),
]
SHAPES = [
    coded("odd.mkv", (*X264, "-pix_fmt", "yuv444p"), size=(161, 97)),
    coded("odd_vp9.webm", ("-c:v", "libvpx-vp9", "-crf", "10", "-b:v", "0", "-cpu-used", "8"), size=(161, 97)),
    coded("narrow.mp4", (*X264, "-pix_fmt", "yuv420p"), size=(64, 400)),
    Odd("tiny.mp4", lambda path: clip(path, COUNT, 48, 32), "too small", refused=True),
    Odd("wide_pixels.mp4", lambda path: clip(path, COUNT, settings=Clip(output=["-aspect", "16:9"]))),
    turned("turned_90.mp4", "-display_rotation", "90"),
    turned("turned_180.mp4", "-display_rotation", "180"),
    turned("turned_270.mp4", "-display_rotation", "270"),
    turned("mirrored.mp4", "-display_hflip"),
]
COLOURS = [
    *(tagged(f"{matrix}_{span}.mp4", matrix, span) for matrix in ("bt601", "bt709", "bt2020") for span in ("tv", "pc")),
    Odd(
        "untagged.mp4",
        lambda path: clip(path, COUNT, settings=Clip(codec=H264, filters="")),
        "does not name its colour",
    ),
    Odd("alpha.mov", with_alpha, "alpha channel"),
    Odd("interlaced.mkv", interlaced, "each frame was made from one field"),
    high_range("pq.mp4", "smpte2084"),
    high_range("hlg.mkv", "arib-std-b67"),
]
TIMES = [
    Odd("ntsc.mp4", lambda path: clip(path, COUNT, settings=Clip(Fraction(30000, 1001)))),
    Odd("fast.mp4", lambda path: clip(path, COUNT, settings=Clip(Fraction(120)))),
    Odd("one_frame.mp4", lambda path: clip(path, 1)),
    Odd("two_frames.mkv", lambda path: clip(path, 2)),
    Odd(
        "uneven.mkv",
        lambda path: uneven(path, [0, 42, 83, 167, 208, 250, 375, 417, 458, 500]),
        "rate varies",
        upright=False,
    ),
    Odd("late.mkv", late),
    Odd("long_sound.mp4", sound_longer),
]
REFUSED = [
    bytes_of("empty.mp4", b"", "is empty"),
    bytes_of("text.mp4", b"just some words\n" * 50, "is not a video"),
    bytes_of("noise.mkv", np.random.default_rng(1).bytes(4000), "is not a video"),
    bytes_of("playlist.mp4", b"#EXTM3U\n#EXTINF:1,\nother.mp4\n", "is not a video"),
    bytes_of("page.mp4", b"<html><body>404</body></html>" * 20, "is not a video"),
    bytes_of("head.mp4", b"\x00\x00\x00\x18ftypisom" + bytes(40), "cut short"),
    broken("half.mp4", 0.5),
    broken("half.mkv", 0.5),
    broken("half.avi", 0.5, ("-c:v", "mpeg4", "-q:v", "2")),
    broken("half.mov", 0.5, ("-c:v", "prores_ks")),
    Odd("sound.m4a", sound_alone, "has sound but no picture", refused=True),
    Odd("still.mp4", still, "is not a video", refused=True),
]
EVERY = [*PRORES, *DNXHR, *H26X, *OTHERS, *SHAPES, *COLOURS, *TIMES, *REFUSED]

"""Clips that are lists of other files, that claim what no memory holds, or that are damaged where it hurts."""

from __future__ import annotations

import io
import struct
import subprocess
from fractions import Fraction

import av
import imageio_ffmpeg
import numpy as np

from hostile_files.lair import Lair

LONG_AGO = 40_000_000
"""Milliseconds: eleven hours."""


def make(lair: Lair) -> dict[str, bytes]:
    """Twenty clips."""
    secret, address = str(lair.secret), f"http://127.0.0.1:{lair.port}/a.ts"
    good, mkv = clip("mp4"), clip("matroska")
    listed = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n"
    session = f"v=0\nc=IN IP4 127.0.0.1\nm=video {lair.port} RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    manifest = f'<?xml version="1.0"?><MPD><Period><BaseURL>{address}</BaseURL></Period></MPD>'
    index = f"# VobSub index file, v7\nid: en, index: 0\ntimestamp: 00:00:00:000, filepos: 0\n{secret}"
    return {
        "list.mp4": listed.format(secret).encode(),
        "list-of-addresses.mp4": listed.format(address).encode(),
        "list.m3u8": listed.format(f"file://{secret}").encode(),
        "script.mp4": f"ffconcat version 1.0\nfile '{secret}'\n".encode(),
        "session.mov": session.encode(),
        "manifest.mp4": manifest.encode(),
        "index.mkv": index.encode(),
        "hidden-list.mp4": box(b"ftyp", b"isom\0\0\0\0") + b"#EXTM3U\n" + secret.encode(),
        "elsewhere.mov": movie(100, reference(b"url ", f"file://{secret}\0".encode())),
        "alias.mov": movie(100, reference(b"alis", alias(secret))),
        "address.mov": movie(100, reference(b"url ", f"{address}\0".encode())),
        "large-index.mp4": movie(170_000_000, own()),
        "wide.mp4": movie(1, own(), 65_535, 65_535),
        "cut.mp4": good[: len(good) // 2],
        "no-index.mp4": good.replace(b"moov", b"none"),
        "cut.mkv": mkv[: len(mkv) // 3],
        "large-cluster.mkv": mkv.replace(b"\x1f\x43\xb6\x75", b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xfe"),
        "long.mkv": clip("matroska", step=LONG_AGO),
        "many-streams.mp4": streams(20),
        "first-picture.mp4": damaged(good),
    }


def clip(container: str, step: int = 40) -> bytes:
    """Three frames of noise, 128x96, as H.264. step: milliseconds from one to the next."""
    made = io.BytesIO()
    with av.open(made, "w", format=container) as output:
        stream = output.add_stream("libx264", rate=25, options={"crf": "10", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(3):
            noise = np.random.default_rng(number).integers(0, 255, (96, 128, 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(noise, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number * step, Fraction(1, 1000)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return made.getvalue()


def streams(count: int) -> bytes:
    """A clip of one frame in this many streams."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "color=s=64x64:r=1:d=1"]
    output = ["-movflags", "frag_keyframe+empty_moov", "-f", "mp4", "-"]
    return subprocess.run([*command, *["-map", "0"] * count, *output], capture_output=True, check=True).stdout


def damaged(data: bytes) -> bytes:
    """The mp4 with the bytes of its pictures turned around."""
    at = data.index(b"mdat") + 4
    length = struct.unpack(">I", data[at - 8 : at - 4])[0] - 8
    return data[:at] + bytes(255 - byte for byte in data[at : at + length]) + data[at + length :]


def box(name: bytes, *content: bytes) -> bytes:
    """A box of the ISO base media format."""
    data = b"".join(content)
    return struct.pack(">I", 8 + len(data)) + name + data


def full(name: bytes, *content: bytes, flags: int = 0) -> bytes:
    """A box with a version, 0, and flags."""
    return box(name, struct.pack(">I", flags), *content)


def own() -> bytes:
    """A data reference that says: in this file."""
    return full(b"url ", flags=1)


def reference(kind: bytes, content: bytes) -> bytes:
    """A data reference to somewhere else."""
    return full(kind, content)


def alias(path: str) -> bytes:
    """An alias of the old Macintosh, whose last part is a path of Unix."""
    head = bytearray(150)
    head[9:10] = bytes([len(b"secret")])
    tail = struct.pack(">HH", 18, len(path)) + path.encode() + b"\0" * (len(path) % 2) + struct.pack(">HH", 0xFFFF, 0)
    return bytes(head) + tail


def movie(samples: int, data: bytes, width: int = 128, height: int = 96) -> bytes:
    """A movie of motion JPEG with this many samples of one byte, which lie where `data` says."""
    size = struct.pack(">HHIIIH", width, height, 72 << 16, 72 << 16, 0, 1)
    entry = bytes(6) + struct.pack(">H", 1) + bytes(16) + size
    described = full(b"stsd", struct.pack(">I", 1), box(b"jpeg", entry, bytes(32), struct.pack(">Hh", 24, -1)))
    table = box(
        b"stbl",
        described,
        full(b"stts", struct.pack(">III", 1, samples, 40)),
        full(b"stsc", struct.pack(">IIII", 1, 1, samples, 1)),
        full(b"stsz", struct.pack(">II", 1, samples)),
        full(b"stco", struct.pack(">II", 1, 40)),
    )
    kept = box(b"dinf", full(b"dref", struct.pack(">I", 1), data))
    media = box(
        b"mdia",
        full(b"mdhd", struct.pack(">IIIIHH", 0, 0, 1000, samples * 40 % 2**32, 0, 0)),
        full(b"hdlr", bytes(4), b"vide", bytes(13)),
        box(b"minf", full(b"vmhd", bytes(8), flags=1), kept, table),
    )
    matrix = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    shown = full(b"tkhd", struct.pack(">5I", 0, 0, 1, 0, 1), bytes(16), matrix, bytes(8), flags=3)
    whole = full(
        b"mvhd", struct.pack(">IIIII", 0, 0, 1000, 1, 1 << 16), bytes(12), matrix, bytes(24), struct.pack(">I", 2)
    )
    return box(b"ftyp", b"qt  \0\0\0\0") + box(b"mdat", bytes(100)) + box(b"moov", whole, box(b"trak", shown, media))

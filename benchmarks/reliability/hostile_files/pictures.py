"""Pictures that claim sizes no memory holds, that swell, that are damaged, or that are something else altogether."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

from hostile_files.lair import Lair

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def make(lair: Lair) -> dict[str, bytes]:
    """Twenty pictures."""
    trace, secret = str(lair.trace), str(lair.secret)
    photo, tiff = encoded("JPEG"), encoded("TIFF")
    entity = f'<!DOCTYPE svg [<!ENTITY s SYSTEM "file://{secret}">]><svg xmlns="http://www.w3.org/2000/svg">&s;</svg>'
    return {
        "claims.png": png(0x7FFFFFFF, 0x7FFFFFFF),
        "swells.png": png(30_000, 30_000, bits=1),
        "words.png": png(8, 8, chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000), 1))),
        "cut.png": png(512, 512)[:600],
        "false-sum.png": png(8, 8)[:-20] + bytes(20),
        "no-size.png": png(0, 0),
        "wide.jpg": resized_jpeg(photo, 65_500, 65_500),
        "cut.jpg": photo[: len(photo) // 2],
        "wide.tif": retagged(tiff, {256: 1_000_000, 257: 1_000_000}),
        "loops.tif": tiff_of([(256, 8), (257, 8)], following=8),
        "many-tags.tif": b"II*\0\x08\0\0\0" + struct.pack("<H", 0xFFFF) + bytes(600),
        "cut.webp": encoded("WEBP")[:200],
        "wide.exr": exr((0, 0, 0x7FFFFFFE, 0x7FFFFFFE)),
        "backwards.exr": exr((100, 100, 0, 0)),
        "headless.exr": b"\x76\x2f\x31\x01\x02\0\0\0" + bytes(100),
        "reads.svg": entity.encode(),
        "runs.png": f"%!PS\n(%pipe%touch {trace}) (w) file\nshowpage\n".encode(),
        "fetches.png": f"push graphic-context\nfill 'url(http://127.0.0.1:{lair.port}/a.png)'\npop".encode(),
        "page.jpg": b"<html><script>alert(1)</script></html>",
        "swells.gif": gif(65_535, 65_535),
    }


def encoded(kind: str) -> bytes:
    """A grey picture of 256x256 with some structure."""
    made = io.BytesIO()
    Image.linear_gradient("L").save(made, kind)
    return made.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, extra: bytes = b"", bits: int = 8) -> bytes:
    """A black PNG; beyond a thousand million pixels only its header says so."""
    row = 1 + (width * bits + 7) // 8
    rows = bytes(row * height) if width * height <= 1_000_000_000 else bytes(64)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0))
    return SIGNATURE + header + extra + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


def resized_jpeg(data: bytes, width: int, height: int) -> bytes:
    """The JPEG, whose frame header (SOF0) claims another size."""
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def retagged(data: bytes, values: dict[int, int]) -> bytes:
    """The little-endian TIFF with other values of some tags."""
    made = bytearray(data)
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        (tag,) = struct.unpack_from("<H", data, entry)
        if tag in values:
            struct.pack_into("<HII", made, entry + 2, 4, 1, values[tag])
    return bytes(made)


def tiff_of(tags: list[tuple[int, int]], following: int) -> bytes:
    """A TIFF with these tags and no picture. following: where the next directory is said to be."""
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + struct.pack("<I", following)


def exr(window: tuple[int, int, int, int]) -> bytes:
    """The beginning of an EXR with this data window."""
    return b"\x76\x2f\x31\x01\x02\0\0\0dataWindow\0box2i\0\x10\0\0\0" + struct.pack("<4i", *window) + bytes(64)


def gif(width: int, height: int) -> bytes:
    """The beginning of a GIF."""
    size = struct.pack("<HH", width, height)
    return b"GIF89a" + size + b"\0\0\0,\0\0\0\0" + size + bytes(8)

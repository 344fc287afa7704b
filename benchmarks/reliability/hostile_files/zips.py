"""Zips that swell, that lie about what they hold, and that reach out of the folder they are unpacked into."""

from __future__ import annotations

import io
import stat
import struct
import zlib
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile, ZipInfo

from hostile_files.lair import Lair
from hostile_files.pickles import in_zip
from hostile_files.pictures import png


def make(lair: Lair) -> dict[str, bytes]:
    """Twenty zips."""
    good = png(8, 8)
    swollen = packed("big.png", good + bytes(50_000_000), ZIP_DEFLATED)
    return {
        "swells.zip": swollen,
        "swells-in-steps.zip": in_zip({f"{number}.zip": swollen for number in range(16)}),
        "overlaps.zip": overlapping(200, 5_000_000),
        "many.zip": in_zip({f"{number}.png": b"" for number in range(21_000)}),
        "says-many.zip": patched(in_zip({"a.png": good}), count=60_000),
        "long-form.zip": patched(in_zip({"a.png": good}), count=0xFFFF),
        "climbs.zip": in_zip({"../../climbed.png": good}),
        "from-the-root.zip": in_zip({str(lair.folder / "climbed.png"): good}),
        "backwards.zip": in_zip({"..\\..\\climbed.png": good}),
        "drive.zip": in_zip({"C:climbed.png": good}),
        "null.zip": in_zip({"a.png": good}).replace(b"a.png", b"a\0png"),
        "link.zip": special("link.png", str(lair.secret).encode(), stat.S_IFLNK),
        "device.zip": special("null.png", b"", stat.S_IFCHR),
        "locked.zip": locked(in_zip({"a.png": good})),
        "twice.zip": in_zip({"a.png": good, "A.PNG": good}),
        "nested.zip": in_zip({"a.png": swollen}),
        "program.zip": in_zip({"a.png": b"#!/bin/sh\ntouch '" + str(lair.trace).encode() + b"'\n"}),
        "other-packer.zip": packed("a.png", good, ZIP_BZIP2),
        "cut.zip": in_zip({"a.png": good})[:-30],
        "empty.zip": in_zip({}),
    }


def packed(name: str, data: bytes, method: int) -> bytes:
    """A zip with one file, packed by this method."""
    made = io.BytesIO()
    with ZipFile(made, "w", method) as archive:
        archive.writestr(name, data)
    return made.getvalue()


def special(name: str, data: bytes, kind: int) -> bytes:
    """A zip with one file of another kind than plain."""
    made, entry = io.BytesIO(), ZipInfo(name)
    entry.external_attr = (kind | 0o644) << 16
    with ZipFile(made, "w") as archive:
        archive.writestr(entry, data)
    return made.getvalue()


def patched(data: bytes, count: int) -> bytes:
    """The zip, whose list says that it has `count` files."""
    at = data.rindex(b"PK\x05\x06")
    return data[: at + 8] + struct.pack("<HH", count, count) + data[at + 12 :]


def locked(data: bytes) -> bytes:
    """The zip, whose list says that its first file needs a password."""
    at = data.index(b"PK\x01\x02")
    return data[: at + 8] + struct.pack("<H", 1) + data[at + 10 :]


def overlapping(count: int, size: int) -> bytes:
    """Many names for one and the same packed file of `size` bytes, after D. Fifield, "A better zip bomb" (2019)."""
    content = bytes(size)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflate.compress(content) + deflate.flush()
    facts = struct.pack("<HHHHHIII", 20, 0, ZIP_DEFLATED, 0, 0, zlib.crc32(content), len(body), size)
    first = b"PK\x03\x04" + facts + struct.pack("<HH", 5, 0) + b"0.png" + body
    listed = b""
    for number in range(count):
        name = f"{number}.png".encode()
        rest = struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0)
        listed += b"PK\x01\x02" + struct.pack("<H", 20) + facts + rest + name
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(listed), len(first), 0)
    return first + listed + b"PK\x05\x06" + end

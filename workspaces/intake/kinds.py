"""What a file is, by its first bytes. Its name is not asked: it says what a stranger wants us to believe."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pipeline.errors import RefusedFile

Kind = Literal["video", "picture", "archive", "preset", "weights", "list"]

HEAD = 4096
"""Bytes that are looked at."""
VIDEO = (
    b"\x1a\x45\xdf\xa3",  # Matroska, WebM
    b"\x06\x0e\x2b\x34",  # MXF
    b"\x00\x00\x01\xba",  # MPEG program stream
    b"\x00\x00\x01\xb3",  # MPEG video
    b"FLV\x01",
    b"OggS",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF, WMV
)
BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
"""What a QuickTime or mp4 file may begin with, after the length of the box."""
TRANSPORT = ((0, 188), (4, 192))
"""Where the packets of an MPEG transport stream begin, and how long they are: plain, and with a time before each."""
STILL_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis")
"""Stills in an mp4's clothes, which nothing here reads."""
PICTURE = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"\x76\x2f\x31\x01")
"""PNG, JPEG, TIFF in both byte orders, OpenEXR."""
TAKEN = (
    "Photoplay takes clips (mp4, mov, mkv, webm, avi, mxf), pictures (PNG, JPEG, TIFF, WebP, EXR), zips of pictures, "
    "presets (toml) and safetensors."
)
SET_FREE = "Convert it to safetensors, for instance with the tools of whoever published it."


def kind_of(path: Path) -> Kind:
    """What kind of file this is. Raises RefusedFile for everything that is not taken, pickles above all."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise RefusedFile(f"{path.name} is empty.", "Copy or export it again.")
    if is_pickle(head):
        raise RefusedFile(f"{path.name} is a pickle, a kind of file that can run programs.", SET_FREE)
    if _is_video(head):
        return "video"
    if head.startswith(PICTURE) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "picture"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "archive"
    if _is_weights(head):
        return "weights"
    if _is_text(head) and path.suffix.lower() == ".toml":
        return "preset"
    if is_list(path.name, head):
        return "list"
    raise RefusedFile(f"{path.name} is none of the kinds of file that are taken here.", TAKEN)


def is_pickle(head: bytes) -> bool:
    """Whether bytes begin like a pickle of protocol 2 to 5. Older ones look like text, and are not taken as such."""
    return head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")


def is_list(name: str, head: bytes) -> bool:
    """Whether this is a list in JSON, as an engine writes beside its pictures: by its name and its first bytes."""
    return name.lower().endswith(".json") and head.lstrip()[:1] in (b"{", b"[") and _is_text(head)


def _is_video(head: bytes) -> bool:
    if head[4:8] in BOXES:
        return not (head[4:8] == b"ftyp" and head[8:12] in STILL_BRANDS)
    if head[:4] == b"RIFF":
        return head[8:12] == b"AVI "
    return head.startswith(VIDEO) or any(_in_step(head, first, step) for first, step in TRANSPORT)


def _in_step(head: bytes, first: int, step: int) -> bool:
    """Whether the first packets of a transport stream begin where they should."""
    return head[first : first + 3 * step : step] == b"GGG"


def _is_weights(head: bytes) -> bool:
    """Safetensors begin with the length of their header in eight bytes, and the header is JSON."""
    return head[8:9] == b"{" and b"\0" in head[:8]


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and len(head) == HEAD
    return "\0" not in text

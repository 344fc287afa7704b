"""Auto1111's infotext: the text with all settings that it writes into every picture and that people hand to each other.

The form: the prompt, a line that begins with `Negative prompt:`, and a last line of `Name: value` with commas between,
where a value that holds commas, colons or line ends is quoted as in JSON. In a PNG it is the text called `parameters`.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.errors import RecipeError

NEGATIVE = "Negative prompt:"
FEWEST = 3
"""Settings that the last line must have at least to be one of settings; else it belongs to the prompt."""
SETTING = re.compile(r'\s*(?P<name>\w[\w \-/]{1,60}):\s*(?P<value>"(?:\\.|[^\\"])*"|(?:\([^()]*\)|[^,])*)(?:,|$)')
PNG = b"\x89PNG\r\n\x1a\n"
KEYWORD = "parameters"
OWN_KEYWORD = "photoplay"
"""The text of a PNG of ours that holds the whole recipe, as JSON."""
LONGEST = 100_000
"""Bytes of text that are looked at; prompts have some thousands."""
HINT = "Paste the whole text that Auto1111 shows under a picture, from the prompt to `Version`."


@dataclass(frozen=True)
class Infotext:
    """What the text says. settings: name -> value as written, without quotes, in the text's order."""

    prompt: str
    negative_prompt: str
    settings: Mapping[str, str]


def parse_infotext(text: str) -> Infotext:
    """Take the text apart. Raises RecipeError when there are no settings in it."""
    if len(text) > LONGEST:
        raise RecipeError(f"This text is too long: {len(text)} letters.", HINT)
    *lines, last = re.split(r"\r\n|\n|\r", text.strip())
    settings = dict(settings_in(last))
    if len(settings) < FEWEST:
        raise RecipeError("This is no text with Auto1111's settings: its last line names none.", HINT)
    begin = next((number for number, line in enumerate(lines) if line.strip().startswith(NEGATIVE)), len(lines))
    prompt = "\n".join(lines[:begin]).strip()
    negative = "\n".join(lines[begin:]).strip().removeprefix(NEGATIVE).strip()
    return Infotext(prompt, negative, settings)


def settings_in(line: str) -> Iterator[tuple[str, str]]:
    """Every `Name: value` of a line, quotes taken off."""
    for found in SETTING.finditer(line):
        yield found["name"].strip(), unquoted(found["value"].strip())


def unquoted(value: str) -> str:
    """A value without its quotes; one that is not quoted properly stays as it is."""
    if not value.startswith('"'):
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        return value


def quoted(value: str) -> str:
    """A value as it stands in the text."""
    return json.dumps(value, ensure_ascii=False) if re.search(r'[,:\n"()]', value) else value


def write_infotext(info: Infotext) -> str:
    """The text, which `parse_infotext` takes apart to the same."""
    settings = ", ".join(f"{name}: {quoted(value)}" for name, value in info.settings.items())
    negative = f"{NEGATIVE} {info.negative_prompt}" if info.negative_prompt else ""
    return "\n".join(part for part in (info.prompt, negative, settings) if part)


def texts_in_png(data: bytes) -> dict[str, str]:
    """Every text that a PNG carries, by keyword; the first of those with the same. Raises RecipeError."""
    if not data.startswith(PNG):
        raise RecipeError("This picture is not a PNG.", "Auto1111 writes its settings into PNG files.")
    try:
        texts = [_text(kind, body) for kind, body in _chunks(data) if kind in (b"tEXt", b"iTXt", b"zTXt")]
    except (struct.error, ValueError, zlib.error) as error:
        raise RecipeError("This PNG is damaged.", "Get the picture again.") from error
    return dict(reversed(texts))


def infotext_in_png(data: bytes) -> str:
    """The text that a PNG carries. Raises RecipeError when it is none, is damaged, or carries no such text."""
    found = texts_in_png(data).get(KEYWORD)
    if found is None:
        raise RecipeError(
            "This picture carries no settings.",
            "Sites and messengers strip them off: use the file that Auto1111 wrote.",
        )
    return found


def png_with_infotext(data: bytes, text: str, recipe: str = "") -> bytes:
    """The PNG with the text in it, and the recipe, in place of those that it carried. The picture stays as it is."""
    texts = {KEYWORD: text} | ({OWN_KEYWORD: recipe} if recipe else {})
    header, *rest = [(kind, body) for kind, body in _chunks(data) if not _is_ours(kind, body)]
    added = [(b"iTXt", keyword.encode() + bytes(5) + value.encode()) for keyword, value in texts.items()]
    return PNG + b"".join(packed_chunk(kind, body) for kind, body in (header, *added, *rest))


def _is_ours(kind: bytes, body: bytes) -> bool:
    return kind in (b"tEXt", b"iTXt", b"zTXt") and body.partition(b"\0")[0].decode("latin-1") in (KEYWORD, OWN_KEYWORD)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of every chunk. Raises struct.error or ValueError where the file is cut off or damaged."""
    place = len(PNG)
    while place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        body = data[place + 8 : place + 8 + length]
        (check,) = struct.unpack_from(">I", data, place + 8 + length)
        if zlib.crc32(kind + body) != check:
            raise ValueError("a chunk is damaged")
        yield kind, body
        place += 12 + length


def packed_chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG file: its length, its kind in four letters, its content, and the check sum of both."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _text(kind: bytes, body: bytes) -> tuple[str, str]:
    """Keyword and text of a chunk of text. Raises ValueError when it is no such chunk, or longer than any prompt."""
    keyword, separator, rest = body.partition(b"\0")
    if not separator or len(rest) > LONGEST:
        raise ValueError("no text, or too long")
    name = keyword.decode("latin-1")
    if kind == b"tEXt":
        return name, rest.decode("latin-1")
    if kind == b"zTXt":
        return name, _inflated(rest[1:]).decode("latin-1")
    compressed, (_language, _translated, text) = rest[:1] == b"\1", rest[2:].split(b"\0", 2)
    return name, (_inflated(text) if compressed else text).decode("utf-8")


def _inflated(packed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    text = inflater.decompress(packed, LONGEST)
    if inflater.unconsumed_tail:
        raise ValueError("too long")
    return text

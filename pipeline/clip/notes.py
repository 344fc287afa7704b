"""What was found out about a shot's files, written down so that it is found out once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from pipeline.files import atomic
from pipeline.keys import Key

Fact = TypeVar("Fact")


def recalled(memory: Path | None, key: Key, kind: type[Fact], find_out: Callable[[], Fact]) -> Fact:
    """The fact noted under this key, or what `find_out` says, which is then noted.

    memory: the folder of the notes; None notes nothing. key: of everything that decides the fact. kind: its type, a
    dataclass of plain values. Raises what `find_out` raises, and OutputError when the note cannot be written.
    """
    if memory is None:
        return find_out()
    path, form = memory / f"{key}.json", TypeAdapter(kind)
    if path.is_file():
        try:
            return form.validate_json(path.read_bytes())
        except ValidationError:
            path.unlink(missing_ok=True)
    fact = find_out()
    with atomic(path) as part:
        part.write_bytes(form.dump_json(fact))
    return fact

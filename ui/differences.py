"""What differs between two recipes, or in how the files of two renders are read, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.recipe.base import Settings

UNSEEN = ("title", "note", "schema_version")
"""What changes no pixel."""
ORDER = "order"
"""What the order of a list is called; it is told where the list has the same entries as before."""


class Difference(NamedTuple):
    """One setting that is not the same. where: the pass it belongs to, or "" for the whole recipe."""

    where: str
    name: str
    before: str
    now: str


def differences(before: Settings, now: Settings) -> list[Difference]:
    """Every setting of `now` that is another one in `before`, in their own order: two recipes, or two footages."""
    old, new = dict(_leaves(before.model_dump(mode="json"))), dict(_leaves(now.model_dump(mode="json")))
    paths = [path for path in {**new, **old} if path[-1] not in UNSEEN and old.get(path) != new.get(path)]
    return [
        Difference(*_spoken(path), _told(old.get(path)), _told(new.get(path)))
        for path in paths
        if path[-1] != ORDER or sorted(old.get(path, ())) == sorted(new.get(path, ()))
    ]


def in_words(found: list[Difference], most: int = 3) -> str:
    """The names of what differs, at most so many, as in "face denoising strength, seed"."""
    names = list(dict.fromkeys(f"{one.where} {one.name}".strip() for one in found))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(node, Mapping):
        for name, inner in node.items():
            yield from _leaves(inner, (*path, str(name)))
    elif isinstance(node, list) and all(isinstance(item, Mapping) for item in node):
        met, called = Counter[str](), list[str]()
        for item in node:
            name = str(item.get("name", item.get("kind", "")))
            met[name] += 1
            called.append(name if name and met[name] == 1 else f"{name} {met[name]}".strip())
            yield from _leaves(item, (*path, called[-1]))
        if len(called) > 1:
            yield (*path, ORDER), called
    else:
        yield path, node


def _spoken(path: tuple[str, ...]) -> tuple[str, str]:
    where, rest = (path[1], path[2:]) if path[0] == "passes" and len(path) > 2 else ("", path)
    return where, " ".join(part.replace("_", " ") for part in rest)


def _told(value: Any) -> str:
    if value in (None, "", []):
        return "empty"
    if isinstance(value, list):
        return ", ".join(str(one).replace("_", " ") for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)

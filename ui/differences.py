"""What differs between two recipes, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.recipe.recipe import Recipe

UNSEEN = ("title", "note", "schema_version")
"""What changes no pixel."""


class Difference(NamedTuple):
    """One setting that is not the same. where: the pass it belongs to, or "" for the whole recipe."""

    where: str
    name: str
    before: str
    now: str


def differences(before: Recipe, now: Recipe) -> list[Difference]:
    """Every setting of `now` that is another one in `before`, in the recipe's order."""
    old, new = dict(_leaves(before.model_dump(mode="json"))), dict(_leaves(now.model_dump(mode="json")))
    paths = [path for path in {**new, **old} if path[-1] not in UNSEEN and old.get(path) != new.get(path)]
    return [Difference(*_spoken(path), _told(old.get(path)), _told(new.get(path))) for path in paths]


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
        met = Counter[str]()
        for item in node:
            name = str(item.get("name", item.get("kind", "")))
            met[name] += 1
            yield from _leaves(item, (*path, name if name and met[name] == 1 else f"{name} {met[name]}".strip()))
    else:
        yield path, node


def _spoken(path: tuple[str, ...]) -> tuple[str, str]:
    where, rest = (path[1], path[2:]) if path[0] == "passes" and len(path) > 2 else ("", path)
    return where, " ".join(part.replace("_", " ") for part in rest)


def _told(value: Any) -> str:
    if value is None or value == "":
        return "empty"
    return f"{value:g}" if isinstance(value, float) else str(value)

"""AND: several prompts at once, each pulling with its own weight (Liu et al. 2022, "Composable diffusion")."""

from __future__ import annotations

import re
from dataclasses import dataclass

AND = re.compile(r"\bAND\b")
WEIGHT = re.compile(r":\s*(?P<weight>[-+]?(?:\d+\.?\d*|\.\d+))\s*$")
"""A number after the last colon of a part, not inside brackets."""


@dataclass(frozen=True)
class Part:
    """One of the prompts that AND joins, and how much it counts."""

    text: str
    weight: float = 1.0


def parts_of(prompt: str) -> tuple[Part, ...]:
    """The parts of a prompt; one, as it is written, where there is no AND. `a cat AND a dog :1.2` are two."""
    return tuple(_part(text) for text in AND.split(prompt))


def _part(text: str) -> Part:
    found = WEIGHT.search(text)
    return Part(text) if found is None else Part(text[: found.start()].rstrip(), float(found["weight"]))

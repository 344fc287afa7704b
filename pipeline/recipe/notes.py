"""What could not be taken over from settings that were pasted, and how their numbers are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Names = Mapping[str, str]
"""Short hash as Auto1111 shows it -> the model's name here, or the other way round."""


@dataclass
class Notes:
    """Gathers what could not be taken over."""

    sentences: list[str] = field(default_factory=list[str])

    def say(self, sentence: str) -> None:
        """Say something once."""
        if sentence not in self.sentences:
            self.sentences.append(sentence)


def number(text: str | None, default: float) -> float:
    """The number that a setting says; the default where it says none."""
    try:
        return float(text) if text is not None else default
    except ValueError:
        return default


def within(text: str | None, default: float, low: float, high: float) -> float:
    """As `number`, brought into bounds."""
    return min(max(number(text, default), low), high)

"""Presets as cards: a frame of the sample shot in this look, what was measured of it, and what is missing for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path

from ui.rows import button
from ui.say import notice
from verbs.looks import PresetStatus

Give = Callable[[Path], str]
"""A file of ours -> the path under which the browser may fetch it."""
FIGURES = (("expression_kept", "expression {:.2f}"), ("flicker_ratio", "flicker {:.2f} ×"))
"""Figure of a card -> how it is written."""
READING = "Measured on frames {first} to {last} of the sample shot. Expression: 1 is all of it. Flicker: 1 × is as \
steady as the plate. Detail kept: {detail}."


def cards_of(presets: Iterable[PresetStatus], chosen: str, give: Give) -> str:
    """The cards as HTML; a click brings the verb `choose` with the preset's name. chosen: the name of the one in use.

    The last part says what the chosen one is for.
    """
    presets = list(presets)
    cards = "".join(_card(preset, preset.name == chosen, give) for preset in presets)
    about = next((about_of(preset) for preset in presets if preset.name == chosen), "")
    return f'<div class="cards" role="radiogroup" aria-label="Preset">{cards}</div>{about}'


def about_of(preset: PresetStatus) -> str:
    """What a preset is for, what is missing for it, and the way to remove one's own, as HTML."""
    reasons = notice("Not ready", " ".join(preset.missing), "warn") if preset.missing else ""
    own = button("remove", preset.name, "Remove this preset", "Remove it for good") if preset.own else ""
    return f'<p class="quiet">{escape(preset.recipe.note)}</p>{reasons}{own}'


def _card(preset: PresetStatus, chosen: bool, give: Give) -> str:
    title, name = escape(preset.recipe.title), escape(preset.name)
    picture = f'<img src="gradio_api/file={escape(give(preset.picture))}" alt="">' if preset.picture else "<i></i>"
    lines = "".join(f"<span>{line}</span>" for line in _lines(preset))
    label = f"{title} (not ready)" if preset.missing else title
    inside = f"{picture}<b>{title}</b>{lines}"
    return (
        f'<button class="card" role="radio" aria-checked="{str(chosen).lower()}" aria-label="{label}" '
        f'title="{escape(_reading(preset))}" data-verb="choose" data-what="{name}">{inside}</button>'
    )


def _lines(preset: PresetStatus) -> list[str]:
    if preset.missing:
        return ["not ready"]
    figures = {name: preset.figures.get(name) for name, _ in FIGURES}
    return [form.format(value) for name, form in FIGURES if (value := figures[name]) is not None]


def _reading(preset: PresetStatus) -> str:
    frames, detail = preset.figures.get("frames"), preset.figures.get("detail")
    if not isinstance(frames, list):
        return preset.recipe.note
    told = "-" if detail is None else f"{detail:.2f}"
    return READING.format(first=frames[0], last=frames[1], detail=told)

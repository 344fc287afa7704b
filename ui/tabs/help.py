"""Help: ten steps from an engine render to film, the player's keys, and what the words mean."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import gradio as gr

from ui.player.component import HERE as PLAYER

DOCS = Path(__file__).parents[2] / "docs"
KEYS = re.compile(r"const KEYS = \[(.*?)\n\];", re.DOTALL)
PAIR = re.compile(r'\["([^"]+)", "([^"]+)"\]')


class HelpTab:
    """The tab: nothing on it does anything."""

    def __init__(self) -> None:
        with gr.Row(elem_classes="split"):
            with gr.Column(elem_classes="stage help"):
                gr.Markdown(text_of("tutorial.md"), elem_id="tutorial")
            with gr.Column(elem_classes="side wide help"):
                gr.HTML('<p class="heading">Keys in Compare</p>' + keys_table(player_keys()), elem_id="keys")
                gr.Markdown(text_of("glossary.md"), elem_id="glossary")


def text_of(name: str) -> str:
    """A page of the documentation."""
    return (DOCS / name).read_text(encoding="utf-8")


def player_keys() -> list[tuple[str, str]]:
    """Key and what it does, as the player itself lists them."""
    found = KEYS.search((PLAYER / "player.js").read_text(encoding="utf-8"))
    return PAIR.findall(found[1]) if found else []


def keys_table(keys: list[tuple[str, str]]) -> str:
    """The keys as HTML."""
    return (
        '<dl class="facts">' + "".join(f"<dt>{escape(key)}</dt><dd>{escape(does)}</dd>" for key, does in keys) + "</dl>"
    )

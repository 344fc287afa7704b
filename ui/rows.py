"""Rows with buttons: HTML from the server whose clicks come back as a verb and the name of what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import gradio as gr

CLICKS = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-verb]");
  if (!button) return;
  const sure = button.dataset.sure;
  if (sure && button.textContent !== sure) { button.textContent = sure; return; }
  trigger("select", { verb: button.dataset.verb, what: button.dataset.what });
});
"""


def rows(name: str) -> gr.HTML:
    """An empty place for rows. Its event `select` brings `event.verb` and `event.what` of the button clicked."""
    return gr.HTML(elem_id=name, elem_classes="rows", js_on_load=CLICKS)


def button(verb: str, what: str, label: str, sure: str = "") -> str:
    """A button in a row. sure: what it says once it was clicked, where a second click is asked for."""
    asked = f' data-sure="{escape(sure)}"' if sure else ""
    return f'<button data-verb="{escape(verb)}" data-what="{escape(what)}"{asked}>{escape(label)}</button>'


def table(heads: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A table as HTML. body: cells that are HTML already; nothing when there are no rows."""
    if not body:
        return ""
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in body)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def bar(share: float) -> str:
    """How far something is, 0..1."""
    return f'<i class="bar" role="img" aria-label="{share:.0%}"><i style="width:{min(max(share, 0), 1):.1%}"></i></i>'

"""The chain of filters as a component of the page: its value is the recipe's own list, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from inspect import getdoc
from pathlib import Path
from typing import Any, get_args

import gradio as gr

from pipeline.recipe.filters import AnyFilter
from ui.bind import shape_of, word_of

HERE = Path(__file__).parent
START = """
const chain = new Chain(element.querySelector(".chain"), props.kinds, props.heading, (filters) => {
  props.value = JSON.stringify(filters);
  trigger("input");
});
const read = () => chain.open(JSON.parse(props.value));
watch("value", read);
read();
"""
FILTERS = {one.model_fields["kind"].default: one for one in get_args(get_args(AnyFilter)[0])}
"""Kind of filter -> its settings."""


def chain(name: str, heading: str, filters: Sequence[AnyFilter]) -> gr.HTML:
    """A chain with these filters. Its event `input` comes with every change."""
    script = (HERE / "chain.js").read_text(encoding="utf-8")
    return gr.HTML(
        told(filters),
        html_template='<div class="chain"></div>',
        css_template=(HERE / "chain.css").read_text(encoding="utf-8"),
        js_on_load="\n".join([script, START]),
        elem_id=name,
        kinds={kind: facts_of(kind) for kind in FILTERS},
        heading=heading,
    )


def told(filters: Sequence[AnyFilter]) -> str:
    """Filters as the component's value."""
    return json.dumps([one.model_dump(mode="json") for one in filters])


def facts_of(kind: str) -> dict[str, Any]:
    """What the page must know of a kind: its name, what it does, the shapes of its settings, and its defaults.

    fresh: the filter as it is added; None for a kind that needs a file, which is added in the recipe's text.
    """
    fields = FILTERS[kind].model_fields
    ready = all(not field.is_required() for field in fields.values())
    return {
        "label": word_of(kind),
        "info": getdoc(FILTERS[kind]),
        "settings": {
            name: asdict(shape_of(name, field)) for name, field in fields.items() if name not in ("kind", "enabled")
        },
        "absent": [name for name, field in fields.items() if type(None) in get_args(field.annotation)],
        "fresh": FILTERS[kind]().model_dump(mode="json") if ready else None,
    }

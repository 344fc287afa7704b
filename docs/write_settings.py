"""Writes the page of all settings from the recipe's own fields; `make docs` runs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, get_args

from pipeline.recipe.filters import AnyFilter
from pipeline.recipe.footage import Footage
from pipeline.recipe.recipe import Recipe

HEAD = """# Settings

Every setting of a recipe, with its default and what it may be. This page is written by `make docs` from the fields of
`pipeline/recipe/`; do not change it by hand. On the command line a setting is changed by its path, for instance
`--set passes.face.denoising_strength=0.45`; the passes are named by their `name`.
"""

FILTERS = tuple((one.__name__, one.model_fields["kind"].default) for one in get_args(get_args(AnyFilter)[0]))
"""Type of each filter and its kind, in the order in which they are declared."""

TABLES = (
    ("Recipe", "Recipe", "At the top of a preset file."),
    ("PassSpec", "A pass", "`[[passes]]`, listed from the bottom layer to the top."),
    ("GuidedStart", "Temporal: guided start", '`[passes.temporal]` with `kind = "guided_start"`.'),
    ("SharedAttention", "Temporal: shared attention", '`[passes.temporal]` with `kind = "shared_attention"`.'),
    ("Propagated", "Temporal: propagated", '`[passes.temporal]` with `kind = "propagated"`.'),
    ("AnimateDiff", "Temporal: AnimateDiff", '`[passes.temporal]` with `kind = "animatediff"`.'),
    ("Steady", "Steadying", "`[passes.steady]`"),
    ("Fast", "Fast: what is left out", "`[passes.fast]`; see [speed.md](speed.md)."),
    ("Inversion", "Inversion: noise that is read off the source", "`[passes.inversion]`"),
    ("Inpaint", "Inpaint: how a region is repainted", "`[passes.inpaint]`"),
    ("WholeFrame", "Region: the whole frame", '`[passes.region]` with `kind = "whole_frame"`.'),
    ("Face", "Region: faces", '`[passes.region]` with `kind = "face"`.'),
    ("FacePart", "Region: a part of the faces, or hair", '`[passes.region]` with `kind = "face_part"`.'),
    ("Hands", "Region: hands", '`[passes.region]` with `kind = "hands"`.'),
    ("Painted", "Region: painted", '`[passes.region]` with `kind = "painted"`.'),
    ("Object", "Region: an object of the engine's", '`[passes.region]` with `kind = "object"`.'),
    ("PersonSettings", "One person", "`[[passes.people]]`, one for each person who gets something else."),
    ("Correction", "A correction of a matte", "`[[passes.corrections]]`, as painting it in the app sets it."),
    ("AdapterSpec", "A LoRA", "`[[passes.adapters]]`, one for each LoRA that the prompt does not name."),
    ("ControlSpec", "A control", "`[[passes.controls]]`, one for each ControlNet."),
    *((name, f"Filter: {kind}", f'`[[prepare]]` or `[[finish]]` with `kind = "{kind}"`.') for name, kind in FILTERS),
    ("Sound", "Sound", "`[sound]`"),
    ("Final", "Final: the second movie", "`[final]`"),
    ("Delivery", "Delivery", "`[delivery]`"),
    ("Footage", "Footage", "Not in a recipe: how a shot's files are read, `--footage missing=hold`."),
)


def page() -> str:
    """The page as Markdown."""
    schema = Recipe.model_json_schema()
    kinds = {"Recipe": schema, "Footage": Footage.model_json_schema()} | schema["$defs"]
    return "\n".join([HEAD, *(table(kinds[kind], title, place) for kind, title, place in TABLES)])


def table(schema: dict[str, Any], title: str, place: str) -> str:
    """One settings type as a Markdown table. schema: its JSON schema."""
    lines = [f"## {title}", "", place, "", "| setting | default | may be | what it does |", "|---|---|---|---|"]
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        default = "must be given" if name in required else shown(field.get("default"))
        lines.append(f"| `{name}` | {default} | {allowed(field)} | {field.get('description', '')} |")
    return "\n".join(lines) + "\n"


def shown(default: Any) -> str:
    """A default value as a person writes it."""
    if default in (None, "", []):
        return "empty"
    if isinstance(default, dict | list):
        return "see below"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def allowed(field: dict[str, Any]) -> str:
    """What a field may be: its choices, its bounds, or its kind in a word."""
    given = next((part for part in field.get("anyOf", [field]) if part.get("type") != "null"), field)
    if "enum" in given or "const" in given:
        return ", ".join(f"`{choice}`" for choice in given.get("enum", [given.get("const")]))
    if given.get("type") in ("integer", "number"):
        return bounds(given) + (f", a multiple of {given['multipleOf']}" if "multipleOf" in given else "")
    words = {"boolean": "`true`, `false`", "string": "text", "array": "a list"}
    return words.get(given.get("type", ""), "a table")


def bounds(field: dict[str, Any]) -> str:
    """The lowest and the highest number that a field may be."""
    if not {"maximum", "exclusiveMaximum"} & set(field):
        return "a number"
    low = field["minimum"] if "minimum" in field else f"above {field['exclusiveMinimum']}"
    high = field["maximum"] if "maximum" in field else f"below {field['exclusiveMaximum']}"
    return f"{low} to {high}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")

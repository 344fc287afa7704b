"""Recipes as files: read, write, change single settings, and say in one sentence each what is wrong."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast, get_args

import tomli_w
from pydantic import BaseModel, ValidationError

from pipeline.errors import RecipeError
from pipeline.recipe.recipe import Recipe

Table = dict[str, Any]
"""A table as TOML gives it."""
Place = tuple[int | str, ...]
"""Where in a recipe a fault lies, as pydantic gives it: field names, list positions and kinds of region."""


def load_recipe(path: Path) -> Recipe:
    """Read a recipe from TOML. Raises RecipeError when there is none, it is not TOML, or a setting is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeError(f"There is no recipe {path}.", "Check the name.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path.name} is not a recipe: {error}.", "Recipes are TOML files.") from error
    return parse_recipe(data, path.name)


def save_recipe(recipe: Recipe, path: Path) -> None:
    """Write a recipe as TOML that `load_recipe` reads back equal."""
    path.write_text(tomli_w.dumps(recipe.model_dump(mode="json", exclude_none=True)), encoding="utf-8")


def parse_recipe(data: Table, source: str) -> Recipe:
    """Plain data from `source` as a recipe. Raises RecipeError that names every fault at once."""
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        faults = [
            _sentence(fault["type"], fault["loc"], fault["msg"], fault.get("input"), data) for fault in error.errors()
        ]
        raise RecipeError(f"{source}: {' '.join(faults)}") from error


def changed(recipe: Recipe, changes: Sequence[str]) -> Recipe:
    """The recipe with settings replaced, each as `passes.face.denoising_strength=0.45`.

    Raises RecipeError for an unknown setting or a bad value.
    """
    values: Table = {}
    for change in changes:
        path, equals, text = change.partition("=")
        if not equals:
            raise RecipeError(f"{change!r} changes nothing.", "Write it as SETTING=VALUE, for instance seed=7.")
        values[path.strip()] = _value(text)
    return recipe_with(recipe, values) if values else recipe


def recipe_with(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """The recipe with these values: the path of a setting -> its value.

    Passes are called by their name, controls by their kind, people by their number. Raises RecipeError for an unknown
    setting, or one that names every bad value.
    """
    data = recipe.model_dump(mode="json")
    for path, value in values.items():
        *parents, name = path.split(".")
        _descend(data, parents, path)[name] = value
    return parse_recipe(data, "Changed recipe")


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _descend(data: Table, parents: Sequence[str], path: str) -> Table:
    node: object = data
    for part in parents:
        known = _children(node)
        if part not in known:
            raise RecipeError(f"`{part}` in `{path}` is not part of this recipe.", _suggestion(part, list(known)))
        node = known[part]
    if not isinstance(node, dict):
        raise RecipeError(f"`{path}` names nothing that can be set.", "Name a setting, for instance passes.face.steps.")
    return cast(Table, node)


def _children(node: object) -> Table:
    """What can be named inside a node: the fields of a table, or a list's entries by name, kind or person."""
    if isinstance(node, list):
        return {_label(item): item for item in cast(list[Table], node)}
    return cast(Table, node) if isinstance(node, dict) else {}


def _label(item: Table) -> str:
    return str(item.get("name", item.get("kind", item.get("person"))))


def _suggestion(name: str, options: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, options, 1, 0.5)
    return f"Did you mean `{near[0]}`?" if near else f"There are: {', '.join(options)}."


def _sentence(kind: str, place: Place, message: str, value: Any, data: Table) -> str:
    where = _spoken(place, data)
    if kind == "extra_forbidden":
        return f"`{where}` is not a setting. {_suggestion(str(place[-1]), _names_beside(place))}"
    if kind == "missing":
        return f"`{where}` is missing."
    message = message.removeprefix("Value error, ").replace("Input should", "should")
    shown = f" (it is {value!r})" if isinstance(value, str | int | float) else ""
    return f"`{where or 'the recipe'}`: {message}{shown}."


def _spoken(place: Place, data: Table) -> str:
    """The place in dots, with passes by name, controls by kind, and without the kinds that pydantic puts in between."""
    words: list[str] = []
    node: object = data
    for part in place:
        if isinstance(node, list) and isinstance(part, int):
            node = cast(list[object], node)[part]
            words.append(_label(cast(Table, node)) if isinstance(node, dict) else str(part))
        elif (children := _children(cast(object, node))).get("kind") != part:
            node = children.get(str(part))
            words.append(str(part))
    return ".".join(words)


def _names_beside(place: Place) -> list[str]:
    """The names of the settings that could stand where the unknown one does."""
    types: list[type[BaseModel]] = [Recipe]
    for part in place[:-1]:
        fields = [t.model_fields[part].annotation for t in types if isinstance(part, str) and part in t.model_fields]
        if fields:
            types = [found for annotation in fields for found in _settings_in(annotation)]
        elif isinstance(part, str):
            types = [t for t in types if "kind" in t.model_fields and t.model_fields["kind"].default == part]
    return [name for t in types for name in t.model_fields]


def _settings_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for inner in get_args(annotation) for found in _settings_in(inner)]

"""The base of every settings type, and settings out of a TOML file of their own."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import RecipeError


class Settings(BaseModel):
    """Frozen settings. Bounds, default and sentence of a field are written once, for the check, the CLI and the UI."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Kind = TypeVar("Kind", bound=Settings)


def settings_in(path: Path, kind: type[Kind], word: str, example: str) -> Kind:
    """The settings in a file; the defaults when there is none. word: what they are called together.

    example: one of them, as it stands in the file. Raises RecipeError that names every fault.
    """
    if not path.exists():
        return kind()
    try:
        return kind.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"{path} is not TOML: {error}.", f"Write one line for each of the {word}: {example}."
        ) from error
    except ValidationError as error:
        faults = "; ".join(f"`{'.'.join(map(str, fault['loc']))}`: {fault['msg']}" for fault in error.errors())
        raise RecipeError(f"{path}: {faults}.", f"The {word} are {', '.join(kind.model_fields)}.") from error

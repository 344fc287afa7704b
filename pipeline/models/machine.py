"""How the models live on this machine: settings of the machine, not of any recipe, in `HOME/machine.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from pipeline.errors import RecipeError
from pipeline.recipe.base import Settings, settings_in

NumberFormat = Literal["float32", "bfloat16", "float16"]
FAST_HALVES = (7, 0)
"""The first CUDA generation whose half-precision products are faster than single ones for certain (Volta)."""
BFLOAT16 = (8, 0)
"""The first one with bfloat16 in hardware (Ampere)."""


class Machine(Settings):
    """What whoever runs the machine has set. The defaults suit every machine."""

    memory: Literal["auto", "resident", "sparing"] = Field(
        default="auto",
        description="What stays on the card: as much as fits; everything; or only what every step calls.",
    )
    gigabytes: float | None = Field(
        default=None, gt=0, le=1000, description="How much of the card's memory may be used; all that is free if unset."
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="The number format of the weights: what is fast on the hardware, or one of these.",
    )


def load_machine(path: Path) -> Machine:
    """The settings in a file; the defaults when there is none. Raises RecipeError that names every fault."""
    return settings_in(path, Machine, "settings", 'memory = "sparing"')


def number_format(kind: str, capability: tuple[int, int] | None, machine: Machine) -> NumberFormat:
    """The format that weights are kept and multiplied in, on a device of this kind (`cpu`, `cuda`, ...).

    capability: CUDA's generation, None where it is not known. Left to itself a CPU takes float32, a card float16 from
    Volta on and float32 before, where halves are slower. Raises RecipeError for a format that the hardware is bad at.
    """
    if machine.precision == "auto":
        old = capability is not None and capability < FAST_HALVES
        return "float32" if kind == "cpu" or old else "float16"
    if machine.precision == "float16" and kind == "cpu":
        raise RecipeError("A CPU multiplies float16 a hundred times slower than float32.", 'Set precision = "auto".')
    if machine.precision == "bfloat16" and capability is not None and capability < BFLOAT16:
        raise RecipeError("This card has no bfloat16.", 'Set precision = "auto".')
    return machine.precision

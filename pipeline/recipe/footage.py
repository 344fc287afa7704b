"""What the files do not say about themselves: how a picture sequence and an engine's passes are to be read."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from pipeline.errors import RecipeError
from pipeline.recipe.base import Settings

MissingFrames = Literal["error", "hold", "black"]
Transfer = Literal["auto", "linear", "display"]
DepthScale = Literal["auto", "near_white", "far_white", "metres"]
NormalSpace = Literal["world", "camera"]


def _listed(value: object) -> object:
    """Frame numbers as they are written on a command line: `64,90`."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


FrameNumbers = Annotated[
    tuple[Annotated[int, Field(ge=1)], ...],
    BeforeValidator(_listed),
    AfterValidator(lambda frames: tuple(sorted(set(frames)))),
]
"""Frames of a shot, rising, each once; not the first one, which is number 0."""


class Footage(Settings):
    """How a shot's files are read. Everything has a default, and what was assumed is said in the shot's notes."""

    rate: str | None = Field(
        default=None,
        pattern=r"^[1-9]\d{0,5}(/[1-9]\d{0,5}|\.\d{1,6})?$",
        description="Frames a second of a picture sequence, for instance 24 or 30000/1001; empty = what the files say.",
    )
    missing: MissingFrames = Field(
        default="error",
        description="A frame that a sequence lacks: refuse it, hold the frame before, or take black.",
    )
    transfer: Transfer = Field(
        default="auto",
        description="How the numbers of a picture sequence are meant; auto = EXR linear, everything else as shown.",
    )
    fields: Literal["deinterlace", "keep"] = Field(
        default="deinterlace",
        description="Interlaced clips: make whole frames from one field each, or keep both woven together.",
    )
    first_number: int | None = Field(
        default=None,
        ge=0,
        le=10**9,
        description="The number in the passes' file names that belongs to the plate's first frame; empty = found out.",
    )
    depth: DepthScale = Field(
        default="auto",
        description="What the depth pass holds; auto = metres in a Z channel or beyond 1, otherwise white is near.",
    )
    normals: NormalSpace = Field(
        default="world", description="Which axes the normals are in; world needs the camera's matrices."
    )

    ocio: str | None = Field(
        default=None, description="A studio's OpenColorIO config that a picture sequence is shown through."
    )
    colour_space: str | None = Field(
        default=None, description="The colour space of the pictures, by its name in the OpenColorIO config."
    )

    added_cuts: FrameNumbers = Field(
        default=(), description="First frames of set-ups that begin at a cut which is not found, for instance 64,90."
    )
    removed_cuts: FrameNumbers = Field(
        default=(), description="Frames at which a cut is found although none is there, for instance 31."
    )

    @model_validator(mode="after")
    def check_cuts(self) -> Footage:
        """A cut is there or not."""
        if both := sorted(set(self.added_cuts) & set(self.removed_cuts)):
            raise ValueError(f"the cut at {both[0]} is both added and removed")
        return self

    @model_validator(mode="after")
    def check_config(self) -> Footage:
        """A config and a colour space in it go together."""
        if (self.ocio is None) != (self.colour_space is None):
            raise ValueError("ocio and colour_space are given together or not at all")
        return self

    @property
    def stated(self) -> dict[str, Any]:
        """What is not left to the defaults, as plain data: what the record of a shot keeps."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @property
    def frames_a_second(self) -> Fraction | None:
        """The rate."""
        return None if self.rate is None else film_rate(self.rate)

    def cuts(self, found: Iterable[int]) -> tuple[int, ...]:
        """The first frames of new set-ups: those found, with those set by hand and without those taken away."""
        return tuple(sorted((set(found) | set(self.added_cuts)) - set(self.removed_cuts)))

    def with_cut(self, frame: int, found: Collection[int]) -> Footage:
        """The same with a cut before this frame. found: the cuts that are found without anybody's help."""
        added = () if frame in found else (*self.added_cuts, frame)
        return self._with(added or self.added_cuts, (other for other in self.removed_cuts if other != frame))

    def without_cut(self, frame: int, found: Collection[int]) -> Footage:
        """The same without a cut before this frame. found: the cuts that are found without anybody's help."""
        removed = (*self.removed_cuts, frame) if frame in found else self.removed_cuts
        return self._with((other for other in self.added_cuts if other != frame), removed)

    def _with(self, added: Iterable[int], removed: Iterable[int]) -> Footage:
        return Footage.model_validate(self.model_dump() | {"added_cuts": tuple(added), "removed_cuts": tuple(removed)})


def film_rate(text: str) -> Fraction:
    """A rate as it was written; the decimal names of film rates mean what everybody means (23.976 = 24000/1001)."""
    stated = Fraction(text)
    film = (Fraction(whole * 1000, 1001) for whole in (24, 30, 48, 60, 120))
    return next((rate for rate in film if "." in text and abs(rate - stated) < Fraction(1, 100)), stated)


AS_FOUND = Footage()
"""Nothing is known but what the files say."""


def footage_with(changes: Sequence[str]) -> Footage:
    """The settings with these values, each written as `missing=hold`. Raises RecipeError for one that is not valid."""
    values: dict[str, str] = {}
    for change in changes:
        name, equals, text = (part.strip() for part in change.partition("="))
        if not equals or name not in Footage.model_fields:
            near = difflib.get_close_matches(name, Footage.model_fields, 1, 0.5)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(Footage.model_fields)}."
            raise RecipeError(f"{change!r} is no setting of the footage.", hint)
        values[name] = text
    try:
        return Footage.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        if not fault["loc"]:
            raise RecipeError(
                f"The footage cannot be read so: {fault['msg'].removeprefix('Value error, ')}."
            ) from error
        raise RecipeError(f"{fault['loc'][0]}: {fault['msg']} (it is {fault['input']!r}).") from error

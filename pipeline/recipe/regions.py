"""Where a pass works: the whole frame, faces and parts of them, hands, what the engine told apart, what was painted."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.recipe.base import Settings

CorrectionMode = Literal["add", "remove"]
Part = Literal["eyes", "mouth", "cheeks", "forehead", "hair"]
"""A part of a face that the landmarks outline, or the hair round it, which is told from its surround in the picture."""


class WholeFrame(Settings):
    """The whole picture."""

    kind: Literal["whole_frame"] = "whole_frame"


class Face(Settings):
    """The faces of the frame: each person followed through the shot, or all faces of a frame at once."""

    kind: Literal["face"] = "face"
    follow: Literal["track", "frame"] = Field(
        default="track",
        description="Follow each person through the shot, with a steady crop of their own; or look at every frame "
        "alone, all faces in one matte, as the tools of 2023 did.",
    )
    minimum_size: int = Field(
        default=30, ge=10, le=200, description="Faces smaller than this are left alone, in plate pixels."
    )
    rotation_threshold: float = Field(
        default=20, ge=0, le=180, description="A face turned by more than this is set upright for the pass, in degrees."
    )
    padding: int = Field(
        default=32, ge=0, le=256, description="Surround the model sees around the face, in plate pixels."
    )


class Object(Settings):
    """Something that the engine told apart: hair, a jacket, a prop. The shot must bring object ids or mattes."""

    kind: Literal["object"] = "object"
    name: str = Field(
        min_length=1, max_length=80, description="Which one, as `python cli.py passes FOLDER --plate PLATE` lists it."
    )
    padding: int = Field(
        default=32, ge=0, le=256, description="Surround the model sees around the object, in plate pixels."
    )


class FacePart(Settings):
    """One part of the faces, each person followed through the shot: a pass of its own for the eyes, say."""

    kind: Literal["face_part"] = "face_part"
    part: Part = Field(
        default="eyes", description="Which part; both eyes, or both cheeks, are one region; hair goes with its face."
    )
    minimum_size: int = Field(
        default=60, ge=10, le=400, description="Faces smaller than this are left alone, in plate pixels."
    )
    rotation_threshold: float = Field(
        default=20, ge=0, le=180, description="A face turned by more than this is set upright for the pass, in degrees."
    )
    padding: int = Field(
        default=24, ge=0, le=256, description="Surround the model sees around the part, in plate pixels."
    )


class Hands(Settings):
    """The hands of everyone in the shot, each followed with a steady crop of its own."""

    kind: Literal["hands"] = "hands"
    minimum_size: int = Field(
        default=24, ge=8, le=200, description="Hands smaller than this are left alone, in plate pixels."
    )
    rotation_threshold: float = Field(
        default=180,
        ge=0,
        le=180,
        description="A hand turned by more than this is set upright for the pass, in degrees; 180 turns none.",
    )
    padding: int = Field(
        default=32, ge=0, le=256, description="Surround the model sees around the hand, in plate pixels."
    )


class Carried(Settings):
    """What was painted on one frame and is carried over others: along with a face when it lies in one, else by flow."""

    matte: str = Field(
        pattern=r"^[0-9a-f]{64}$", description="The painted matte, by its sha256, as keeping it with the shot gives it."
    )
    frame: int = Field(ge=0, description="The frame that it was painted on.")
    first: int = Field(ge=0, description="The first frame that it is carried to.")
    last: int = Field(ge=0, description="The last frame that it is carried to. It is never carried across a cut.")

    @model_validator(mode="after")
    def check_frames(self) -> Carried:
        """The frame that the matte was painted on is one of those that it is for."""
        if not self.first <= self.frame <= self.last:
            raise ValueError("the painted frame does not lie between first and last")
        return self


class Painted(Carried):
    """A region that somebody has painted."""

    kind: Literal["painted"] = "painted"
    padding: int = Field(
        default=32, ge=0, le=256, description="Surround the model sees around the matte, in plate pixels."
    )


class Correction(Carried):
    """What somebody has painted onto the matte of a pass."""

    mode: CorrectionMode = Field(description="Whether it is added to the matte or taken away from it.")


Region = Annotated[WholeFrame | Face | FacePart | Hands | Object | Painted, Field(discriminator="kind")]
OfPerson = Face | FacePart | Hands
"""Regions that are followed through the shot, one of each person or hand."""


def of_hair(region: Region) -> bool:
    """Whether a region is the hair of those who are followed."""
    return isinstance(region, FacePart) and region.part == "hair"

"""Filters: what happens to the plate before the passes and to the composite after them, in the order of the list."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.recipe.base import Settings

Area = Literal["whole_frame", "face"]
"""Where a filter works: everywhere, or inside the faces of the plate with a soft edge."""


class Filter(Settings):
    """What every filter has."""

    enabled: bool = Field(default=True, description="Off: the filter is left out.")


class Deflicker(Filter):
    """Evens out brightness and colour that jump from frame to frame over the whole picture."""

    kind: Literal["deflicker"] = "deflicker"
    reach: int = Field(
        default=6, ge=1, le=48, description="Frames looked at before and after; slower changes than that are kept."
    )
    amount: float = Field(default=1.0, ge=0, le=1, description="How much of the jump is taken away; 1 is all of it.")


class LocalDeflicker(Filter):
    """Evens out flicker that differs from place to place, along the plate's own motion."""

    kind: Literal["local_deflicker"] = "local_deflicker"
    reach: int = Field(default=4, ge=1, le=12, description="Frames blended before and after.")
    amount: float = Field(default=1.0, ge=0, le=1, description="How much of the flicker is taken away; 1 is all of it.")
    detail: float = Field(
        default=2.0, ge=0, le=20, description="Structure finer than this is left as it is, as a radius in pixels."
    )


class Deband(Filter):
    """Turns the steps of a compressed gradient into a smooth one."""

    kind: Literal["deband"] = "deband"
    threshold: float = Field(
        default=4.0, ge=0.5, le=24, description="Steps up to this height are smoothed, in levels of 255."
    )
    radius: int = Field(default=16, ge=4, le=64, description="How far apart steps may lie, in pixels.")


class Clarity(Filter):
    """Lifts local contrast: features stand out, edges do not ring."""

    kind: Literal["clarity"] = "clarity"
    area: Area = Field(default="face", description="In the faces alone, or everywhere.")
    amount: float = Field(default=0.35, ge=0, le=2, description="How much local contrast is added; 0 adds none.")
    radius: float = Field(
        default=0.06, gt=0, le=0.5, description="Size of what counts as local, as a share of the picture's short side."
    )


class Sharpen(Filter):
    """Lifts fine detail without rings at strong edges."""

    kind: Literal["sharpen"] = "sharpen"
    area: Area = Field(default="whole_frame", description="In the faces alone, or everywhere.")
    amount: float = Field(default=0.4, ge=0, le=3, description="How much detail is added; 0 adds none.")
    radius: float = Field(default=1.0, ge=0.3, le=8, description="Size of the detail, in pixels.")


class GradeMatch(Filter):
    """Moves brightness, contrast and colour towards those of the plate or of a still."""

    kind: Literal["grade_match"] = "grade_match"
    still: str | None = Field(
        default=None, description="A picture whose grade is wanted; empty = the plate's, frame by frame."
    )
    amount: float = Field(default=1.0, ge=0, le=1, description="How far to go; 1 is all the way.")


class Halation(Filter):
    """The red glow that bright lights have on film."""

    kind: Literal["halation"] = "halation"
    amount: float = Field(default=0.25, ge=0, le=2, description="Strength of the glow.")
    threshold: float = Field(default=0.75, ge=0, lt=1, description="How bright a light must be to glow, 1 = white.")
    radius: float = Field(
        default=0.02, gt=0, le=0.2, description="Reach of the glow, as a share of the picture's short side."
    )


class Vignette(Filter):
    """Darker corners, as a lens gives them."""

    kind: Literal["vignette"] = "vignette"
    amount: float = Field(default=0.25, ge=0, le=1, description="How much light the corners lose; 1 is all of it.")


class Grain(Filter):
    """Film grain: strongest in the middle tones, new in every frame."""

    kind: Literal["grain"] = "grain"
    amount: float = Field(default=3.0, ge=0, le=30, description="Deviation in the middle tones, in levels of 255.")
    size: float = Field(default=1.2, ge=0.5, le=6, description="Size of a grain, in pixels.")
    colour: float = Field(default=0.3, ge=0, le=1, description="0 is grey grain, 1 has its own in each colour.")
    seed: int = Field(default=1, ge=0, le=2**32 - 1, description="The same seed gives the same grain.")


class Dejitter(Filter):
    """Takes small shakes out of the picture's position and leaves the camera's real moves."""

    kind: Literal["dejitter"] = "dejitter"
    reach: int = Field(default=6, ge=1, le=48, description="Frames looked at before and after.")
    largest: float = Field(
        default=0.01, gt=0, le=0.1, description="Larger jumps are meant and kept, as a share of the picture's width."
    )
    least: float = Field(
        default=0.0, ge=0, le=8, description="Shakes of fewer pixels stay: reading between pixels costs sharpness."
    )
    against: Literal["path", "plate"] = Field(
        default="path",
        description="path: the camera's own small shakes go, too. plate: only what moves against the plate goes.",
    )


class Stabilise(Filter):
    """Steadies a hand-held camera: its path is smoothed, and the picture enlarged a little so that no edge shows."""

    kind: Literal["stabilise"] = "stabilise"
    reach: int = Field(default=12, ge=2, le=32, description="Frames looked at before and after.")
    zoom: float = Field(
        default=0.05,
        ge=0,
        le=0.3,
        description="How much the picture is enlarged; a shake that would show an edge is taken out only in part.",
    )


class ReferenceHands(Filter):
    """Lays the hands of another clip over those of the plate: real hands, filmed doing the same."""

    kind: Literal["reference_hands"] = "reference_hands"
    clip: str = Field(min_length=1, description="The file with the reference hands.")
    offset: int = Field(
        default=0, ge=-100000, le=100000, description="Which of its frames belongs to the plate's first one."
    )
    feather: float = Field(default=0.15, ge=0, le=1, description="Softness of the edge, as a share of the palm.")
    match: float = Field(
        default=0.7, ge=0, le=1, description="How far the colours go towards those of the hand below; 1 is all the way."
    )


class RoundTrip(Filter):
    """Drops every second frame and draws it again from its neighbours: 60 > 30 > 60. Length and sound stay."""

    kind: Literal["round_trip"] = "round_trip"
    guard: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="A redrawn frame that loses more than this share of its expression is put back; 1 never does.",
    )


AnyFilter = Annotated[
    Deflicker
    | LocalDeflicker
    | Deband
    | Clarity
    | Sharpen
    | GradeMatch
    | Halation
    | Vignette
    | Grain
    | Dejitter
    | Stabilise
    | ReferenceHands
    | RoundTrip,
    Field(discriminator="kind"),
]

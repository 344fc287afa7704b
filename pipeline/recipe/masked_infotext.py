"""The settings of inpaint and of the script "img2img alternative test" in Auto1111's text, there and back."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.recipe.inpaint import Inpaint, MaskedContent
from pipeline.recipe.inversion import Inversion
from pipeline.recipe.notes import Notes, within
from pipeline.recipe.passes import PassSpec
from pipeline.recipe.regions import WholeFrame

CONTENTS: dict[str, MaskedContent] = {
    "original": "original",
    "fill": "fill",
    "latent noise": "latent_noise",
    "latent nothing": "latent_nothing",
}
AREAS = {"Only masked": "only_masked", "Whole picture": "whole_picture"}
INPAINT = ("Mask blur", "Masked content", "Inpaint area", "Masked area padding")
SCRIPT = (
    "Decode prompt",
    "Decode negative prompt",
    "Decode CFG scale",
    "Decode steps",
    "Randomness",
    "Sigma Adjustment",
)
"""What the script writes. Its override boxes are not written: what they put in place stands in the text itself."""


def inpaint_in(said: Mapping[str, str], notes: Notes) -> Inpaint:
    """How a region was repainted. Early versions wrote no area: only masked is taken."""
    content, area = said.get("Masked content", "original"), said.get("Inpaint area", "Only masked")
    if content not in CONTENTS:
        notes.say(f"The masked content {content} is not known here; the original is kept.")
    blur = within(said["Mask blur"], 4.0, 0.0, 64.0) if "Mask blur" in said else None
    return Inpaint(
        masked_content=CONTENTS.get(content, "original"),
        area="whole_picture" if AREAS.get(area) == "whole_picture" else "only_masked",
        mask_blur=blur,
    )


def inpaint_as(spec: PassSpec) -> dict[str, str]:
    """What Auto1111 would write for the region of a pass; nothing for the whole frame."""
    if isinstance(spec.region, WholeFrame):
        return {}
    own, written = spec.inpaint, dict[str, str]()
    if own.mask_blur is not None:
        written["Mask blur"] = f"{own.mask_blur:g}"
    if own.masked_content != "original":
        written["Masked content"] = next(theirs for theirs, ours in CONTENTS.items() if ours == own.masked_content)
    written["Inpaint area"] = next(theirs for theirs, ours in AREAS.items() if ours == own.area)
    return written | {"Masked area padding": str(spec.region.padding)}


def inversion_in(said: Mapping[str, str]) -> Inversion:
    """What the script was set to; switched off where it was not used."""
    if "Decode steps" not in said:
        return Inversion()
    return Inversion(
        enabled=True,
        prompt=said.get("Decode prompt", ""),
        negative_prompt=said.get("Decode negative prompt", ""),
        guidance_scale=within(said.get("Decode CFG scale"), 1.0, 0.0, 15.0),
        steps=int(within(said["Decode steps"], 50, 1, 150)),
        randomness=within(said.get("Randomness"), 0.0, 0.0, 1.0),
        sigma_adjustment=said.get("Sigma Adjustment") == "True",
    )


def inversion_as(own: Inversion) -> dict[str, str]:
    """What the script would write; nothing where it is switched off."""
    if not own.enabled:
        return {}
    values = (own.prompt, own.negative_prompt, f"{own.guidance_scale:g}", str(own.steps), f"{own.randomness:g}")
    return dict(zip(SCRIPT, (*values, str(own.sigma_adjustment)), strict=True))

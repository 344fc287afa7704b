"""From Auto1111's settings to a recipe, with a sentence for everything that could not be taken over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import ValidationError

from pipeline.recipe.controlnet_units import HASH, UNIT, controls_in
from pipeline.recipe.infotext import Infotext
from pipeline.recipe.inpaint import Inpaint
from pipeline.recipe.inversion import Inversion
from pipeline.recipe.masked_infotext import INPAINT, SCRIPT, inpaint_in, inversion_in
from pipeline.recipe.networks import model_name, named_networks
from pipeline.recipe.notes import Names, Notes, number, within
from pipeline.recipe.passes import PassSpec, Sampler
from pipeline.recipe.recipe import Recipe
from pipeline.recipe.regions import Face

SAMPLERS = {
    "euler": "Euler",
    "euler_a": "Euler a",
    "dpmpp_2m": "DPM++ 2M",
    "dpmpp_2m_karras": "DPM++ 2M Karras",
    "ddim": "DDIM",
    "lcm": "LCM",
}
"""Our name -> Auto1111's. Others are said and replaced by Euler."""
FALLBACK = "stable-diffusion-v1-5"
SILENT = ("Steps", "Sampler", "CFG scale", "Seed", "Size", "Model", "Model hash", "Denoising strength", "Clip skip")
VAE = ("VAE", "VAE hash")
WEIGHTS = (".safetensors", ".ckpt", ".pt")
"""How the names of files end that Auto1111 shows in full."""
NOISE = ("RNG", "ENSD")
UNIMPORTANT = ("Version", "Schedule type", "Mask mode")
HASHES = ("Lora hashes", "TI hashes")
HARMLESS = (("Masked content", "original"), ("Inpaint area", "Whole picture"), ("Tiling", "False"))
"""Settings that ask for what is done here anyway."""


@dataclass(frozen=True)
class Pasted:
    """A recipe out of pasted settings. left_out: what could not be taken over, a sentence each."""

    recipe: Recipe
    left_out: tuple[str, ...]


def recipe_from(body: Infotext, face: Infotext | None = None, known: Names | None = None) -> Pasted:
    """A recipe that does what the settings say: one pass over the frame, and one over the faces where `face` is given.

    known: the models that are here or in the catalogue, by hash.
    """
    notes, names = Notes(), known or {}
    passes = [_pass(body, "body", names, notes)]
    if face is not None:
        own = {"prompt": face.prompt, "negative_prompt": face.negative_prompt}
        region = Face(padding=int(within(face.settings.get("Masked area padding"), 32, 0, 256)))
        passes.append(_pass(face, "face", names, notes).model_copy(update={**own, "region": region}))
    recipe = Recipe(
        title="Pasted from Auto1111",
        checkpoint=_checkpoint(body, names, notes),
        vae=_vae(body, names, notes),
        prompt=body.prompt,
        negative_prompt=body.negative_prompt,
        seed=int(number(body.settings.get("Seed"), 1)) % 2**32,
        noise_source="cpu" if body.settings.get("RNG") == "CPU" else "gpu",
        eta_noise_seed_delta=int(min(max(number(body.settings.get("ENSD"), 0), 0), 2**31 - 1)),
        crop_and_resize=_size(body, notes),
        sides="floor",
        passes=tuple(passes),
    )
    return Pasted(recipe, tuple(notes.sentences))


def _pass(info: Infotext, name: str, known: Names, notes: Notes) -> PassSpec:
    said, masked = info.settings, name == "face"
    if "Denoising strength" not in said:
        notes.say(f"The text of the {name} has no denoising strength: made from words alone; 0.5 is taken.")
    for tag in named_networks(info.prompt).others:
        notes.say(f"{tag} in the prompt is of a kind that is not known here.")
    settings: dict[str, Any] = {
        "name": name,
        "denoising_strength": number(said.get("Denoising strength"), 0.5),
        "guidance_scale": number(said.get("CFG scale"), 7.0),
        "steps": int(number(said.get("Steps"), 20)),
        "sampler": _sampler(said, notes),
        "clip_skip": int(number(said.get("Clip skip"), 1)),
        "controls": tuple(controls_in(said, known, notes)),
        "inversion": inversion_in(said),
    }
    if masked:
        settings["inpaint"] = _inpaint(said, settings["inversion"], notes)
    for setting in [setting for setting in said if not _is_known(setting, said[setting], masked)]:
        notes.say(f"{setting} ({said[setting]}) has no counterpart here.")
    return _valid(settings, notes)


def _inpaint(said: Mapping[str, str], inversion: Inversion, notes: Notes) -> Inpaint:
    own = inpaint_in(said, notes)
    if not inversion.enabled or own.masked_content == "original":
        return own
    notes.say("The masked content is left as it is: the noise is read off it.")
    return own.model_copy(update={"masked_content": "original"})


def _valid(settings: dict[str, Any], notes: Notes) -> PassSpec:
    """A pass of these settings; one that is out of bounds is said and left at its default."""
    try:
        return PassSpec.model_validate(settings)
    except ValidationError as error:
        wrong = {str(fault["loc"][0]) for fault in error.errors()}
        for name in sorted(wrong & set(settings)):
            notes.say(f"{name.replace('_', ' ')} {settings.pop(name)} is out of bounds here; the default is taken.")
        return PassSpec.model_validate({"name": "body"} | settings)


def _is_known(setting: str, value: str, masked: bool) -> bool:
    """Whether a setting is taken over, or asks for what is done here anyway. masked: of a pass over a region."""
    known = (*SILENT, *VAE, *NOISE, *UNIMPORTANT, *HASHES, *SCRIPT, *(INPAINT if masked else ()))
    return setting in known or (setting, value) in HARMLESS or UNIT.fullmatch(setting) is not None


def _sampler(said: Mapping[str, str], notes: Notes) -> str:
    wanted = said.get("Sampler", "Euler")
    schedule = said.get("Schedule type", "Automatic")
    full = f"{wanted} {schedule}" if schedule not in ("Automatic", "Normal") else wanted
    ours = next((ours for ours, theirs in SAMPLERS.items() if theirs == full), None)
    if ours in get_args(Sampler):
        return str(ours)
    notes.say(f"The sampler {full} is not among those here; Euler is taken.")
    return "euler"


def _size(info: Infotext, notes: Notes) -> tuple[int, int] | None:
    found = re.fullmatch(r"(\d{2,4})x(\d{2,4})", info.settings.get("Size", ""))
    if found is None:
        notes.say("It names no size; the frame keeps its shape.")
        return None
    return int(found[1]), int(found[2])


def _checkpoint(info: Infotext, known: Names, notes: Notes) -> str:
    digits, name = info.settings.get("Model hash", ""), info.settings.get("Model", "")
    if digits in known:
        return known[digits]
    if name:
        notes.say(f"The model {name} [{digits or 'no hash'}] is not known here by its hash; it is looked for by name.")
        return _safe(name)
    notes.say(f"It names no model that is known here; {FALLBACK} is taken.")
    return FALLBACK


def _vae(info: Infotext, known: Names, notes: Notes) -> str:
    """The autoencoder's name; empty for the checkpoint's own."""
    digits, name = info.settings.get("VAE hash", ""), info.settings.get("VAE", "")
    if digits in known:
        return known[digits]
    if name in ("", "None", "Automatic"):
        return ""
    notes.say(f"The autoencoder {name} [{digits or 'no hash'}] is not known by its hash; it is looked for by name.")
    suffix = next((suffix for suffix in WEIGHTS if name.endswith(suffix)), "")
    return model_name(name.removesuffix(suffix))


def _safe(name: str) -> str:
    return model_name(HASH.sub("", name)) or FALLBACK

"""From a recipe to the text that Auto1111 would have written for one of its passes."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.recipe.controlnet_units import unit_of
from pipeline.recipe.infotext import Infotext
from pipeline.recipe.masked_infotext import inpaint_as, inversion_as
from pipeline.recipe.networks import named_networks
from pipeline.recipe.notes import Names
from pipeline.recipe.passes import PassSpec
from pipeline.recipe.pasted import SAMPLERS
from pipeline.recipe.recipe import Recipe


@dataclass(frozen=True)
class Facts:
    """What Auto1111 writes and a recipe does not say.

    size: width and height that the model worked at. hashes: model's name here -> short hash as Auto1111 shows it.
    embeddings: the same for embeddings, which are written where a prompt names them.
    """

    size: tuple[int, int]
    hashes: Names = field(default_factory=dict[str, str])
    embeddings: Names = field(default_factory=dict[str, str])
    version: str = "Photoplay"


def infotext_of(recipe: Recipe, spec: PassSpec, facts: Facts) -> Infotext:
    """What Auto1111 would have written for this pass. `recipe_from` reads it back to the same settings."""
    spec = spec.overridden
    worn = (f"<lora:{one.id}:{one.weight:g}>" for one in spec.adapters if one.weight)
    prompt = " ".join((recipe.prompt_of(spec), *worn)).strip()
    settings = {
        "Steps": str(spec.steps),
        "Sampler": SAMPLERS[spec.sampler],
        "CFG scale": f"{spec.guidance_scale:g}",
        "Seed": str(recipe.seed),
        "Size": f"{facts.size[0]}x{facts.size[1]}",
        "Model hash": facts.hashes.get(recipe.checkpoint, ""),
        "Model": recipe.checkpoint,
        "VAE hash": facts.hashes.get(recipe.vae, ""),
        "VAE": recipe.vae,
        "Denoising strength": f"{spec.denoising_strength:g}",
        "Clip skip": str(spec.clip_skip) if spec.clip_skip > 1 else "",
    }
    settings |= inpaint_as(spec) | inversion_as(spec.inversion)
    if recipe.noise_source == "cpu":
        settings["RNG"] = "CPU"
    if recipe.eta_noise_seed_delta:
        settings["ENSD"] = str(recipe.eta_noise_seed_delta)
    for number, control in enumerate(spec.controls):
        settings[f"ControlNet {number}"] = unit_of(control, facts.hashes)
    loras = {lora.name for lora in named_networks(prompt).loras}
    hashed = ", ".join(f"{name}: {facts.hashes[name]}" for name in sorted(loras) if name in facts.hashes)
    words = f"{prompt} {recipe.negative_prompt_of(spec)}".lower()
    named = ", ".join(f"{name}: {digits}" for name, digits in facts.embeddings.items() if name.lower() in words)
    settings |= {"Lora hashes": hashed, "TI hashes": named, "Version": facts.version}
    kept = {name: value for name, value in settings.items() if value}
    return Infotext(prompt, recipe.negative_prompt_of(spec), kept)

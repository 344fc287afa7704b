"""From Auto1111's settings to a recipe, with a sentence for everything that could not be taken over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import ValidationError

from pipeline.recipe.infotext import Infotext, settings_in
from pipeline.recipe.networks import model_name, named_networks
from pipeline.recipe.passes import ControlKind, ControlSpec, Face, PassSpec, Sampler
from pipeline.recipe.recipe import Recipe

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
UNIT = re.compile(r"ControlNet(?: (?P<number>\d+)|-(?P<older>\d+) (?P<field>.+)|(?P<oldest>) (?P<first>\D.*))")
"""A ControlNet as one quoted value (since May 2023), as numbered settings, or as the settings of the only one."""
SILENT = ("Steps", "Sampler", "CFG scale", "Seed", "Size", "Model", "Model hash", "Denoising strength", "Clip skip")
NOISE = ("RNG", "ENSD")
UNIMPORTANT = ("Version", "Schedule type", "Mask mode", "Inpaint area", "Masked area padding")
HASHES = ("Lora hashes", "TI hashes")
HARMLESS = (("Masked content", "original"), ("Tiling", "False"))
"""Settings that ask for what is done here anyway."""
PREPROCESSORS: dict[str, ControlKind] = {
    "mediapipe_face": "mediapipe_face",
    "openpose": "openpose",
    "canny": "canny",
    "depth": "depth",
    "normal": "normal",
}
"""How a preprocessor's or model's name begins or what it contains -> what the control sees."""
HASH = re.compile(r"\s*\[(?P<hash>[0-9a-f]+)\]\s*$")

Names = Mapping[str, str]
"""Short hash as Auto1111 shows it -> the model's name here."""


@dataclass(frozen=True)
class Pasted:
    """A recipe out of pasted settings. left_out: what could not be taken over, a sentence each."""

    recipe: Recipe
    left_out: tuple[str, ...]


@dataclass
class Notes:
    """Gathers what could not be taken over."""

    sentences: list[str] = field(default_factory=list[str])

    def say(self, sentence: str) -> None:
        """Say something once."""
        if sentence not in self.sentences:
            self.sentences.append(sentence)


def recipe_from(body: Infotext, face: Infotext | None = None, known: Names | None = None) -> Pasted:
    """A recipe that does what the settings say: one pass over the frame, and one over the faces where `face` is given.

    known: the models that are here or in the catalogue, by hash.
    """
    notes, names = Notes(), known or {}
    passes = [_pass(body, "body", names, notes)]
    if face is not None:
        own = {"prompt": face.prompt, "negative_prompt": face.negative_prompt}
        padding = _number(face.settings.get("Masked area padding"), 32)
        region = Face(padding=int(min(max(padding, 0), 256)))
        passes.append(_pass(face, "face", names, notes).model_copy(update={**own, "region": region}))
    recipe = Recipe(
        title="Pasted from Auto1111",
        checkpoint=_checkpoint(body, names, notes),
        prompt=body.prompt,
        negative_prompt=body.negative_prompt,
        seed=int(_number(body.settings.get("Seed"), 1)) % 2**32,
        noise_source="cpu" if body.settings.get("RNG") == "CPU" else "gpu",
        eta_noise_seed_delta=int(min(max(_number(body.settings.get("ENSD"), 0), 0), 2**31 - 1)),
        crop_and_resize=_size(body, notes),
        passes=tuple(passes),
    )
    return Pasted(recipe, tuple(notes.sentences))


def _pass(info: Infotext, name: str, known: Names, notes: Notes) -> PassSpec:
    said = info.settings
    if "Denoising strength" not in said:
        notes.say(f"The text of the {name} has no denoising strength: made from words alone; 0.5 is taken.")
    for tag in named_networks(info.prompt).others:
        notes.say(f"{tag} in the prompt is of a kind that is not known here.")
    settings: dict[str, Any] = {
        "name": name,
        "denoising_strength": _number(said.get("Denoising strength"), 0.5),
        "guidance_scale": _number(said.get("CFG scale"), 7.0),
        "steps": int(_number(said.get("Steps"), 20)),
        "sampler": _sampler(said, notes),
        "clip_skip": int(_number(said.get("Clip skip"), 1)),
        "controls": tuple(_controls(said, known, notes)),
    }
    for setting in [setting for setting in said if not _is_known(setting, said[setting])]:
        notes.say(f"{setting} ({said[setting]}) has no counterpart here.")
    return _valid(settings, notes)


def _valid(settings: dict[str, Any], notes: Notes) -> PassSpec:
    """A pass of these settings; one that is out of bounds is said and left at its default."""
    try:
        return PassSpec.model_validate(settings)
    except ValidationError as error:
        wrong = {str(fault["loc"][0]) for fault in error.errors()}
        for name in sorted(wrong & set(settings)):
            notes.say(f"{name.replace('_', ' ')} {settings.pop(name)} is out of bounds here; the default is taken.")
        return PassSpec.model_validate({"name": "body"} | settings)


def _is_known(setting: str, value: str) -> bool:
    """Whether a setting is taken over, or asks for what is done here anyway."""
    known = (*SILENT, *NOISE, *UNIMPORTANT, *HASHES)
    return setting in known or (setting, value) in HARMLESS or UNIT.fullmatch(setting) is not None


def _number(text: str | None, default: float) -> float:
    try:
        return float(text) if text is not None else default
    except ValueError:
        return default


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


def _safe(name: str) -> str:
    return model_name(HASH.sub("", name)) or FALLBACK


def _controls(said: Mapping[str, str], known: Names, notes: Notes) -> Iterator[ControlSpec]:
    for unit in _units(said):
        kind, model = _kind(unit), unit.get("model", "None")
        if unit.get("enabled", "True") != "True" or model == "None":
            continue
        if kind is None:
            notes.say(f"The ControlNet {model} with {unit.get('module', 'none')} sees something that is not read here.")
            continue
        mode = unit.get("control mode", "Balanced")
        if mode != "Balanced":
            notes.say(f"The control mode {mode} of {model} has no counterpart here; it is balanced.")
        found = HASH.search(model)
        id = known.get(found["hash"], _safe(model)) if found else _safe(model)
        begin, end = _range(unit)
        weight = min(max(_number(unit.get("weight"), 1.0), 0.0), 2.0)
        yield ControlSpec(kind=kind, model=id, weight=weight, start=begin, end=end)


def _units(said: Mapping[str, str]) -> list[dict[str, str]]:
    """The settings of each ControlNet, names in small letters, whichever way they are written."""
    units: dict[str, dict[str, str]] = {}
    for setting, value in said.items():
        if (found := UNIT.fullmatch(setting)) is None:
            continue
        if found["number"] is not None:
            units[found["number"]] = {name.lower(): inner for name, inner in settings_in(value)}
        else:
            field_name = found["field"] or found["first"]
            units.setdefault(found["older"] or "0", {})[field_name.lower()] = value
    for unit in units.values():
        unit["module"] = unit.get("module", unit.get("preprocessor", "none"))
    return [units[number] for number in sorted(units, key=int)]


def _kind(unit: Mapping[str, str]) -> ControlKind | None:
    """By the preprocessor; by the model where the map was made beforehand."""
    for name in (unit["module"], unit.get("model", "")):
        for part, kind in PREPROCESSORS.items():
            if part in name.lower():
                return kind
    return None


def _range(unit: Mapping[str, str]) -> tuple[float, float]:
    if (both := re.fullmatch(r"\(([\d.]+), ?([\d.]+)\)", unit.get("starting/ending", ""))) is not None:
        begin, end = float(both[1]), float(both[2])
    else:
        begin = _number(unit.get("guidance start"), 0.0)
        end = _number(unit.get("guidance end", unit.get("guidance strength")), 1.0)
    begin, end = min(max(begin, 0.0), 1.0), min(max(end, 0.0), 1.0)
    return min(begin, end), max(begin, end)

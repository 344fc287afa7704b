"""The settings of ControlNet units in Auto1111's text, there and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pipeline.recipe.infotext import settings_in
from pipeline.recipe.networks import model_name
from pipeline.recipe.notes import Names, Notes, number, within
from pipeline.recipe.passes import ControlKind, ControlMode, ControlSpec

UNIT = re.compile(r"ControlNet(?: (?P<number>\d+)|-(?P<older>\d+) (?P<field>.+)|(?P<oldest>) (?P<first>\D.*))")
"""A ControlNet as one quoted value (since May 2023), as numbered settings, or as the settings of the only one."""
PREPROCESSORS: dict[str, ControlKind] = {
    "mediapipe_face": "mediapipe_face",
    "openpose": "openpose",
    "canny": "canny",
    "depth": "depth",
    "normal": "normal",
}
"""How a preprocessor's or model's name begins or what it contains -> what the control sees."""
MODES: dict[str, ControlMode] = {
    "Balanced": "balanced",
    "My prompt is more important": "prompt",
    "ControlNet is more important": "control",
}
HASH = re.compile(r"\s*\[(?P<hash>[0-9a-f]+)\]\s*$")


def controls_in(said: Mapping[str, str], known: Names, notes: Notes) -> Iterator[ControlSpec]:
    """The controls that the settings name; what cannot be taken over is said. known: models by their hash."""
    for unit in _units(said):
        kind, model = _kind(unit), unit.get("model", "None")
        if unit.get("enabled", "True") != "True" or model == "None":
            continue
        if kind is None:
            notes.say(f"The ControlNet {model} with {unit.get('module', 'none')} sees something that is not read here.")
            continue
        mode = unit.get("control mode", "Balanced")
        if mode not in MODES:
            notes.say(f"The control mode {mode} of {model} is not known here; it is balanced.")
        found = HASH.search(model)
        name = model_name(HASH.sub("", model)) or "controlnet"
        id = known.get(found["hash"], name) if found else name
        begin, end = _range(unit)
        weight = within(unit.get("weight"), 1.0, 0.0, 2.0)
        yield ControlSpec(kind=kind, model=id, weight=weight, start=begin, end=end, mode=MODES.get(mode, "balanced"))


def unit_of(control: ControlSpec, hashes: Names) -> str:
    """What Auto1111 would write for a control. hashes: by the model's name here."""
    digits = f" [{hashes[control.model]}]" if control.model in hashes else ""
    mode = next(theirs for theirs, ours in MODES.items() if ours == control.mode)
    return (
        f"Module: {control.kind}, Model: {control.model}{digits}, Weight: {control.weight:g}, "
        f"Guidance Start: {control.start:g}, Guidance End: {control.end:g}, Control Mode: {mode}"
    )


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
        begin = number(unit.get("guidance start"), 0.0)
        end = number(unit.get("guidance end", unit.get("guidance strength")), 1.0)
    begin, end = min(max(begin, 0.0), 1.0), min(max(end, 0.0), 1.0)
    return min(begin, end), max(begin, end)

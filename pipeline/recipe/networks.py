"""What a prompt names beside words: `<lora:name:weight>`, taken out of the text before it is read as words."""

from __future__ import annotations

import re
from dataclasses import dataclass

TAG = re.compile(r"<(?P<kind>\w+):(?P<arguments>[^<>]+)>")
LORA_KINDS = ("lora", "lyco")
"""Auto1111 took `lyco` from an extension and reads it as `lora`."""


@dataclass(frozen=True)
class NamedLora:
    """A LoRA that a prompt names. unet_weight, text_weight: how much it counts in either network."""

    name: str
    unet_weight: float = 1.0
    text_weight: float = 1.0


@dataclass(frozen=True)
class Prompt:
    """A prompt taken apart. others: tags of kinds that are not known, as written."""

    text: str
    loras: tuple[NamedLora, ...] = ()
    others: tuple[str, ...] = ()


def named_networks(prompt: str) -> Prompt:
    """The prompt without its tags, and the LoRAs they name.

    Auto1111's rules: `<lora:name>` counts in full; `<lora:name:0.8>` in both networks; `<lora:name:0.5:0.8>` is first
    the text encoder's weight, then the UNet's; `te=` and `unet=` name them. A weight that is no number counts as 1.
    """
    loras: list[NamedLora] = []
    others: list[str] = []

    def take(tag: re.Match[str]) -> str:
        if tag["kind"].lower() in LORA_KINDS:
            loras.append(_lora(tag["arguments"]))
        else:
            others.append(tag[0])
        return ""

    text = TAG.sub(take, prompt)
    return Prompt(text, tuple(loras), tuple(others))


def _lora(arguments: str) -> NamedLora:
    name, *rest = (part.strip() for part in arguments.split(":"))
    named = dict(part.split("=", 1) for part in rest if "=" in part)
    plain = [part for part in rest if "=" not in part]
    text = _number(named.get("te", plain[0] if plain else "1"))
    unet = _number(named["unet"]) if "unet" in named else (_number(plain[1]) if len(plain) > 1 else text)
    return NamedLora(model_name(name), unet, text)


def model_name(name: str) -> str:
    """What a file is called as a model here: `My LoRA (v2)` is `My_LoRA_v2`."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._-")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0

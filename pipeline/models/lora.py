"""LoRAs of every form in one: for each module of the checkpoint, a matrix down, a matrix up, and how much they count.

A LoRA adds alpha / rank * up @ down to the weight of a module (Hu et al. 2021, arXiv:2106.09685); a LoCon does the same
for convolutions, some with a small one in the middle (LyCORIS). kohya's files join a module's path with underscores,
which only the list of all modules can undo; files for the original layout use LDM's names in between.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pipeline import torchvision_ops
from pipeline.errors import RefusedFile
from pipeline.models.ldm import unet_module
from pipeline.models.tensors import Tensors

UNET, TEXT = "unet.", "text_encoder."
PARTS = ("down", "up", "mid")
KOHYA = re.compile(r"(?P<module>lora_(?:unet|te)_\w+)\.(?:lora_(?P<part>down|up|mid)\.weight|(?P<alpha>alpha))")
DOTTED = re.compile(
    r"(?P<module>.+?)(?:\.processor)?(?:"
    r"\.lora_(?P<peft>[AB])(?:\.\w+)?\.weight"
    r"|\.lora(?:_linear_layer)?\.(?P<part>down|up)\.weight"
    r"|\.(?P<older>to_\w+)_lora\.(?P<olderpart>down|up)\.weight"
    r"|\.(?P<alpha>alpha))"
)
DOWN, UP = ("CrossAttnDownBlock2D",) * 4, ("CrossAttnUpBlock2D",) * 4
PEFT = {"A": "down", "B": "up"}
MODULES_NOTE = "photoplay.modules"
"""The note in a file that maps kohya's names to modules, for bases whose modules cannot be known beforehand."""
MODULE = re.compile(r"(unet|text_encoder)(\.\w+)+")
HINT = "It was made for another base or another program; choose a LoRA for Stable Diffusion 1.5."


@dataclass(frozen=True)
class LowRank:
    """What a LoRA does to one module.

    down: [rank, inputs] or [rank, channels, h, w]. up: [outputs, rank] or [outputs, rank, 1, 1].
    mid: [rank, rank, h, w] between two convolutions of one pixel, or None. scale: alpha / rank.
    """

    down: Tensor
    up: Tensor
    mid: Tensor | None
    scale: float

    def delta(self) -> Tensor:
        """What is added to the module's weight at adapter weight 1: float32, as many numbers as the weight has."""
        down, up = self.down.float(), self.up.float()
        if self.mid is not None:
            return self.scale * torch.einsum("or,rshw,si->oihw", up.flatten(1), self.mid.float(), down.flatten(1))
        added = up.flatten(1) @ down.flatten(1)
        return self.scale * added.reshape(up.shape[0], *down.shape[1:])


LowRanks = Mapping[str, LowRank]
"""Module -> what is done to it. Modules are called `unet.…` and `text_encoder.…`, as diffusers and transformers do."""


@functools.cache
def modules() -> Mapping[str, str]:
    """Each way to write a module in a file -> its name here, for all that a LoRA can change in Stable Diffusion 1.

    Smaller networks of the same family, such as the draft model, have their attention in other blocks. Those names are
    known as well, so that their LoRAs can be told apart from others'; which modules a checkpoint has, it says itself.
    """
    torchvision_ops.declare()
    from diffusers import UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    with torch.device("meta"):
        unet = UNet2DConditionModel(cross_attention_dim=768)
        text = CLIPTextModel(CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_attention_heads=12))
        relative = UNet2DConditionModel(down_block_types=DOWN, up_block_types=UP, block_out_channels=(32, 64, 96, 128))
    known: dict[str, str] = {}
    for name in _changeable(relative):
        known[f"lora_unet_{name.replace('.', '_')}"] = known[name] = known[UNET + name] = UNET + name
    for name in _changeable(unet):
        for written in (name, unet_module(name)):
            known[f"lora_unet_{written.replace('.', '_')}"] = UNET + name
        known[name] = known[UNET + name] = UNET + name
    for name in _changeable(text):
        known[f"lora_te_text_model_{name.replace('.', '_')}"] = TEXT + name
        for written in (name, f"text_model.{name}"):
            known[written] = known[TEXT + written] = TEXT + name
    return known


def _changeable(network: nn.Module) -> list[str]:
    return [name for name, module in network.named_modules() if isinstance(module, nn.Linear | nn.Conv2d)]


def low_ranks(tensors: Tensors, alphas: Mapping[str, float] | None = None) -> dict[str, LowRank]:
    """Everything the file changes, by module. alphas: module, or "" for all -> alpha, where a config beside it says so.

    Raises RefusedFile when a name is not known, or a part is missing or does not fit the other.
    """
    parts: dict[str, dict[str, Tensor]] = {}
    known = {**_noted_modules(tensors.notes), **modules()}
    for name in tensors.shapes:
        module, part = _place(name, tensors, known)
        parts.setdefault(module, {})[part] = tensors.read(name)
    given = alphas or _noted_alphas(tensors.notes)
    return {module: _whole(module, found, given, tensors) for module, found in sorted(parts.items())}


def _place(name: str, tensors: Tensors, known: Mapping[str, str]) -> tuple[str, str]:
    """The module and the part that a tensor is. known: each way to write a module -> its name here."""
    found = KOHYA.fullmatch(name) or DOTTED.fullmatch(name)
    if found is None:
        raise RefusedFile(f"{tensors.path.name} holds {name}, which is no part of a LoRA that is known here.", HINT)
    fields = found.groupdict()
    written = fields["module"].removeprefix("base_model.model.")
    if older := fields.get("older"):
        written = f"{written}.{'to_out.0' if older == 'to_out' else older}"
    module = known.get(written)
    if module is None:
        raise RefusedFile(f"{tensors.path.name} changes {written}, which Stable Diffusion 1.5 does not have.", HINT)
    part = fields["part"] or fields.get("olderpart") or PEFT.get(fields.get("peft") or "") or "alpha"
    return module, part


def _noted_modules(notes: Mapping[str, str]) -> dict[str, str]:
    """How the file writes modules that Stable Diffusion 1 does not have, as `training` notes them for other bases."""
    try:
        noted = json.loads(notes.get(MODULES_NOTE, "{}"))
    except ValueError:
        return {}
    named = noted.items() if isinstance(noted, dict) else ()
    return {written: name for written, name in named if isinstance(name, str) and MODULE.fullmatch(name)}


def _noted_alphas(notes: Mapping[str, str]) -> dict[str, float]:
    """The alpha that diffusers writes into a file's notes, where it differs from the rank."""
    try:
        noted = json.loads(notes.get("lora_adapter_metadata", "{}"))
    except ValueError:
        return {}
    if not isinstance(noted, dict):
        return {}
    values = {key: value for key, value in noted.items() if key.endswith(".lora_alpha")}
    return {key.removesuffix("lora_alpha"): float(value) for key, value in values.items() if _is_number(value)}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(module: str, parts: Mapping[str, Tensor], alphas: Mapping[str, float], tensors: Tensors) -> LowRank:
    if not {"down", "up"} <= set(parts):
        raise RefusedFile(f"{tensors.path.name} holds half of what it does to {module}.", "Get the file again.")
    down, up, mid = parts["down"], parts["up"], parts.get("mid")
    rank = down.shape[0]
    if up.dim() < 2 or up.shape[1] != rank or (mid is not None and tuple(mid.shape[:2]) != (rank, rank)):
        raise RefusedFile(f"The two halves for {module} in {tensors.path.name} do not fit.", "Get the file again.")
    owner = next((start for start in (UNET, TEXT) if module.startswith(start)), "")
    alpha = parts["alpha"].item() if "alpha" in parts else alphas.get(owner, alphas.get("", float(rank)))
    return LowRank(down, up, mid, float(alpha) / rank)


def as_tensors(changes: LowRanks) -> dict[str, Tensor]:
    """The changes as one flat table, which `from_tensors` reads back; numbers stay as they are."""
    flat: dict[str, Tensor] = {}
    for module, change in changes.items():
        for part in PARTS:
            if (tensor := getattr(change, part)) is not None:
                flat[f"{module}.{part}"] = tensor.contiguous()
        flat[f"{module}.scale"] = torch.tensor(change.scale, dtype=torch.float64)
    return flat


def from_tensors(flat: Mapping[str, Tensor]) -> dict[str, LowRank]:
    """The changes that `as_tensors` wrote."""
    names = sorted({name.rpartition(".")[0] for name in flat})
    return {
        module: LowRank(
            flat[f"{module}.down"], flat[f"{module}.up"], flat.get(f"{module}.mid"), float(flat[f"{module}.scale"])
        )
        for module in names
    }

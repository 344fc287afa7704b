"""The networks of a training: a frozen base with small trainable matrices beside its layers, by PEFT."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pipeline import torchvision_ops
from pipeline.models.load import LoadedCheckpoint
from pipeline.models.lora import TEXT, UNET, LowRank
from training.characters.settings import Training

ATTENTION = r".*\.(to_q|to_k|to_v|to_out\.0)"
CONVOLUTIONS = r".*\.(conv1|conv2|conv_shortcut|proj_in|proj_out|downsamplers\.0\.conv|upsamplers\.0\.conv)"
TEXT_ATTENTION = r".*\.self_attn\.(q_proj|k_proj|v_proj|out_proj)"
ADAPTER = "default"


@dataclass(frozen=True, eq=False)
class Trainee:
    """A checkpoint with a LoRA in it. The base stays as it is; only the LoRA has gradients."""

    networks: LoadedCheckpoint
    alpha: int

    @property
    def parts(self) -> Mapping[str, nn.Module]:
        """What a LoRA may lie in, by how LoRAs call it."""
        return {UNET: self.networks.unet, TEXT: self.networks.text_encoder}

    def parameters(self) -> dict[str, nn.Parameter]:
        """The trainable matrices by name, always in the same order."""
        named = ((start + name, p) for start, part in self.parts.items() for name, p in part.named_parameters())
        return {name: parameter for name, parameter in sorted(named) if parameter.requires_grad}

    def low_ranks(self) -> dict[str, LowRank]:
        """The LoRA as it is now, by module: copies in float32 on the CPU."""
        from peft.tuners.lora import LoraLayer

        found: dict[str, LowRank] = {}
        for start, part in self.parts.items():
            for name, module in part.named_modules():
                if isinstance(module, LoraLayer):
                    down, up = _weight(module.lora_A), _weight(module.lora_B)
                    found[start + name] = LowRank(down, up, None, self.alpha / down.shape[0])
        return found


def with_lora(networks: LoadedCheckpoint, settings: Training) -> Trainee:
    """Put an untrained LoRA into a checkpoint: A random by the seed, B zero, so that nothing changes at first.

    Raises nothing of its own; the networks must not be used by anybody else from now on.
    """
    torchvision_ops.declare()
    from peft import LoraConfig, inject_adapter_in_model

    torch.manual_seed(settings.seed)
    unet = f"({ATTENTION}|{CONVOLUTIONS})" if settings.convolutions else ATTENTION
    targets: list[tuple[nn.Module, str]] = [(networks.unet, unet)]
    if settings.text_encoder:
        targets.append((networks.text_encoder, TEXT_ATTENTION))
    for network, modules in targets:
        config = LoraConfig(r=settings.rank, lora_alpha=settings.alpha, target_modules=modules, init_lora_weights=True)
        inject_adapter_in_model(config, network)
        for parameter in network.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.float()
    return Trainee(networks, settings.alpha)


def _weight(parts: object) -> Tensor:
    assert isinstance(parts, nn.ModuleDict)
    weight = parts[ADAPTER].weight
    assert isinstance(weight, Tensor)
    return weight.detach().float().cpu().clone()

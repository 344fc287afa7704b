"""Which models are on the device: loaded when first needed, then kept. Used by the accelerator's thread only."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from pipeline.engine.text import Prompts
from pipeline.errors import ModelMissing
from pipeline.keys import Key
from pipeline.models.load import LoadedCheckpoint, LoadedControl, load_checkpoint, load_control
from pipeline.models.store import Checkpoint, Control


@dataclass(frozen=True)
class Resident:
    """A checkpoint on the device, with its prompts."""

    networks: LoadedCheckpoint
    prompts: Prompts


class Residency:
    """Loaded models by the key of their files, so that a replaced file is a new model and two names share one."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._checkpoints: dict[Key, Resident] = {}
        self._controls: dict[Key, LoadedControl] = {}

    def checkpoint(self, checkpoint: Checkpoint) -> Resident:
        """The checkpoint, loaded if it was not. Raises ModelMissing when it cannot be."""
        if checkpoint.key not in self._checkpoints:
            networks = load_checkpoint(checkpoint, self.device)
            self._checkpoints[checkpoint.key] = Resident(networks, Prompts(networks.tokenizer, networks.text_encoder))
        return self._checkpoints[checkpoint.key]

    def control(self, control: Control, checkpoint: Checkpoint) -> LoadedControl:
        """The ControlNet, loaded if it was not. Raises ModelMissing when it cannot be or does not fit `checkpoint`."""
        if control.key not in self._controls:
            self._controls[control.key] = load_control(control, self.device)
        loaded = self._controls[control.key]
        unet = self.checkpoint(checkpoint).networks.unet
        for name in ("in_channels", "block_out_channels", "layers_per_block", "cross_attention_dim"):
            if loaded.net.config[name] != unet.config[name]:
                raise ModelMissing(
                    f"The ControlNet {control.id} was not made for models like {checkpoint.id}.",
                    "Choose a ControlNet of the checkpoint's base.",
                )
        return loaded

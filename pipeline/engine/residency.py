"""Which models are on the device: loaded when first needed, then kept. Used by the accelerator's thread only."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from pipeline.engine.batch import Batch
from pipeline.engine.outfit import Outfit
from pipeline.engine.prompt.chunks import Embedding
from pipeline.engine.text import Prompts
from pipeline.errors import ModelMissing
from pipeline.keys import Key
from pipeline.models.attachments import load_embedding
from pipeline.models.load import LoadedCheckpoint, LoadedControl, load_checkpoint, load_control
from pipeline.models.store import Checkpoint, Control, Weights


@dataclass(frozen=True)
class Resident:
    """A checkpoint on the device, with its prompts and the LoRAs that it wears."""

    networks: LoadedCheckpoint
    prompts: Prompts
    outfit: Outfit

    @classmethod
    def of(cls, networks: LoadedCheckpoint) -> Resident:
        """A loaded checkpoint, as it comes."""
        prompts = Prompts(networks.tokenizer, networks.text_encoder)
        return cls(networks, prompts, Outfit(networks, prompts.forget))

    def embeddings(self, named: tuple[Weights, ...]) -> tuple[Embedding, ...]:
        """Embeddings by their names, ready for prompts. Raises ModelMissing when one does not fit."""
        return tuple(
            Embedding(one.key, tuple(self.prompts.ids(one.id)), load_embedding(one, self.networks)) for one in named
        )


class Residency:
    """Loaded models by the key of their files, so that a replaced file is a new model and two names share one."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._checkpoints: dict[Key, Resident] = {}
        self._controls: dict[Key, LoadedControl] = {}

    def checkpoint(self, checkpoint: Checkpoint) -> Resident:
        """The checkpoint, loaded if it was not. Raises ModelMissing when it cannot be."""
        if checkpoint.key not in self._checkpoints:
            self._checkpoints[checkpoint.key] = Resident.of(load_checkpoint(checkpoint, self.device))
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

    def let_go_of_others(self, batch: Batch) -> bool:
        """Let go of every model that a batch does not need. Says whether there was any.

        Work that was interrupted keeps its models until it ends, and loads them anew if it asks for them again.
        """
        controls = {hint.control.key for hint in batch.hints}
        others = [key for key in self._checkpoints if key != batch.checkpoint.key]
        other_controls = [key for key in self._controls if key not in controls]
        for key in others:
            del self._checkpoints[key]
        for key in other_controls:
            del self._controls[key]
        return bool(others or other_controls)

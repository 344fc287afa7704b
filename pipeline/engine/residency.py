"""Which models are loaded, and where their networks are. Used by the accelerator's thread only.

A model is loaded when it is first needed, then kept. On a card all its networks stay where there is room for them; on
a small one those that are called least come and go (`layout`, `offload`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from pipeline.engine.attention import set_slicing
from pipeline.engine.batch import Batch
from pipeline.engine.graphs import Graphs
from pipeline.engine.layout import Layout, Network, Role, decide
from pipeline.engine.motion import check_fit
from pipeline.engine.offload import Lodging
from pipeline.engine.outfit import Outfit
from pipeline.engine.prompt.chunks import Embedding
from pipeline.engine.text import Prompts
from pipeline.errors import ModelMissing
from pipeline.keys import Key
from pipeline.models.attachments import load_embedding
from pipeline.models.load import (
    LoadedCheckpoint,
    LoadedControl,
    dtype_on,
    load_checkpoint,
    load_control,
    load_motion,
)
from pipeline.models.machine import Machine
from pipeline.models.store import Checkpoint, Control, Weights

if TYPE_CHECKING:
    from diffusers import MotionAdapter

GB = 10**9
SPARE = 1 << 28
"""Bytes that are left to the driver and to the gaps between blocks: 256 MiB."""
Room = Callable[[], int | None]
"""Bytes of the device that may be used, those among them that are used already; None = no need to count."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Resident:
    """A checkpoint, with its prompts, the LoRAs that it wears and the graphs of its steps."""

    networks: LoadedCheckpoint
    prompts: Prompts
    outfit: Outfit
    graphs: Graphs

    @classmethod
    def of(cls, networks: LoadedCheckpoint, graphs: Graphs) -> Resident:
        """A loaded checkpoint, as it comes."""
        prompts = Prompts(networks.tokenizer, networks.text_encoder)
        return cls(networks, prompts, Outfit(networks, prompts.forget), graphs)

    def embeddings(self, named: tuple[Weights, ...]) -> tuple[Embedding, ...]:
        """Embeddings by their names, ready for prompts. Raises ModelMissing when one does not fit."""
        return tuple(
            Embedding(one.key, tuple(self.prompts.ids(one.id)), load_embedding(one, self.networks)) for one in named
        )


class Residency:
    """Loaded models by the key of their files, so that a replaced file is a new model and two names share one.

    room: how much of the device may be used; as the device says, unless given. Where it need not be counted, as on a
    CPU, nothing ever moves.
    """

    def __init__(self, device: torch.device, machine: Machine | None = None, room: Room | None = None) -> None:
        self.device = device
        self.machine = machine or Machine()
        self._room = room or (lambda: room_on(device, self.machine))
        self._checkpoints: dict[Key, Resident] = {}
        self._controls: dict[Key, LoadedControl] = {}
        self._motions: dict[Key, MotionAdapter] = {}
        self._counted = self._room() is not None
        self._sparing = self.machine.memory == "sparing"
        self._needed = frozenset[Key]()
        self._layout: Layout | None = None
        self.lodging = Lodging(device)

    def prepare(self, batch: Batch) -> None:
        """Note which models the work that begins needs: where there is not room for all, others make way."""
        needed = frozenset({batch.checkpoint.key, *(hint.control.key for hint in batch.hints)})
        if self._counted and needed != self._needed:
            self._needed = needed
            self._arrange()

    def checkpoint(self, checkpoint: Checkpoint) -> Resident:
        """The checkpoint, loaded if it was not. Raises ModelMissing when it cannot be."""
        key = checkpoint.key
        if key not in self._checkpoints:
            loaded = load_checkpoint(checkpoint, self._home, dtype_on(self.device, self.machine))
            self._checkpoints[key] = Resident.of(loaded, self.graphs())
            self._take_in(key, "unet", loaded.unet)
            self._take_in(key, "vae", loaded.vae, *loaded.vae.children())
            self._take_in(key, "text_encoder", loaded.text_encoder)
            self._arrange(fresh=True)
        return self._checkpoints[key]

    def control(self, control: Control, checkpoint: Checkpoint) -> LoadedControl:
        """The ControlNet, loaded if it was not. Raises ModelMissing when it cannot be or does not fit `checkpoint`."""
        if control.key not in self._controls:
            fresh = load_control(control, self._home, dtype_on(self.device, self.machine))
            self._controls[control.key] = fresh
            self._take_in(control.key, "control", nn.ModuleList((fresh.net, fresh.embedder)), fresh.net, fresh.embedder)
            self._arrange(fresh=True)
        loaded = self._controls[control.key]
        unet = self.checkpoint(checkpoint).networks.unet
        for name in ("in_channels", "block_out_channels", "layers_per_block", "cross_attention_dim"):
            if loaded.net.config[name] != unet.config[name]:
                raise ModelMissing(
                    f"The ControlNet {control.id} was not made for models like {checkpoint.id}.",
                    "Choose a ControlNet of the checkpoint's base.",
                )
        return loaded

    def motion(self, motion: Weights, checkpoint: Checkpoint) -> MotionAdapter:
        """The motion adapter, loaded if it was not. Raises ModelMissing when it cannot be or does not fit `checkpoint`.

        It stays on the device as long as it is kept: it works in the midst of the UNet.
        """
        if motion.key not in self._motions:
            self._motions[motion.key] = load_motion(motion, self.device, dtype_on(self.device, self.machine))
        check_fit(self._motions[motion.key], self.checkpoint(checkpoint).networks.unet, motion.id)
        return self._motions[motion.key]

    def make_room(self, batch: Batch) -> bool:
        """When memory has run out: let go of what a batch does not need, or else be sparing. Says whether that helps.

        Work that was interrupted keeps its models until it ends, and loads them anew if it asks for them again.
        """
        controls = {hint.control.key for hint in batch.hints}
        others = [key for key in self._checkpoints if key != batch.checkpoint.key]
        others += [key for key in self._controls if key not in controls]
        others += [key for key in self._motions if batch.motion is None or key != batch.motion.key]
        for key in others:
            self._motions.pop(key, None)
            self._checkpoints.pop(key, None)
            self._controls.pop(key, None)
            self.lodging.drop(key)
        held = [resident.graphs.give_up() for resident in self._checkpoints.values()]
        return bool(others) or any(held) or self._be_sparing()

    def _be_sparing(self) -> bool:
        """From now on only what every step calls stays, if that is news."""
        if self._sparing or not self._counted or self.machine.memory == "resident":
            return False
        log.warning("the memory has run out: from now on only what every step calls stays on the device")
        self._sparing = True
        self._arrange()
        return True

    @property
    def _home(self) -> torch.device:
        """Where models are loaded to."""
        return torch.device("cpu") if self._counted else self.device

    def _take_in(self, key: Key, role: Role, network: nn.Module, *doors: nn.Module) -> None:
        if self._counted:
            size = sum(tensor.nbytes for tensor in (*network.parameters(), *network.buffers()))
            self.lodging.add(Network(key, role, size, needed=True), (network,), doors or (network,))

    def _arrange(self, fresh: bool = False) -> None:
        """Decide anew where every network is to be. fresh: there is one that has no place yet."""
        if not self._counted:
            return
        networks = [replace(one, needed=not self._needed or one.key in self._needed) for one in self.lodging.networks]
        resident = self.machine.memory == "resident"
        layout = decide(networks, None if resident else self._room(), self._sparing)
        if layout == self._layout and not fresh:
            return
        self._layout = layout
        for one in self._checkpoints.values():
            one.graphs.forget()
        self.lodging.arrange(layout)
        self._slice(layout)

    def graphs(self) -> Graphs:
        """Graphs for the steps of a checkpoint: on cards, as long as no network comes and goes."""
        return Graphs(lambda: self.device.type == "cuda" and self.lodging.settled)

    def _slice(self, layout: Layout) -> None:
        """Let attention and autoencoders take one frame after the other where memory is short, or all at once again.

        On a CPU autoencoders always do (see `load`).
        """
        one_by_one = layout.sliced or self.device.type == "cpu"
        for resident in self._checkpoints.values():
            set_slicing(resident.networks.unet, layout.sliced)
            (resident.networks.vae.enable_slicing if one_by_one else resident.networks.vae.disable_slicing)()
        for control in self._controls.values():
            set_slicing(control.net, layout.sliced)


def room_on(device: torch.device, machine: Machine) -> int | None:
    """Bytes of a device that Photoplay may use, those that it uses among them; None for a CPU, whose memory is home."""
    if device.type != "cuda":
        return None
    free, _ = torch.cuda.mem_get_info(device)
    room = free + torch.cuda.memory_reserved(device) - SPARE
    return room if machine.gigabytes is None else min(room, round(machine.gigabytes * GB))

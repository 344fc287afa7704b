"""Networks between the device and the machine's own memory: brought when they are called, sent home for the next one.

A network that does not stay is moved whole, through pinned memory where the device is a card. Its weights keep their
identity, so LoRAs are merged into it wherever it is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.engine.layout import Layout, Network, Role
from pipeline.keys import Key

Name = tuple[Key, Role]


@dataclass(eq=False)
class Lodger:
    """A network. doors: the modules that others call. here: it is on the device. home: its weights where it lives."""

    network: Network
    modules: tuple[nn.Module, ...]
    doors: tuple[nn.Module, ...]
    here: bool = False
    stays: bool = True
    home: list[Tensor] = field(default_factory=list)

    @property
    def weights(self) -> list[Tensor]:
        """Every parameter and buffer."""
        return [tensor for module in self.modules for tensor in (*module.parameters(), *module.buffers())]


class Lodging:
    """The networks of one device. Used by the accelerator's thread only. moves: how many were brought or sent home."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._lodgers: dict[Name, Lodger] = {}
        self.moves = 0

    @property
    def settled(self) -> bool:
        """Whether every network stays, so that its weights lie where they lie."""
        return all(lodger.stays for lodger in self._lodgers.values())

    @property
    def networks(self) -> list[Network]:
        """All of them, in the order they came."""
        return [lodger.network for lodger in self._lodgers.values()]

    def add(self, network: Network, modules: Iterable[nn.Module], doors: Iterable[nn.Module] | None = None) -> None:
        """Take in a network that is at home. doors: what others call; the modules themselves unless given."""
        parts = tuple(modules)
        lodger = Lodger(network, parts, parts if doors is None else tuple(doors))
        self._lodgers[network.key, network.role] = lodger
        for door in lodger.doors:
            door.register_forward_pre_hook(functools.partial(self._knock, lodger), with_kwargs=True)

    def drop(self, key: Key) -> None:
        """Forget the networks of these files."""
        for name in [name for name in self._lodgers if name[0] == key]:
            del self._lodgers[name]

    def arrange(self, layout: Layout) -> None:
        """Bring what stays, after what does not has gone home."""
        for name, lodger in self._lodgers.items():
            lodger.stays = name in layout.staying
            if lodger.here and not lodger.stays:
                self._send_home(lodger)
        for lodger in self._lodgers.values():
            if lodger.stays:
                self._bring(lodger)

    def _knock(self, lodger: Lodger, module: nn.Module, inputs: Any, named: Any) -> tuple[Any, Any]:
        """Before a network is called: it is brought, and so is what it is called with."""
        if not lodger.here:
            for other in self._lodgers.values():
                if other.here and not other.stays:
                    self._send_home(other)
            self._bring(lodger)
        sent = self._sent
        return tuple(sent(value) for value in inputs), {name: sent(value) for name, value in named.items()}

    def _sent(self, value: Any) -> Any:
        return value.to(self._device) if isinstance(value, Tensor) else value

    def _bring(self, lodger: Lodger) -> None:
        if lodger.here:
            return
        weights = lodger.weights
        lodger.home = [] if lodger.stays else lodger.home or [tensor.data for tensor in weights]
        _replace(weights, lambda place, tensor: tensor.to(self._device, non_blocking=True, copy=True))
        lodger.here = True
        self.moves += 1

    def _send_home(self, lodger: Lodger) -> None:
        weights, pinned = lodger.weights, self._device.type == "cuda"
        home = lodger.home or [torch.empty_like(w, device="cpu", pin_memory=pinned) for w in weights]
        lodger.home = home
        _replace(weights, lambda place, tensor: home[place].copy_(tensor))
        lodger.here = False
        self.moves += 1


@torch.inference_mode(False)
@torch.no_grad()
def _replace(weights: list[Tensor], moved: Callable[[int, Tensor], Tensor]) -> None:
    """Give every weight what `moved` makes of its place and its numbers; ordinary tensors, whatever mode is on."""
    for place, tensor in enumerate(weights):
        tensor.data = moved(place, tensor.data)

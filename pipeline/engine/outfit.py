"""The LoRAs that a checkpoint wears: merged into its weights, and taken off again to the bit.

Between two steps of a render others may use the same networks, each with LoRAs of their own. So everyone says before
each step what is to be worn. Mostly it is worn already; otherwise the weights as they were are put back from the copies
kept of them, and the other LoRAs merged. A merge always starts from those copies, so its result never hangs on what was
worn before.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from pipeline.engine.batch import Adapter
from pipeline.models.attachments import load_adapter
from pipeline.models.load import LoadedCheckpoint
from pipeline.models.lora import LowRank
from pipeline.models.store import Weights

KEPT = 8
"""How many LoRAs stay loaded beside a checkpoint; one has some tens of megabytes."""


class Outfit:
    """What the networks of one checkpoint wear. Used by the accelerator's thread only.

    changed: called whenever it has changed, because what the networks gave before no longer holds.
    """

    def __init__(self, networks: LoadedCheckpoint, changed: Callable[[], None]) -> None:
        self._text = set(networks.text_encoder.modules())
        self._changed = changed
        self._worn: tuple[Adapter, ...] | None = ()
        self._bare: dict[nn.Module, Tensor] = {}
        self._load = functools.lru_cache(maxsize=KEPT)(functools.partial(_loaded, networks))

    def wear(self, adapters: tuple[Adapter, ...]) -> None:
        """Wear exactly these. Raises ModelMissing when one is damaged or does not fit; then nothing is worn."""
        if adapters == self._worn:
            return
        changes = [(adapter, self._load(adapter.weights)) for adapter in adapters]
        self._worn = None
        self._changed()
        while self._bare:
            module, bare = next(iter(self._bare.items()))
            _weight(module).copy_(bare)
            del self._bare[module]
        for module in {module: None for _, change in changes for module in change}:
            self._merge(module, [(self._share(a, module), c[module]) for a, c in changes if module in c])
        self._worn = adapters

    def _share(self, adapter: Adapter, module: nn.Module) -> float:
        """How much an adapter counts in the network that a module is of."""
        return adapter.text_weight if module in self._text else adapter.unet_weight

    @torch.no_grad()
    def _merge(self, module: nn.Module, changes: list[tuple[float, LowRank]]) -> None:
        weight = _weight(module)
        self._bare[module] = weight.detach().to("cpu", copy=True)
        merged = weight.to(torch.float32, copy=True)
        for share, change in changes:
            moved = LowRank(
                change.down.to(weight.device),
                change.up.to(weight.device),
                None if change.mid is None else change.mid.to(weight.device),
                change.scale,
            )
            merged += share * moved.delta().reshape(weight.shape)
        weight.copy_(merged)


def _loaded(networks: LoadedCheckpoint, adapter: Weights) -> Mapping[nn.Module, LowRank]:
    return load_adapter(adapter, networks)


def _weight(module: nn.Module) -> Tensor:
    weight = module.weight
    assert isinstance(weight, Tensor)
    return weight

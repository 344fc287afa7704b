"""What a stretch of work costs, counted and not timed: calls of the networks, operators, bytes of new arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tests.engine.batches import counted_calls

NETWORKS = ("UNet2DConditionModel", "ControlNetModel", "ControlNetConditioningEmbedding", "CLIPTextModel")


class Operators(TorchDispatchMode):
    """Counts every operator that torch runs on this thread, and the bytes of the arrays that they make."""

    def __init__(self) -> None:
        super().__init__()
        self.count = self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the operator; what shares its storage with an input is no new array."""
        given = {leaf.untyped_storage().data_ptr() for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)}
        output = func(*args, **(kwargs or {}))
        self.count += 1
        for leaf in tree_leaves(output):
            if isinstance(leaf, Tensor) and leaf.untyped_storage().data_ptr() not in given:
                self.bytes += leaf.nbytes
        return output


def counts_of(work: Callable[[], object]) -> dict[str, int]:
    """Run `work` on this thread and count: calls of each network, `operators` and `bytes`."""
    with counted_calls() as calls, Operators() as operators:
        work()
    return named(calls) | {"operators": operators.count, "bytes": operators.bytes}


def named(calls: Counter[str]) -> dict[str, int]:
    """The calls of the networks that count, those that were not called at 0."""
    return {name: calls[name] for name in NETWORKS}

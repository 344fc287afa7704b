"""Deep layers that answer as at the step before: from step to step they change little, and they cost most.

Between two full steps only the outermost blocks of the UNet run, on the way down and on the way up, with what the deep
ones and the ControlNets gave at the last full step. Approximate. Source: Ma et al. 2023, "DeepCache".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import nn

from pipeline.engine.controls import Led
from pipeline.engine.once import answering

if TYPE_CHECKING:
    from diffusers import UNet2DConditionModel


@dataclass
class DeepLayers:
    """The deep layers of one batch's denoising. every: at so many steps the first is full."""

    every: int
    _rows: int = 0
    _answers: dict[nn.Module, Any] = field(default_factory=dict)
    _led: Led = (None, None)

    def due(self, step: int, rows: int) -> bool:
        """Whether a step must be full: its turn has come, or there are more or fewer rows than at the last full one."""
        return step % self.every == 0 or rows != self._rows

    @contextmanager
    def kept(self, unet: UNet2DConditionModel, rows: int, led: Led) -> Iterator[None]:
        """A full step of the UNet: what its deep layers answer is kept, and what the ControlNets added, `led`."""
        self._rows, self._led = rows, led
        with answering({block: partial(self._keep, block, block.forward) for block in deep(unet)}):
            yield

    @contextmanager
    def reused(self, unet: UNet2DConditionModel) -> Iterator[Led]:
        """A step in between: its deep layers answer as they did. Gives what the ControlNets added then."""
        with answering({block: partial(self._again, block) for block in deep(unet)}):
            yield self._led

    def _keep(self, block: nn.Module, forward: Callable[..., Any], *inputs: Any, **named: Any) -> Any:
        self._answers[block] = forward(*inputs, **named)
        return self._answers[block]

    def _again(self, block: nn.Module, *inputs: Any, **named: Any) -> Any:
        return self._answers[block]


def deep(unet: UNet2DConditionModel) -> list[nn.Module]:
    """Every block of a UNet but the first on the way down and the last on the way up."""
    middle = [] if unet.mid_block is None else [unet.mid_block]
    return [*unet.down_blocks[1:], *middle, *unet.up_blocks[:-1]]

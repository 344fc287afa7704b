"""Super-resolution by an imported network (the Real-ESRGAN class, whatever spandrel knows), tile by tile."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import cached_property
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline import torchvision_ops
from pipeline.frames import FloatPicture
from pipeline.models.store import FILES, Weights

TILE = 256
"""Pixels of a tile's side that the network sees at once: what an 8 GB card holds with the largest of these networks."""
OVERLAP = 32
"""Pixels that neighbouring tiles share; one fades into the other there, so that no seam is seen."""


class Upscaler:
    """A network that enlarges pictures. It is loaded when first used and stays as long as this object.

    weights: of the kind upscaler. device: as torch names it.
    """

    def __init__(self, weights: Weights, device: str) -> None:
        self._weights, self._device = weights, device

    @cached_property
    def _model(self) -> Any:
        torchvision_ops.declare()
        from spandrel import ModelLoader

        tensors = load_file(self._weights.folder / FILES["upscaler"])
        return ModelLoader(device=self._device).load_from_state_dict(tensors).eval()

    @property
    def scale(self) -> int:
        """How many times as wide and high it makes a picture."""
        return int(self._model.scale)

    def enlarge(self, picture: FloatPicture) -> Generator[None, None, FloatPicture]:
        """The picture, float32 RGB [h, w, 3] in 0..1, `scale` times as large. Yields between tiles."""
        pixels = torch.from_numpy(picture).permute(2, 0, 1)[None].to(self._device)
        height, width, scale = picture.shape[0], picture.shape[1], self.scale
        total = torch.zeros((3, height * scale, width * scale), device=self._device)
        weight = torch.zeros((1, height * scale, width * scale), device=self._device)
        for y in starts(height):
            for x in starts(width):
                tile = pixels[:, :, y : y + TILE, x : x + TILE]
                with torch.inference_mode():
                    made = self._model(tile)[0].float()
                share = falloff(made.shape[1], made.shape[2], OVERLAP * scale).to(self._device)
                rows = slice(y * scale, y * scale + made.shape[1])
                columns = slice(x * scale, x * scale + made.shape[2])
                total[:, rows, columns] += made * share
                weight[:, rows, columns] += share
                yield
        return (total / weight).clamp(0, 1).permute(1, 2, 0).cpu().numpy()


def starts(length: int) -> list[int]:
    """Where tiles begin along a length, the last one flush with its end."""
    last = max(length - TILE, 0)
    return sorted({*range(0, last + 1, TILE - OVERLAP), last})


def falloff(height: int, width: int, ramp: int) -> Tensor:
    """How much a tile counts, float32 [1, height, width]: 1 in the middle, towards its edges falling to nearly 0."""

    def along(length: int) -> Iterator[float]:
        return (min(at + 1, length - at, ramp) / ramp for at in range(length))

    rows, columns = torch.tensor(list(along(height))), torch.tensor(list(along(width)))
    return (rows[:, None] * columns[None, :])[None]

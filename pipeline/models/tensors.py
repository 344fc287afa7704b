"""Files of weights as named tensors, read one at a time and mapped from the disk, so that size costs no memory.

Safetensors files are checked first. Pickles are read weights-only or not at all: what such a file would call is never
called, and there is no other way in.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from pipeline.errors import RefusedFile
from pipeline.models.header import AGAIN, read_header

ZIP, PICKLE = b"PK\x03\x04", b"\x80"
"""How the two kinds of PyTorch files begin: since version 1.6, and before."""
WRAPPERS = ("state_dict.", "params_ema.", "params.")
"""What training programs wrap the weights in."""
DEEPEST = 4
SAFER = "Get it as .safetensors, or convert it with a program that you trust."
BROKEN = (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError)
"""What torch raises for a file that is no clean set of weights. Nothing of the file is run meanwhile."""


@dataclass(frozen=True)
class Tensors:
    """The tensors of a file.

    path: where they come from. shapes: name -> shape. notes: the text that the file carries. read: one tensor by name.
    """

    path: Path
    shapes: Mapping[str, tuple[int, ...]]
    notes: Mapping[str, str]
    read: Callable[[str], Tensor]

    def __contains__(self, name: object) -> bool:
        return name in self.shapes

    def any_with(self, *parts: str) -> bool:
        """Whether some name contains one of these."""
        return any(part in name for name in self.shapes for part in parts)

    def any_from(self, *starts: str) -> bool:
        """Whether some name begins with one of these."""
        return any(name.startswith(starts) for name in self.shapes)


@contextmanager
def opened(path: Path) -> Iterator[Tensors]:
    """A file of weights. Valid inside the block. Raises RefusedFile when it is not one, or cannot be read safely."""
    with path.open("rb") as file:
        start = file.read(9)
    if start.startswith((ZIP, PICKLE)):
        yield _pickled(path, start)
    elif start[8:9] == b"{":
        header = read_header(path)
        try:
            mapped = safe_open(path, framework="pt")
        except SafetensorError as error:
            raise RefusedFile(f"{path.name} cannot be read.", AGAIN) from error
        with mapped as file:
            yield Tensors(path, header.shapes, header.notes, file.get_tensor)
    else:
        raise RefusedFile(
            f"{path.name} is not a model: neither safetensors nor a PyTorch file.",
            "Models end in .safetensors, .ckpt, .pt, .pth or .bin.",
        )


def _pickled(path: Path, start: bytes) -> Tensors:
    if start.startswith(ZIP):
        _check_archive(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=start.startswith(ZIP) or None)
    except BROKEN as error:
        raise RefusedFile(f"{path.name} holds more than weights, or is damaged; it was not read.", SAFER) from error
    tensors = _unwrapped(dict(_flat(content, "", 0)))
    if not tensors:
        raise RefusedFile(f"{path.name} holds no weights.", SAFER)
    return Tensors(path, {name: tuple(tensor.shape) for name, tensor in tensors.items()}, {}, tensors.__getitem__)


def _check_archive(path: Path) -> None:
    """PyTorch stores its archives uncompressed; one that is compressed could unfold to any size."""
    try:
        with zipfile.ZipFile(path) as archive:
            stored = all(info.compress_type == zipfile.ZIP_STORED for info in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise RefusedFile(f"{path.name} is cut off or damaged.", AGAIN) from error
    if not stored:
        raise RefusedFile(f"{path.name} is a compressed archive, not a PyTorch file.", SAFER)


def _flat(content: Any, name: str, depth: int) -> Iterator[tuple[str, Tensor]]:
    """Every tensor in nested tables, its name joined by dots. Counters, lists and optimiser states are passed over."""
    if isinstance(content, Tensor):
        yield name, content.detach()
    elif isinstance(content, dict) and depth < DEEPEST:
        for key, inner in content.items():
            if isinstance(key, str) and not key.startswith("optimizer"):
                yield from _flat(inner, f"{name}.{key}" if name else key, depth + 1)


def _unwrapped(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights without what a training program wrapped them in."""
    for wrapper in WRAPPERS:
        inner = {name.removeprefix(wrapper): t for name, t in tensors.items() if name.startswith(wrapper)}
        if inner:
            return inner
    return tensors

"""Makes `import torchvision` work beside a CPU build of torch.

The registry's torchvision wheel is a CUDA build. Beside a CPU torch its compiled library does not load, the two
operators that its Python files describe at import are then unknown, and diffusers, peft and controlnet-aux fall with
it. None of them calls those operators here, so it is enough that they are declared. Where the real library loads, or
where there is no torchvision at all, nothing is done.
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import torch

BOX_OPERATORS = ("nms", "qnms")


@functools.cache
def declare() -> torch.library.Library | None:
    """Declare torchvision's box operators if its own library cannot. The cache keeps the declarations alive."""
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return None
    try:
        for library in Path(spec.origin).parent.glob("_C*.so"):
            torch.ops.load_library(str(library))
            return None
    except OSError:
        pass
    declared = torch.library.Library("torchvision", "DEF")
    for operator in BOX_OPERATORS:
        declared.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return declared

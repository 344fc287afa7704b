"""The floor: the operations that a frame takes, counted, over what the device can do a second, measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.gpu_parts.models import Size, control_of, unet_of, vae_of

GIGA, TERA = 1e9, 1e12
TOKENS = 77
PEAK_SIDE = {"cuda": 8192, "cpu": 512}
"""Side of the square matrices whose product tells what a device can do."""


def steps_of(steps: int, strength: float) -> int:
    """How many steps Auto1111's rule takes."""
    return int(min(strength, 0.999) * steps) + 1


def counted(size: Size) -> dict[str, float]:
    """Multiply-adds times two, in GFLOP, of each network for one frame and one prompt: `unet.body`, `decode.face`."""
    with torch.device("meta"):
        unet, control, vae = (make(size).eval() for make in (unet_of, control_of, vae_of))
    found: dict[str, float] = {}
    moment = torch.empty((), device="meta")
    for name, (width, height) in (("body", size.body), ("face", size.face)):
        x = torch.empty(1, 4, height // 8, width // 8, device="meta")
        text = torch.empty(1, TOKENS, size.unet["cross_attention_dim"], device="meta")
        picture = torch.empty(1, 3, height, width, device="meta")
        found[f"unet.{name}"] = _gflop(lambda x=x, text=text: unet(x, moment, text))
        found[f"control.{name}"] = _gflop(lambda x=x, text=text, hint=picture: control(x, moment, text, hint))
        found[f"encode.{name}"] = _gflop(lambda picture=picture: _of(vae).encode(picture))
        found[f"decode.{name}"] = _gflop(lambda x=x: _of(vae).decode(x))
    return found


def per_frame(size: Size, gflop: dict[str, float]) -> dict[str, float]:
    """GFLOP of a finished frame of each part: CFG runs networks twice a step."""
    body, face = steps_of(size.body_steps, 0.65), steps_of(size.face_steps, 0.5)
    coded = {name: gflop[f"encode.{name}"] + gflop[f"decode.{name}"] for name in ("body", "face")}
    return {
        "body": coded["body"] + 2 * body * (gflop["unet.body"] + 3 * gflop["control.body"]),
        "face": coded["face"] + 2 * face * (gflop["unet.face"] + gflop["control.face"]),
        "inversion": gflop["encode.body"] + (size.inversion_steps - 1) * gflop["unet.body"],
        "vae": coded["body"],
        "lora": 2 * gflop["unet.face"],
    }


def peak(device: torch.device, dtype: torch.dtype) -> float:
    """TFLOP/s of a large product of matrices in the format of the weights: the best of five tries."""
    side = PEAK_SIDE.get(device.type, 512)
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    best = min(_timed(lambda: a @ b, device) for _ in range(6))
    return 2 * side**3 / best / TERA


def _timed(work: Callable[[], Tensor], device: torch.device) -> float:
    began = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - began


def _gflop(work: Callable[[], object]) -> float:
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops() / GIGA


def _of(vae: nn.Module) -> Any:
    return vae

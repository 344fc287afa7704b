"""Seconds a frame: ours at every batch size, in turn with the stock loop, and the most memory that each took."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu_parts import scenes
from benchmarks.gpu_parts.models import CHECKPOINT, Size
from benchmarks.gpu_parts.stock import stock_loop
from pipeline.engine.batch import Batch, Climb
from pipeline.engine.engine import Engine, Priority
from pipeline.engine.latents import decode, encode
from pipeline.engine.residency import Residency
from pipeline.models.store import ModelStore

MB = 1_000_000
Part = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """What is measured on. rounds: how often each thing is timed."""

    size: Size
    store: ModelStore
    engine: Engine
    rounds: int

    @property
    def device(self) -> torch.device:
        """The accelerator."""
        return torch.device(self.engine.device)

    @property
    def residency(self) -> Residency:
        """The engine's models."""
        return self.engine._residency


def loading(bench: Bench) -> Part:
    """Seconds until the checkpoint and the three ControlNets are there, and their bytes."""
    batch = scenes.body(bench.store, bench.size, 1)
    began = time.perf_counter()
    bench.residency.prepare(batch)
    networks = bench.residency.checkpoint(batch.checkpoint).networks
    controls = [bench.residency.control(hint.control, batch.checkpoint).net for hint in batch.hints]
    _wait(bench.device)
    parts = (networks.unet, networks.vae, networks.text_encoder, *controls)
    size = sum(p.nbytes for part in parts for p in part.parameters())
    return {"seconds": time.perf_counter() - began, "weights_mb": size / MB, "settled": bench.residency.lodging.settled}


def rendered(bench: Bench, scene: Callable[[ModelStore, Size, int], Batch]) -> Part:
    """A body or a face pass at every batch size, each round in turn with the stock loop's frame."""
    stock = stock_loop(scene(bench.store, bench.size, 1), bench.residency)
    plain = _timed(stock, bench.device)
    found: Part = {"batches": {}, "stock": {"first_seconds_a_frame": plain}}
    stocks: list[float] = []
    for count in bench.size.batches:
        batch = scene(bench.store, bench.size, count)
        found["batches"][str(count)], pairs = _in_turn(bench, batch, stock)
        stocks += pairs
    found["stock"]["seconds_a_frame"] = statistics.median(stocks)
    found |= _best(found["batches"])
    found["ratio_median"] = found["stock"]["seconds_a_frame"] / found["seconds_a_frame"]
    return found


def _in_turn(bench: Bench, batch: Batch, stock: Callable[[], object]) -> tuple[Part, list[float]]:
    count, device = len(batch.frames), bench.device

    def ours() -> None:
        bench.engine.img2img(batch, Priority.RENDER)

    with _heard() as said:
        first, most = _timed(ours, device), 0
        own, theirs = list[float](), list[float]()
        for _ in range(bench.rounds):
            _reset(device)
            own.append(_timed(ours, device) / count)
            most = max(most, _most(device))
            theirs.append(_timed(stock, device))
    ratios = [theirs_ / own_ for theirs_, own_ in zip(theirs, own, strict=True)]
    row: Part = {"seconds_a_frame": statistics.median(own), "ratio_median": statistics.median(ratios)}
    return row | {"first_seconds": first, "peak_mb": most / MB, "log": said}, theirs


def inverted(bench: Bench) -> Part:
    """The inversion at every batch size."""
    found: Part = {"batches": {}}
    for count in bench.size.batches:
        batch = scenes.inversion(bench.store, bench.size, count)

        def work(batch: Batch = batch) -> None:
            bench.engine.invert(batch, Climb(adjusted=True), Priority.RENDER)

        found["batches"][str(count)] = {"seconds_a_frame": _median(work, bench) / count}
    return found | _best(found["batches"])


def coded(bench: Bench) -> Part:
    """The autoencoder alone, both ways, at every batch size."""
    vae = bench.residency.checkpoint(bench.store.checkpoint(CHECKPOINT)).networks.vae
    found: Part = {"batches": {}}
    for count in bench.size.batches:
        pictures = scenes.pictures(count, bench.size.body, 0)
        latents = encode(vae, pictures)
        there = _median(lambda pictures=pictures: encode(vae, pictures), bench) / count
        back = _median(lambda latents=latents: decode(vae, latents), bench) / count
        found["batches"][str(count)] = {"encode": there, "decode": back, "seconds_a_frame": there + back}
    return found | _best(found["batches"])


def trained(bench: Bench, folder: Path) -> Part:
    """A LoRA of rank 16 on pictures of 512 px: seconds for all image-steps, begun when the first step is done."""
    from benchmarks.gpu_parts.lora import training

    return training(bench.size, bench.store, bench.device, folder)


def _median(work: Callable[[], object], bench: Bench) -> float:
    work()
    return statistics.median(_timed(work, bench.device) for _ in range(bench.rounds))


def _best(batches: Part) -> Part:
    """The batch size with the fewest seconds a frame."""
    best = min(batches, key=lambda count: batches[count]["seconds_a_frame"])
    return {"seconds_a_frame": batches[best]["seconds_a_frame"], "best_batch": int(best)}


def _timed(work: Callable[[], object], device: torch.device) -> float:
    _wait(device)
    began = time.perf_counter()
    work()
    _wait(device)
    return time.perf_counter() - began


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _reset(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def _most(device: torch.device) -> int:
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What the engine logs while the block runs: that a graph could not be recorded, that a batch was halved."""
    said: list[str] = []
    log, ear = logging.getLogger("pipeline.engine"), logging.Handler(logging.WARNING)
    ear.emit = lambda record: said.append(record.getMessage())
    log.addHandler(ear)
    try:
        yield said
    finally:
        log.removeHandler(ear)

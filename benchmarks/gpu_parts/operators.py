"""Where the time of a body pass goes: operators (on a card its kernels), and how long the device was busy at all."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.gpu_parts import scenes
from benchmarks.gpu_parts.timings import Bench
from pipeline.engine.img2img import img2img

SHOWN = 15
MICRO = 1e-6


def profiled(bench: Bench, count: int) -> dict[str, Any]:
    """One body pass of `count` frames under torch's profiler, which hears its own thread alone, after one without it.

    busy: the part of the time in which kernels ran on a card; on a CPU the part that operators account for.
    """
    import torch
    from torch.autograd import DeviceType
    from torch.profiler import ProfilerActivity, profile

    batch = scenes.body(bench.store, bench.size, count)

    def work() -> None:
        for _ in img2img(batch, bench.residency):
            pass

    work()
    card = bench.device.type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if card else [])]
    with profile(activities=activities) as seen:
        began = time.perf_counter()
        work()
        if card:
            torch.cuda.synchronize(bench.device)
        seconds = time.perf_counter() - began
    rows: list[Any] = [r for r in seen.key_averages() if not card or r.device_type == DeviceType.CUDA]

    def own(row: Any) -> float:
        return (row.self_device_time_total if card else row.self_cpu_time_total) * MICRO

    total = sum(map(own, rows))
    first = sorted(rows, key=own, reverse=True)[:SHOWN]
    shown = [{"name": r.key[:100], "calls": r.count, "seconds": own(r), "share": own(r) / total} for r in first]
    calls = sum(row.count for row in rows)
    return {"batch": count, "seconds": seconds, "busy": total / seconds, "calls": calls, "operators": shown}

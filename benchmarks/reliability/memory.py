"""Memory that runs out at every model call: the batch steps down, the job finishes, and the pictures stay.

    python benchmarks/reliability/memory.py [--every 1] [--report FILE]

A render job of one batch of sixteen frames is carried out once for each call that it makes of a text encoder, encoder,
ControlNet, UNet or decoder, and that call fails as on an accelerator without memory. Then it is carried out where the
UNet takes no more than 8, 4, 2 and 1 frames at any time. Each picture is compared with those of a job that nothing
happened to. `--every 3` lets only each third call fail.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from outcome import Figure, Outcome, none_of, run
from rig import Home, forked, make_kit, new_home

import numpy as np  # isort: skip
import rig  # isort: skip
import torch  # isort: skip
from torch import nn  # isort: skip
from torch.nn.modules.module import register_module_forward_pre_hook  # isort: skip

from pipeline.clip.still import decode_png  # isort: skip
from pipeline.frames import FrameRange  # isort: skip

NETWORKS = ("CLIPTextModel", "Encoder", "ControlNetModel", "UNet2DConditionModel", "Decoder")
SIZES = (8, 4, 2, 1)
SIXTEEN = rig.Settings(FrameRange(0, 15), 16)

Fails = Callable[[int, str, int], bool]
"""Whether a call fails: its number from 0, the network, and how many pictures it gets."""


def carried_out(home: Home, fails: Fails) -> int:
    """Carry out the job of a home where some calls fail, in a process of its own. Returns how many calls it made."""
    told = home.path / "calls"

    def work() -> None:
        calls = [0]

        def check(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            if type(module).__name__ in NETWORKS:
                calls[0] += 1
                if fails(calls[0] - 1, type(module).__name__, len(inputs[0]) if inputs else 1):
                    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

        register_module_forward_pre_hook(check)
        home.submit()
        home.carry_out()
        told.write_text(str(calls[0]))

    assert forked(work).join() == 0, "the process of the render ended with an error"
    return int(told.read_text())


def state_of(home: Home) -> str:
    """How the job of a home ended."""
    store = home.store()
    (job,) = store.jobs()
    store.close()
    return job.state


def farthest(home: Home, whole: Home) -> int:
    """The largest difference of a finished frame to the undisturbed one, in levels of 255."""
    worst = 0
    for path in (whole.path / "cache").rglob("*.png"):
        other = home.path / "cache" / path.relative_to(whole.path / "cache")
        pictures = [decode_png(found.read_bytes()).astype(int) for found in (path, other)]
        worst = max(worst, int(np.abs(pictures[0] - pictures[1]).max()))
    return worst


def measure(every: int) -> Outcome:
    """Let each call fail in a job of its own, then let the sizes fail."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kit = make_kit(folder / "kit")
        whole = new_home(folder / "whole", kit, SIXTEEN)
        calls = carried_out(whole, lambda call, network, count: False)
        assert state_of(whole) == "done", "the undisturbed render did not finish"
        moments: dict[str, Fails] = {
            f"call {unlucky}": lambda call, network, count, unlucky=unlucky: call == unlucky
            for unlucky in range(0, calls, every)
        }
        for size in SIZES:
            most = 2 * size
            moments[f"size {size}"] = lambda call, network, count, most=most: network == NETWORKS[3] and count > most
        unfinished, worst = 0, 0
        for number, fails in enumerate(moments.values()):
            home = new_home(folder / f"home-{number}", kit, SIXTEEN)
            carried_out(home, fails)
            unfinished += state_of(home) != "done"
            worst = max(worst, farthest(home, whole))
            print(f"{number + 1} of {len(moments)} jobs", file=sys.stderr, flush=True)
    figures = (
        Figure("model calls of the job", calls),
        Figure("calls that failed, each in a job of its own", len(moments) - len(SIZES)),
        Figure("frames at once that fitted in four more jobs", ", ".join(map(str, SIZES))),
        none_of("jobs that did not finish", unfinished),
        Figure("largest difference of a picture, in levels of 255", worst, "<= 1", worst <= 1),
    )
    return Outcome("Memory that runs out", HOW, round(time.monotonic() - start, 1), figures)


HOW = (
    "A render job of one batch of sixteen frames and two passes, carried out again and again with an out-of-memory "
    "error at another model call, and with a UNet that takes only so many frames at once."
)

if __name__ == "__main__":
    run("Let memory run out at every model call.", ("every", 1), measure)

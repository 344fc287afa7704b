"""The ladder: what each way to be faster gives alone and all together, predicted from counts and measured.

    python benchmarks/ladder.py [--repeat 3] [--out benchmarks/results/ladder.json] [--page docs/speed.md]

The draft model's body pass: 13 steps with guidance and three controls, at 448x256, on one thread. The parts of a step
are timed alone (the quickest of some runs, processor time) and put together as often as each loop calls them, so that
the table holds on a machine that is not quiet. Predicted is what the counted multiplications say, at one speed for all.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipeline.engine.batch import Hint, Pictures  # noqa: E402
from pipeline.engine.controls import Guide  # noqa: E402
from pipeline.engine.latents import decode, encode  # noqa: E402
from pipeline.engine.once import computed_once, repeated  # noqa: E402
from pipeline.engine.residency import Residency  # noqa: E402
from pipeline.models.store import ModelStore  # noqa: E402
from studio import HOME  # noqa: E402
from tests.engine.batches import noise_pictures  # noqa: E402

STEPS, CONTROLS, BATCH = 13, 3, 8
SIZE = (256, 448)
TABLE = ("<!-- table: benchmarks/ladder.py -->", "<!-- end of table -->")


@dataclass(frozen=True)
class Cost:
    """Seconds of one thread, and 1e9 multiplications and additions."""

    seconds: float
    gflop: float


Parts = dict[str, Cost]
"""What a part costs for one frame: unet, control, embed, encode and decode."""


def main() -> int:
    """Time the parts, put the loops together, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--page", type=Path, default=None)
    chosen = parser.parse_args()

    from benchmarks.loops.facts import facts, tell

    torch.set_num_threads(1)
    bench = Bench(chosen.repeat)
    alone, many = bench.parts(1, once=False), bench.parts(BATCH, once=False)
    alone_once, many_once = bench.parts(1, once=True), bench.parts(BATCH, once=True)
    with bench.contiguous():
        flat = bench.parts(1, once=False)
    plain = loop(alone, embeds=2 * STEPS)
    loops = {
        "the stock loop, frame by frame": plain,
        "the stock loop, channels not last": loop(flat, embeds=2 * STEPS),
        "hint pictures embedded once": loop(alone, embeds=1),
        "eight frames at once": loop(many, embeds=2 * STEPS),
        "once for all prompts": loop(alone_once, embeds=2 * STEPS),
        "all of them, the autoencoder in eights": loop(many_once, embeds=1),
        "all of them": loop(many_once | {name: alone[name] for name in ("encode", "decode")}, embeds=1),
    }
    rows = {
        name: {
            "seconds": round(cost.seconds, 3),
            "measured": round(plain.seconds / cost.seconds, 3),
            "predicted": round(plain.gflop / cost.gflop, 3),
        }
        for name, cost in loops.items()
    }
    tell(facts() | {"body": rows}, chosen.out)
    if chosen.page is not None:
        write_table(chosen.page, rows)
    return 0


def loop(parts: Parts, embeds: int) -> Cost:
    """A frame's body pass. embeds: how often each hint picture is embedded."""
    often = {"unet": STEPS, "control": STEPS * CONTROLS, "embed": embeds * CONTROLS, "encode": 1, "decode": 1}
    return Cost(
        sum(parts[name].seconds * times for name, times in often.items()),
        sum(parts[name].gflop * times for name, times in often.items()),
    )


class Bench:
    """The draft model's networks with inputs of the right shapes."""

    def __init__(self, repeat: int) -> None:
        self._repeat = repeat
        store, residency = ModelStore(HOME / "models"), Residency(torch.device("cpu"))
        checkpoint = store.checkpoint("draft")
        self._networks = residency.checkpoint(checkpoint).networks
        self._loaded = residency.control(store.control("draft-canny"), checkpoint)
        self._store = store

    def parts(self, frames: int, once: bool) -> Parts:
        """What the parts cost for a frame, with so many at a time. once: what no prompt has a part in is computed once.

        The autoencoder is given all frames in one call.
        """
        networks, net, vae = self._networks, self._loaded.net, self._networks.vae
        pictures = noise_pictures(frames, *SIZE)
        guide = Guide.of(self._hint(pictures), self._loaded, 2)
        latent = torch.randn(frames, networks.unet.config["in_channels"], SIZE[0] // 8, SIZE[1] // 8)
        scaled, timestep = repeated(latent, 2), torch.tensor(500.0)
        text = torch.randn(2 * frames, 77, networks.unet.config["cross_attention_dim"])
        vae.disable_slicing()

        def unet() -> object:
            with computed_once(networks.unet, 2 if once else 1):
                return networks.unet(scaled, timestep, encoder_hidden_states=text, return_dict=False)

        def control() -> object:
            more = {"encoder_hidden_states": text, "controlnet_cond": guide.features, "return_dict": False}
            with computed_once(net, 2 if once else 1):
                return net(scaled, timestep, **more)

        work: dict[str, Callable[[], object]] = {
            "unet": unet,
            "control": control,
            "embed": lambda: Guide.of(self._hint(pictures), self._loaded, 1),
            "encode": lambda: encode(vae, pictures),
            "decode": lambda: decode(vae, latent),
        }
        return {name: self._cost(one, frames) for name, one in work.items()}

    @contextmanager
    def contiguous(self) -> Iterator[None]:
        """The networks in the memory format that they come in."""
        modules: list[Any] = [self._networks.unet, self._networks.vae, self._loaded.net, self._loaded.embedder]
        for module in modules:
            module.to(memory_format=torch.contiguous_format)
        try:
            yield
        finally:
            for module in modules:
                module.to(memory_format=torch.channels_last)

    def _hint(self, pictures: Pictures) -> Hint:
        return Hint(self._store.control("draft-canny"), pictures, weight=1, start=0, end=1)

    @torch.inference_mode()
    def _cost(self, work: Callable[[], object], frames: int) -> Cost:
        from torch.utils.flop_counter import FlopCounterMode

        with FlopCounterMode(display=False) as counter:
            work()
        taken = []
        for _ in range(self._repeat):
            began = time.process_time()
            work()
            taken.append(time.process_time() - began)
        return Cost(min(taken) / frames, counter.get_total_flops() / 1e9 / frames)


def write_table(page: Path, rows: dict[str, dict[str, float]]) -> None:
    """Put the table between its marks in the page."""
    lines = ["| | seconds a frame | predicted | measured |", "|---|---|---|---|"]
    lines += [f"| {n} | {r['seconds']:.2f} | {r['predicted']:.2f} | {r['measured']:.2f} |" for n, r in rows.items()]
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(TABLE[0])
    page.write_text(before + TABLE[0] + "\n" + "\n".join(lines) + "\n" + TABLE[1] + rest.split(TABLE[1])[1], "utf-8")


if __name__ == "__main__":
    sys.exit(main())

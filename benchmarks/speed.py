"""Seconds a frame of the draft preset, and the batched loop against the stock diffusers pipeline frame by frame.

    python benchmarks/speed.py [--frames 16]

Both run in one process on the same weights, prompts, hints and number of UNet steps, in turn, three times; the ratio is
what counts, for the machine is never quiet. The stock pipeline recomputes the hint embedding at every step and for both
halves of guidance, and takes one frame at a time.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pipeline.frames import Picture
    from pipeline.passes.plan import PassPlan

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
ROUNDS = 3


def main() -> int:
    """Print the medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=16)
    count = parser.parse_args().frames

    import torch

    from pipeline.clip.read import read_frames
    from pipeline.engine.batch import Batch, Hint
    from pipeline.engine.engine import Engine, Priority
    from pipeline.frames import FrameRange
    from pipeline.models.store import ModelStore
    from pipeline.passes.placement import whole_frame
    from pipeline.passes.plan import PassPlan
    from pipeline.prepare.controls import Annotator
    from studio import HOME, Studio

    with Studio() as studio, Engine() as engine, Annotator() as annotator:
        shot, recipe = studio.shot(ROOT / "samples" / "interview" / "plate.mp4"), studio.recipe("draft")
        spec, store = recipe.passes[0], ModelStore(HOME / "models")
        plan = PassPlan(
            spec, recipe, store.checkpoint("draft"), tuple((c, store.control(c.model)) for c in spec.controls)
        )
        place = whole_frame((shot.width, shot.height), recipe.working_size)
        frames = [frame.pixels for frame in read_frames(shot, FrameRange(0, count - 1))]
        inner = (place.content.width, place.content.height)
        canvases = np.stack([place.to_canvas(frame) for frame in frames])
        hints = {
            c.kind: np.stack([place.framed(annotator.hint(c.kind, f, inner)) for f in frames]) for c in spec.controls
        }

        def ours(size: int) -> float:
            began = time.perf_counter()
            for at in range(0, count, size):
                part = slice(at, at + size)
                cues = tuple(Hint(model, hints[c.kind][part], c.weight, c.start, c.end) for c, model in plan.controls)
                numbers = tuple(range(at, min(at + size, count)))
                engine.img2img(
                    Batch(
                        plan.checkpoint,
                        canvases[part],
                        numbers,
                        None,
                        cues,
                        recipe.prompt,
                        recipe.negative_prompt,
                        plan.sampling,
                        plan.noise,
                    ),
                    Priority.RENDER,
                )
            return (time.perf_counter() - began) / count

        stock = stock_pipeline(plan)

        def theirs() -> float:
            began = time.perf_counter()
            with torch.inference_mode():
                for index in range(count):
                    stock(canvases[index], [pictures[index] for pictures in hints.values()])
            return (time.perf_counter() - began) / count

        ours(recipe.batch_size)
        rows = [(ours(recipe.batch_size), ours(1), theirs()) for _ in range(ROUNDS)]
    batched, single, plain = (statistics.median(column) for column in zip(*rows, strict=True))
    ratios = [row[2] / row[0] for row in rows]
    print(f"body pass, seconds a frame: batched {batched:.2f}, one by one {single:.2f}, stock {plain:.2f}")
    print(f"stock / ours, pair by pair: {min(ratios):.2f} to {max(ratios):.2f}, median {statistics.median(ratios):.2f}")
    return 0


def stock_pipeline(plan: PassPlan) -> Callable[[Picture, list[Picture]], Any]:
    """The stock ControlNet img2img over the same files: (canvas, hints) -> picture, with as many UNet steps as ours."""
    from pipeline import torchvision_ops

    torchvision_ops.declare()
    from diffusers import (
        AutoencoderTiny,
        ControlNetModel,
        EulerDiscreteScheduler,
        MultiControlNetModel,
        StableDiffusionControlNetImg2ImgPipeline,
        UNet2DConditionModel,
    )
    from PIL import Image
    from transformers import CLIPTextModel, CLIPTokenizer

    folder, sampling = plan.checkpoint.folder, plan.sampling
    controls = [ControlNetModel.from_pretrained(c.folder, local_files_only=True) for _, c in plan.controls]
    parts: dict[str, Any] = {
        "vae": AutoencoderTiny.from_pretrained(folder / "vae", local_files_only=True),
        "text_encoder": CLIPTextModel.from_pretrained(folder / "text_encoder", local_files_only=True),
        "tokenizer": CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True),
        "unet": UNet2DConditionModel.from_pretrained(folder / "unet", local_files_only=True),
        "controlnet": MultiControlNetModel(controls),
        "scheduler": EulerDiscreteScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            timestep_spacing="linspace",
            steps_offset=0,
        ),
        "safety_checker": None,
        "feature_extractor": None,
    }
    pipe: Any = StableDiffusionControlNetImg2ImgPipeline(**parts, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    steps = int(min(sampling.strength, 0.999) * sampling.steps) + 1

    def run(canvas: Picture, hints: list[Picture]) -> Any:
        return pipe(
            prompt=plan.recipe.prompt,
            negative_prompt=plan.recipe.negative_prompt,
            image=Image.fromarray(canvas),
            control_image=[Image.fromarray(hint) for hint in hints],
            strength=steps / sampling.steps,
            num_inference_steps=sampling.steps,
            guidance_scale=sampling.guidance_scale,
            output_type="np",
        ).images[0]

    return run


if __name__ == "__main__":
    sys.exit(main())

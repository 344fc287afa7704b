"""The stock diffusers loop, as everyone's video scripts run it: what the engine is compared with.

Same networks, noise, noise levels, memory format and number of steps. `Stock` calls the pipelines of the diffusers
library on as many frames at once as it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline import torchvision_ops
from pipeline.engine.batch import Batch
from pipeline.engine.latents import repaint_mask
from pipeline.engine.noise import START, draw
from pipeline.engine.samplers import Schedule
from pipeline.models.load import load_checkpoint
from tests.engine.stock_samplers import scheduler_for, start_scale

torchvision_ops.declare()

from diffusers import (  # noqa: E402
    ControlNetModel,
    MultiControlNetModel,
    StableDiffusionControlNetImg2ImgPipeline,
    StableDiffusionControlNetInpaintPipeline,
)

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Stock:
    """The stock pipelines for batches like one: image to image, and inpainting where there are masks."""

    pipe: Any

    @classmethod
    def of(cls, batch: Batch) -> Stock:
        """Load what a batch asks for, in float32."""
        networks = load_checkpoint(batch.checkpoint, CPU)
        nets = [ControlNetModel.from_pretrained(h.control.folder, torch_dtype=torch.float32) for h in batch.hints]
        led: Any = MultiControlNetModel(nets)
        led.to(memory_format=torch.channels_last)
        parts: dict[str, Any] = {
            "vae": networks.vae,
            "text_encoder": networks.text_encoder,
            "tokenizer": networks.tokenizer,
            "unet": networks.unet,
            "controlnet": led,
            "scheduler": scheduler_for(batch.sampling.sampler),
            "safety_checker": None,
            "feature_extractor": None,
            "requires_safety_checker": False,
        }
        masked = batch.masks is not None
        pipe = (StableDiffusionControlNetInpaintPipeline if masked else StableDiffusionControlNetImg2ImgPipeline)(
            **parts
        )
        pipe.set_progress_bar_config(disable=True)
        return cls(pipe)

    @torch.inference_mode()
    def run(self, batch: Batch, output_type: str = "np") -> np.ndarray:
        """What the pipeline makes of a batch: pictures in 0..1, or latents with `output_type` latent."""
        sampling, count = batch.sampling, len(batch.frames)
        schedule = Schedule.for_strength(sampling.steps, sampling.strength, sampling.sampler)
        source = self._encoded(in_unit_range(batch.pictures))
        noise = draw(batch.noise, START, batch.frames, tuple(source.shape[1:]))
        images = self.pipe(
            prompt=[batch.prompt] * count,
            negative_prompt=[batch.negative_prompt] * count,
            image=in_unit_range(batch.pictures),
            control_image=[in_unit_range(hint.pictures) for hint in batch.hints],
            controlnet_conditioning_scale=[hint.weight for hint in batch.hints],
            control_guidance_start=[hint.start for hint in batch.hints],
            control_guidance_end=[hint.end for hint in batch.hints],
            strength=len(schedule) / sampling.steps,
            num_inference_steps=sampling.steps,
            guidance_scale=sampling.guidance_scale,
            guess_mode=any(hint.soft for hint in batch.hints),
            output_type=output_type,
            **self._start(batch, source, noise),
        ).images
        return np.asarray(images)

    def _encoded(self, pictures: Tensor) -> Tensor:
        vae = self.pipe.vae
        coded = vae.encode(pictures * 2 - 1, return_dict=False)[0]
        return (coded if isinstance(coded, Tensor) else coded.mean) * vae.config.scaling_factor

    def _start(self, batch: Batch, source: Tensor, noise: Tensor) -> dict[str, Any]:
        """Where the loop starts, and for masks the blend after each step.

        The inpaint pipeline blends by itself only where latents have four channels (the draft model's have eight), and
        knows no noise beside the latents that it is given; so the callback does what its own lines do.
        """
        sampling = batch.sampling
        sigmas = Schedule.for_strength(sampling.steps, sampling.strength, sampling.sampler).sigmas
        start = (source + sigmas[0] * noise) / start_scale(sampling.sampler, sigmas[0])
        if batch.masks is None:
            return {"latents": start}
        mask = repaint_mask(batch.masks, source)

        def blend(pipe: Any, step: int, timestep: Any, state: dict[str, Any]) -> dict[str, Any]:
            return {"latents": (1 - mask) * (source + sigmas[step + 1] * noise) + mask * state["latents"]}

        self.pipe.scheduler.set_timesteps(batch.sampling.steps)
        return {
            "latents": start / self.pipe.scheduler.init_noise_sigma,
            "mask_image": torch.from_numpy(batch.masks)[:, None].float() / 255,
            "callback_on_step_end": blend,
        }


def in_unit_range(pictures: np.ndarray) -> Tensor:
    """uint8 [n, h, w, 3] -> float32 [n, 3, h, w] in 0..1."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255

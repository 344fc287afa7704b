"""The loop that everyone else's scripts are: the stock diffusers pipeline, frame by frame, on the same weights."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from benchmarks.gpu_parts.floor import steps_of
from pipeline import torchvision_ops
from pipeline.engine.batch import Batch
from pipeline.engine.residency import Residency
from pipeline.models.load import LoadedControl

if TYPE_CHECKING:
    from diffusers import ControlNetModel


def stock_loop(batch: Batch, residency: Residency) -> Callable[[], None]:
    """A call that works over the first frame of a batch as the stock ControlNet img2img does, in as many UNet steps.

    The weights are the engine's own, so both fit on the card. Of a face it is the unmasked one, which costs less than
    the stock inpainting pipeline.
    """
    torchvision_ops.declare()
    from diffusers import EulerDiscreteScheduler, MultiControlNetModel, StableDiffusionControlNetImg2ImgPipeline
    from PIL import Image

    networks = residency.checkpoint(batch.checkpoint).networks
    controls = [whole(residency.control(hint.control, batch.checkpoint)) for hint in batch.hints]
    schedule: dict[str, Any] = {"beta_schedule": "scaled_linear", "timestep_spacing": "linspace", "steps_offset": 0}
    parts: dict[str, Any] = {
        "vae": networks.vae,
        "text_encoder": networks.text_encoder,
        "tokenizer": networks.tokenizer,
        "unet": networks.unet,
        "controlnet": MultiControlNetModel(controls),
        "scheduler": EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, **schedule),
        "safety_checker": None,
        "feature_extractor": None,
    }
    pipe: Any = StableDiffusionControlNetImg2ImgPipeline(**parts, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    sampling = batch.sampling
    settings: dict[str, Any] = {
        "prompt": batch.prompt,
        "negative_prompt": batch.negative_prompt,
        "image": Image.fromarray(batch.pictures[0]),
        "control_image": [Image.fromarray(hint.pictures[0]) for hint in batch.hints],
        "strength": steps_of(sampling.steps, sampling.strength) / sampling.steps,
        "num_inference_steps": sampling.steps,
        "guidance_scale": sampling.guidance_scale,
        "controlnet_conditioning_scale": [hint.weight for hint in batch.hints],
    }
    return lambda: pipe(**settings, output_type="np")


def whole(control: LoadedControl) -> ControlNetModel:
    """The ControlNet as it was before its hint embedding was split off, over the same weights."""
    net = copy.copy(control.net)
    net._modules = {**net._modules, "controlnet_cond_embedding": control.embedder}
    return net

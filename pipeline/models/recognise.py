"""What a file of weights is, told by the names and shapes inside, never by the file's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.errors import RefusedFile
from pipeline.models.catalogue import Kind
from pipeline.models.ldm import CONTROL, TEXT, UNET, UNET_AVERAGED, VAE
from pipeline.models.tensors import Tensors

Form = Literal["LDM", "diffusers", "kohya", "PEFT", "Auto1111", "spandrel"]

TEXT_WIDTHS = {768: "Stable Diffusion 1.5", 1024: "Stable Diffusion 2", 2048: "Stable Diffusion XL"}
"""Width of the text that cross-attention reads -> whose it is."""
HINTS = {"Stable Diffusion 2": "It needs another text encoder and, at 768 pixels, v-prediction."}
OURS = "Photoplay works with Stable Diffusion 1.5: choose a model made for it."

FOREIGN = (
    ("Stable Diffusion 3", ("joint_blocks.",)),
    ("Flux", ("double_blocks.", "single_transformer_blocks.", "double_stream")),
    (
        "Stable Diffusion XL",
        ("conditioner.embedders.", "label_emb.", "add_embedding.linear_1", "lora_te2_", "lora_te1_"),
    ),
    ("Stable Video Diffusion", ("time_stack.",)),
)
"""Another base -> what only its weights are called."""
OTHER_ADAPTERS = {
    "hada_": "a LoHa",
    "lokr_": "a LoKr",
    "oft_": "an OFT",
    "dora_scale": "a DoRA",
    ".diff": "made of full differences",
    "glora": "a GLoRA",
}
"""Part of a name -> which relative of LoRA it is."""
ADAPTER = ("lora_down", "lora_up", ".lora_A.", ".lora_B.", ".lora.down", "lora_linear_layer", "_lora.down")
SDXL_WIDTH = 1280
"""Channels of the coarsest of Stable Diffusion XL's three levels."""
UNET_LATENTS = 4
CHANNELS = {
    9: "an inpainting checkpoint",
    8: "a checkpoint for instructions (instruct-pix2pix)",
    5: "a depth checkpoint",
}
"""Channels that a UNet reads, where they are not the four of the latents alone -> what it is."""


@dataclass(frozen=True)
class Recognised:
    """What a file holds, and in whose manner its weights are named."""

    kind: Kind
    form: Form


def recognise(tensors: Tensors) -> Recognised:
    """What the file is. Raises RefusedFile, with the reason, for what is known but cannot be used, and the unknown."""
    refuse_other_bases(tensors)
    checks = (_motion, _adapter, _control, _checkpoint, _embedding, _vae)
    for found in (check(tensors) for check in checks):
        if found is not None:
            return found
    _refuse_parts(tensors)
    return Recognised("upscaler", "spandrel")


def refuse_other_bases(tensors: Tensors) -> None:
    """Raise RefusedFile for weights of another family than Stable Diffusion 1."""
    for base, marks in FOREIGN:
        if tensors.any_with(*marks):
            raise RefusedFile(f"{tensors.path.name} was made for {base}.", OURS)
    for name, shape in tensors.shapes.items():
        reads_text = "attn2.to_k" in name or "attn2_to_k" in name
        inner = reads_text and name.endswith(("to_k.weight", "down.weight", "lora_A.weight", "lora_A.default.weight"))
        base = TEXT_WIDTHS.get(shape[1]) if inner and len(shape) > 1 else None
        if base and base != "Stable Diffusion 1.5":
            raise RefusedFile(f"{tensors.path.name} was made for {base}. {HINTS.get(base, '')}".strip(), OURS)


def refuse_channels(channels: int, name: str) -> None:
    """Raise RefusedFile for a UNet that reads more than the latents."""
    if channels != UNET_LATENTS:
        kind = CHANNELS.get(channels, f"a checkpoint with {channels} input channels")
        raise RefusedFile(
            f"{name} is {kind}, which cannot be used here.",
            "Choose the checkpoint it was made from: masks work with every ordinary checkpoint.",
        )


def _adapter(tensors: Tensors) -> Recognised | None:
    for part, what in OTHER_ADAPTERS.items():
        adapts = tensors.any_from("lora_", "lycoris_") or part != ".diff"
        if adapts and tensors.any_with(part):
            raise RefusedFile(
                f"{tensors.path.name} is {what}, not a LoRA.", "Choose a LoRA or LoCon, or have it resized to one."
            )
    if tensors.any_from("lora_controlnet") or not tensors.any_with(*ADAPTER):
        return None
    if tensors.any_from("lora_unet_", "lora_te_"):
        return Recognised("adapter", "kohya")
    return Recognised("adapter", "PEFT" if tensors.any_from("base_model.model.") else "diffusers")


def _motion(tensors: Tensors) -> Recognised | None:
    """AnimateDiff's motion modules. Raises RefusedFile for its LoRAs and for relatives that read more channels."""
    name = tensors.path.name
    if not tensors.any_with("motion_modules."):
        return None
    if tensors.any_with("lora"):
        raise RefusedFile(f"{name} is a motion LoRA, which moves the camera.", "Choose a motion adapter.")
    if tensors.any_with("conv_in."):
        raise RefusedFile(f"{name} is a PIA adapter, which reads a picture beside the latents.", "Choose AnimateDiff.")
    if not tensors.any_with("down_blocks.3.") and tensors.any_with("down_blocks.2.") and _widest(tensors) >= SDXL_WIDTH:
        raise RefusedFile(f"{name} is a motion adapter for Stable Diffusion XL.", OURS)
    return Recognised("motion", "LDM" if tensors.any_with("temporal_transformer.") else "diffusers")


def _widest(tensors: Tensors) -> int:
    """The channels of the coarsest level."""
    return max(shape[0] for name, shape in tensors.shapes.items() if name.endswith("proj_in.weight"))


def _control(tensors: Tensors) -> Recognised | None:
    if "lora_controlnet" in tensors:
        raise RefusedFile(f"{tensors.path.name} is a Control-LoRA, not a ControlNet.", "Get the whole ControlNet.")
    if "difference" in tensors:
        raise RefusedFile(f"{tensors.path.name} holds differences to a base only.", "Get the whole ControlNet.")
    if tensors.any_from("adapter.body.", "adapter.conv_in."):
        raise RefusedFile(f"{tensors.path.name} is a T2I-Adapter, not a ControlNet.", "Choose a ControlNet.")
    if tensors.any_from("controlnet_cond_embedding."):
        return Recognised("control", "diffusers")
    return Recognised("control", "LDM") if tensors.any_from(CONTROL, "input_hint_block.") else None


def _checkpoint(tensors: Tensors) -> Recognised | None:
    if not tensors.any_from(UNET, f"{UNET_AVERAGED}diffusion_model"):
        return None
    name = tensors.path.name
    if tensors.any_from("cond_stage_model.model."):
        raise RefusedFile(f"{name} was made for Stable Diffusion 2. {HINTS['Stable Diffusion 2']}", OURS)
    if "v_pred" in tensors:
        raise RefusedFile(f"{name} predicts velocity (v-prediction), which the samplers here do not.", OURS)
    entrance = tensors.shapes.get(f"{UNET}input_blocks.0.0.weight")
    if entrance and len(entrance) == 4:
        refuse_channels(entrance[1], name)
    if not tensors.any_from(TEXT):
        raise RefusedFile(f"{name} is a checkpoint without its text encoder.", "Get the whole checkpoint.")
    return Recognised("checkpoint", "LDM")


def _embedding(tensors: Tensors) -> Recognised | None:
    flat = all(len(shape) <= 2 for shape in tensors.shapes.values())
    if not flat or len(tensors.shapes) > 4:
        return None
    if {"clip_l", "clip_g"} <= set(tensors.shapes):
        raise RefusedFile(f"{tensors.path.name} is an embedding for Stable Diffusion XL.", OURS)
    if tensors.any_from("string_to_param.") or "emb_params" in tensors:
        return Recognised("embedding", "Auto1111")
    token = len(tensors.shapes) == 1 and not tensors.any_with(".")
    return Recognised("embedding", "diffusers") if token else None


def _vae(tensors: Tensors) -> Recognised | None:
    if tensors.any_from(f"{VAE}encoder.", "encoder.down.0."):
        return Recognised("vae", "LDM")
    return Recognised("vae", "diffusers") if "encoder.down_blocks.0.resnets.0.norm1.weight" in tensors else None


PARTS = (
    (
        ("input_blocks.", "diffusion_model.", "down_blocks."),
        "a UNet alone",
        "Import the whole checkpoint, or its folder.",
    ),
    (("text_model.", TEXT), "a text encoder alone", "Import the whole checkpoint, or its folder."),
    (("encoder.layers.", "decoder.layers."), "a tiny autoencoder", "Import its folder, with its config.json."),
)
"""How the names of a part begin -> what it is, and what to do."""


def _refuse_parts(tensors: Tensors) -> None:
    for starts, what, hint in PARTS:
        if tensors.any_from(*starts):
            raise RefusedFile(f"{tensors.path.name} is {what}.", hint)

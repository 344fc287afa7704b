"""Beside a CPU build of torch the libraries that import torchvision work, once its operators are declared."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from pipeline import torchvision_ops
from tests.contract.checkout import ROOT

IN_A_FRESH_INTERPRETER = """
from pipeline import torchvision_ops
assert torchvision_ops.declare() is torchvision_ops.declare()

import numpy, torch, torchvision
from diffusers import UNet2DConditionModel, StableDiffusionControlNetImg2ImgPipeline
from peft import LoraConfig
from transformers import CLIPTextModel
from controlnet_aux import CannyDetector
from PIL import Image

unet = UNet2DConditionModel(
    sample_size=8, block_out_channels=(8, 8), norm_num_groups=4, cross_attention_dim=8, attention_head_dim=4,
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    layers_per_block=1,
)
unet.add_adapter(LoraConfig(r=2, target_modules=["to_q"]))
print(tuple(unet(torch.zeros(1, 4, 8, 8), 1, torch.zeros(1, 3, 8)).sample.shape))

step = numpy.zeros((64, 64, 3), numpy.uint8)
step[:, 32:] = 255
print(numpy.asarray(CannyDetector()(Image.fromarray(step), detect_resolution=64, image_resolution=64)).max())
"""


@pytest.mark.slow
def test_everything_that_imports_torchvision_works() -> None:
    command = [sys.executable, "-c", IN_A_FRESH_INTERPRETER]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["(1, 4, 8, 8)", "255"]


def test_the_operators_have_the_signatures_that_torchvision_describes() -> None:
    torchvision_ops.declare()
    names = [f"torchvision::{operator}" for operator in torchvision_ops.BOX_OPERATORS]
    schemas = [str(torch._C._get_schema(name, "")) for name in names]
    assert schemas == [f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor" for name in names]

"""How the embedded draft model was made, from pictures to the files in `pipeline/models/draft`."""

from pipeline import torchvision_ops

torchvision_ops.declare()

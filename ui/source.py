"""What the workflow of 2023 set, and why: the second half of a setting's tooltip."""

from __future__ import annotations

WHY = {
    "passes.body.denoising_strength": "The source workflow: 0.63 to 0.65. Below, light and cloth stay those of a game; "
    "above, the acting goes.",
    "passes.face.denoising_strength": "The source workflow: 0.5, which is 0.15 below the body. That difference keeps "
    "the expression.",
    "passes.body.guidance_scale": "The source workflow: 7 to 8; the draft model wants about 2.",
    "passes.face.guidance_scale": "The source workflow: 8; the draft model wants about 2.",
    "passes.body.steps": "The source workflow: 25 with Euler.",
    "passes.face.steps": "The source workflow: 30 with Euler, for skin and eyes.",
    "passes.face.region.minimum_size": "The source workflow: 30.",
    "passes.face.region.rotation_threshold": "The source workflow: 20.",
    "passes.face.region.padding": "The source workflow: 32, so that the model sees hair and collar.",
    "passes.face.size": "The source workflow: 512.",
    "working_size": "The source workflow: 512, which is about 910 x 512 for a wide shot.",
}


def why(path: str) -> str:
    """What is known of a setting by its path; empty when there is nothing."""
    return WHY.get(path, "")

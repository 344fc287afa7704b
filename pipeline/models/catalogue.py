"""The models that Photoplay knows by name: what each is, where people get it and under which licence. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["checkpoint", "control"]
Base = Literal["draft", "Stable Diffusion 1.5"]

EMBEDDED = "Photoplay itself"
DRAFT_LICENCE = "the licence of Photoplay"


@dataclass(frozen=True)
class Entry:
    """One model.

    id: the name in recipes and of the folder it lies in. base: the family whose parts fit together.
    source: where people get it; EMBEDDED for what comes with Photoplay.
    """

    id: str
    kind: Kind
    base: Base
    source: str
    licence: str


ENTRIES = (
    Entry("draft", "checkpoint", "draft", EMBEDDED, DRAFT_LICENCE),
    Entry("draft-canny", "control", "draft", EMBEDDED, DRAFT_LICENCE),
    Entry("draft-openpose", "control", "draft", EMBEDDED, DRAFT_LICENCE),
    Entry("draft-mediapipe_face", "control", "draft", EMBEDDED, DRAFT_LICENCE),
    Entry(
        "realisticVisionV20_v20",
        "checkpoint",
        "Stable Diffusion 1.5",
        "huggingface.co/SG161222/Realistic_Vision_V2.0",
        "CreativeML OpenRAIL-M",
    ),
    Entry(
        "control_v11p_sd15_openpose",
        "control",
        "Stable Diffusion 1.5",
        "huggingface.co/lllyasviel/control_v11p_sd15_openpose",
        "OpenRAIL",
    ),
    Entry(
        "control_v11p_sd15_canny",
        "control",
        "Stable Diffusion 1.5",
        "huggingface.co/lllyasviel/control_v11p_sd15_canny",
        "OpenRAIL",
    ),
    Entry(
        "control_v1p_sd15_mediapipe_face",
        "control",
        "Stable Diffusion 1.5",
        "huggingface.co/CrucibleAI/ControlNetMediaPipeFace, folder diffusion_sd15",
        "OpenRAIL",
    ),
)


def entry(kind: Kind, id: str) -> Entry | None:
    """What the catalogue knows of this model; None when it does not know it."""
    return next((e for e in ENTRIES if (e.kind, e.id) == (kind, id)), None)

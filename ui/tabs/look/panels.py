"""The panels of the passes: denoising strength first, and a folded part whose header says what is set in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import gradio as gr
from gradio.blocks import Block

from pipeline.recipe.passes import PassSpec
from pipeline.recipe.recipe import Recipe
from ui.bind import Bound, has, word_of

ALWAYS = ("denoising_strength", "guidance_scale", "steps")
FOLDED = (
    "prompt",
    "sampler",
    "clip_skip",
    "region.minimum_size",
    "region.rotation_threshold",
    "region.padding",
    "size",
    "erode",
    "match",
)
REGIONAL = ("size", "erode", "feather", "match")
"""What has no meaning for the whole frame."""
KINDS = {"canny": "edges", "openpose": "pose", "mediapipe_face": "face", "depth": "depth", "normal": "normals"}
"""What the pictures of the controls show."""
CLOSE = 0.1
"""A face pass less than this below the body may lose expression."""


@dataclass(frozen=True)
class Panel:
    """What a pass has on the page, beside the controls of its settings."""

    name: str
    group: gr.Group
    head: gr.HTML
    folded: gr.Accordion

    @property
    def parts(self) -> tuple[Block, ...]:
        """What changes with the recipe."""
        return self.group, self.head, self.folded


def build_panel(bound: Bound, recipe: Recipe, spec: PassSpec) -> Panel:
    """The panel of a pass here on the page. recipe: one that has this pass."""
    path, whole = f"passes.{spec.name}", spec.region.kind == "whole_frame"
    with gr.Group(elem_classes="pass") as group:
        title = {"label": f"{spec.name.capitalize()} pass", "info": None}
        with gr.Row(elem_classes="pass-head"):
            bound.add(f"{path}.enabled", recipe, elem_classes="pass-title", min_width=100, **title)
            head = gr.HTML(elem_classes="pass-about")
        for name in ALWAYS:
            bound.add(f"{path}.{name}", recipe, elem_classes=f"setting {name}", elem_id=f"{spec.name}-{name}")
        bound.add(f"{path}.steady.reach", recipe, label="Steadiness", elem_classes="setting")
        if not whole:
            bound.add(f"{path}.feather", recipe, placeholder="automatic", elem_classes="setting")
        with gr.Accordion("Prompt, sampling, controls", open=False, elem_classes="folded") as folded:
            for name in FOLDED:
                if has(recipe, f"{path}.{name}") and not (whole and name in REGIONAL):
                    looks = {"lines": 2, "placeholder": "as above"} if name == "prompt" else {"elem_classes": "setting"}
                    bound.add(f"{path}.{name}", recipe, **looks)
            for control in spec.controls:
                label = f"Control: {KINDS[control.kind]}"
                bound.add(f"{path}.controls.{control.kind}.weight", recipe, label=label, elem_classes="setting")
    return Panel(spec.name, group, head, folded)


def shown(panels: Iterable[Panel], recipe: Recipe) -> dict[Block, object]:
    """What the panels show for a recipe."""
    found = {spec.name: spec for spec in recipe.passes}
    updates: dict[Block, object] = {}
    for panel in panels:
        spec = found.get(panel.name)
        updates[panel.group] = gr.Group(visible=spec is not None)
        if spec is not None:
            updates[panel.head] = head_of(recipe, spec)
            updates[panel.folded] = gr.Accordion(label=folded_of(recipe, spec))
    return updates


def head_of(recipe: Recipe, spec: PassSpec) -> str:
    """Where a pass works, and how far a face lies below the body, as HTML: too near the body, it says so in amber."""
    where = spec.region.kind.replace("_", " ")
    if spec.corrections:
        where += f" · matte corrected {len(spec.corrections)} ×"
    body = next((p for p in recipe.active_passes if p.region.kind == "whole_frame"), None)
    if spec.region.kind == "whole_frame" or body is None or not spec.enabled:
        return f'<span class="quiet">{escape(where)}</span>'
    below = body.denoising_strength - spec.denoising_strength
    words = f"{below:.2f} below {body.name}" if below >= 0 else f"{-below:.2f} above {body.name}"
    if below < CLOSE:
        return f'<span class="quiet">{escape(where)} · <b class="amber">{words}, may lose expression</b></span>'
    return f'<span class="quiet">{escape(where)} · {words}</span>'


def folded_of(recipe: Recipe, spec: PassSpec) -> str:
    """What is set in the folded part, in a line."""
    controls = [
        KINDS[c.kind] + ("" if c.weight == 1 else f" {c.weight:g}") if c.weight else f"{KINDS[c.kind]} off"
        for c in spec.controls
    ]
    loras = [f"{lora.name} {lora.unet_weight:g}" for lora in recipe.loras_of(spec)]
    prompt = [] if spec.prompt is None else ["own prompt"]
    return " · ".join([word_of(spec.sampler), *prompt, *controls, *loras])

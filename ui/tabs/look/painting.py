"""The part of the tab that paints a matte: a pass of its own over a patch, carried along the motion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from gradio.blocks import Block
from numpy.typing import NDArray

from pipeline.clip.shot import Shot
from pipeline.errors import PhotoplayError
from pipeline.frames import FrameRange, Mask
from pipeline.recipe.load import parse_recipe
from pipeline.recipe.passes import PassSpec
from pipeline.recipe.recipe import Recipe
from pipeline.recipe.regions import Painted
from ui.bind import Given
from ui.page import owner_of
from ui.say import notice, said

if TYPE_CHECKING:
    from ui.tabs.look.tab import LookTab

PATCH = "patch"
"""The name of the pass over the painted patch."""
TEMPLATE = PassSpec(name=PATCH, region=Painted(matte="0" * 64, frame=0, first=0, last=0), denoising_strength=0.4)
"""What the panel of that pass is made from; it is shown once there is a matte."""
HELP = (
    '<p class="quiet">Paint on the frame what a pass of its own shall work at. The matte follows the face it lies in, \
or the motion of the picture, up to the next cut.</p>'
)


class Painting:
    """The controls and handlers."""

    def build(self) -> None:
        """The controls beside the picture."""
        with gr.Accordion("Paint a matte", open=False, elem_classes="folded", elem_id="painting"):
            gr.HTML(HELP)
            with gr.Row():
                self.begin = gr.Button("Paint on this frame", size="sm", elem_id="paint", min_width=120)
                self.use = gr.Button("Use this matte", size="sm", elem_id="use-matte", interactive=False, min_width=120)
            with gr.Row():
                self.first = gr.Number(0, label="From frame", precision=0, minimum=0, min_width=80)
                self.last = gr.Number(0, label="To frame", precision=0, minimum=0, min_width=80)

    def build_editor(self) -> None:
        """Where the matte is painted, in place of the viewer."""
        with gr.Column(visible=False, elem_classes="editor") as self.place:
            self.editor = gr.ImageEditor(
                type="numpy",
                sources=(),
                transforms=(),
                layers=False,
                brush=gr.Brush(colors=["#74aede"], color_mode="fixed", default_size=24),
                eraser=gr.Eraser(default_size=24),
                show_label=False,
                interactive=True,
                elem_id="matte-editor",
            )

    def wire(self, look: LookTab) -> None:
        """Connect the handlers."""
        self.look = look
        begun = [*look.panes, self.editor, self.use, self.first, self.last, look.status]
        self.begin.click(said(self.start), [look.page.shot, look.frame], begun, show_progress="hidden")
        given = {look.page.shot, look.frame, self.editor, self.first, self.last, *look.settings}
        used = [*look.recalled, *look.panes, self.use, look.status]
        self.use.click(said(self.take), given, used, show_progress="hidden")

    def start(self, shot: Shot, frame: int, request: gr.Request) -> dict[Block, Any]:
        """The frame, ready to be painted on, and the frames of its set-up."""
        studio, frame = self.look.page.studio, int(frame)
        sight = studio.sights.known(shot)
        setups = [setup.frames for setup in sight.setups] if sight is not None else [shot.frames]
        frames = next(setup for setup in setups if frame in setup)
        picture = self.look.page.pictures.keep(owner_of(request), studio.frame(shot, frame))
        return {
            self.look.viewer: gr.Image(visible=False),
            self.look.sheet: gr.Gallery(visible=False),
            self.place: gr.Column(visible=True),
            self.editor: {"background": picture, "layers": [], "composite": None},
            self.use: gr.Button(interactive=True),
            self.first: frames.first,
            self.last: frames.last,
            self.look.status: notice(
                f"Paint on frame {frame:04d}", "Then use the matte: a pass of its own works there."
            ),
        }

    def take(self, given: Given, request: gr.Request) -> dict[Block, Any]:
        """Keep what was painted, and give it a pass over everything else."""
        look, owner, shot = self.look, owner_of(request), given[self.look.page.shot]
        frame, frames = int(given[look.frame]), FrameRange(int(given[self.first]), int(given[self.last]))
        if frame not in frames:
            raise PhotoplayError(f"The painted frame {frame} is not among {frames.first}-{frames.last}.", "Widen them.")
        _, region = look.page.studio.mattes.keep(owner, shot, mask_of(given[self.editor], shot), frame, frames)
        recipe = with_patch(look.recipe(given), region)
        return {
            **look.showing(owner, "", recipe),
            look.viewer: gr.Image(visible=True),
            self.place: gr.Column(visible=False),
            self.use: gr.Button(interactive=False),
            look.status: notice(
                "Matte kept", f"The pass {PATCH} works there, frames {frames.first}-{frames.last}.", "ok"
            ),
        }


def mask_of(painted: dict[str, Any] | None, shot: Shot) -> Mask:
    """What was painted, at the plate's size: uint8 [h, w], 255 = inside. Raises PhotoplayError for nothing."""
    import cv2

    layers: list[NDArray[np.uint8]] = [] if painted is None else painted["layers"]
    inside = [layer[..., 3] for layer in layers if layer.shape[-1] == 4 and layer[..., 3].any()]
    if not inside:
        raise PhotoplayError("Nothing is painted yet.", "Paint over what shall be changed.")
    alpha = np.maximum.reduce(inside)
    resized = cv2.resize(alpha, (shot.width, shot.height), interpolation=cv2.INTER_LINEAR)
    return np.where(resized > 127, 255, 0).astype(np.uint8)


def with_patch(recipe: Recipe, region: Painted) -> Recipe:
    """The recipe with a pass over the painted region on top, led by the edges; one that is there gets the new matte."""
    there = next((spec for spec in recipe.passes if spec.name == PATCH), None)
    below = next((spec for spec in recipe.passes if spec.region.kind == "face"), recipe.passes[0])
    edges = tuple(control for control in below.controls if control.kind == "canny")
    taken = {"sampler": below.sampler, "steps": below.steps, "guidance_scale": below.guidance_scale, "size": below.size}
    strength = below.denoising_strength
    made = there or TEMPLATE.model_copy(update={**taken, "controls": edges, "denoising_strength": strength})
    others = tuple(spec for spec in recipe.passes if spec.name != PATCH)
    patched = recipe.model_copy(update={"passes": (*others, made.model_copy(update={"region": region}))})
    return parse_recipe(patched.model_dump(mode="json"), recipe.title)

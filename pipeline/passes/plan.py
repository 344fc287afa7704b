"""A pass with everything resolved: its settings, its models and the key of its output."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.engine.batch import Noise, Sampling
from pipeline.frames import Matte
from pipeline.keys import Key
from pipeline.models.store import Checkpoint, Control
from pipeline.passes.placement import Placement, cropped_frame, only_masked, whole_frame
from pipeline.recipe.passes import ControlSpec, Face, PassSpec
from pipeline.recipe.recipe import Recipe
from pipeline.stage import Stage

PASS = Stage("pass", version=1, reach=0)

AFTERWARDS = {"feather", "erode", "enabled"}
"""Settings that the composite reads: changing them leaves the pass as it is."""


@dataclass(frozen=True)
class PassPlan:
    """One pass of a recipe, ready to run on a plate of a known size.

    controls: the controls that are switched on, with their models.
    """

    spec: PassSpec
    recipe: Recipe
    checkpoint: Checkpoint
    controls: tuple[tuple[ControlSpec, Control], ...]

    @property
    def sampling(self) -> Sampling:
        """How the engine denoises."""
        spec = self.spec
        return Sampling(spec.sampler, spec.steps, spec.denoising_strength, spec.guidance_scale, spec.clip_skip)

    @property
    def noise(self) -> Noise:
        """Which noise the engine starts from."""
        return Noise(self.spec.noise, self.recipe.seed, self.spec.name)

    def key(self, inputs: tuple[Key, ...]) -> Key:
        """The key of the pass's output; `inputs` are the keys of the pictures and mattes it reads."""
        recipe, spec = self.recipe, self.spec
        settings = {
            "spec": spec.model_dump(mode="json", exclude=AFTERWARDS | {"prompt", "negative_prompt", "controls"}),
            "controls": [c.model_dump(mode="json", exclude={"model"}) for c, _ in self.controls],
            "prompt": recipe.prompt_of(spec),
            "negative_prompt": recipe.negative_prompt_of(spec),
            "recipe": recipe.model_dump(mode="json", include={"seed", "working_size", "crop_and_resize", "batch_size"}),
        }
        return PASS.key(settings, (*inputs, self.checkpoint.key, *(control.key for _, control in self.controls)))

    def place(self, plate: tuple[int, int], matte: Matte | None) -> Placement | None:
        """Where the pass works in one frame of a plate (width, height); None when its region is not in the frame."""
        if not isinstance(self.spec.region, Face):
            crop = self.recipe.crop_and_resize
            return whole_frame(plate, self.recipe.working_size) if crop is None else cropped_frame(plate, crop)
        if matte is None:
            return None
        size = (self.spec.size, self.spec.size)
        return only_masked(matte.mask, matte.angle, self.spec.region.padding, size)

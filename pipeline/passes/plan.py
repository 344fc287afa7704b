"""A pass with everything resolved: its settings, its models and the key of its output."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.engine.batch import Adapter, Noise, Sampling
from pipeline.frames import Crop, Matte
from pipeline.keys import Key, Setting
from pipeline.models.store import Checkpoint, Control, Weights
from pipeline.passes.followed import Followed
from pipeline.passes.placement import Placement, automatic_blur, cropped_frame, only_masked, whole_frame
from pipeline.recipe.base import Settings
from pipeline.recipe.networks import named_networks
from pipeline.recipe.passes import ControlSpec, PassSpec
from pipeline.recipe.recipe import Recipe
from pipeline.recipe.regions import WholeFrame
from pipeline.stage import Stage

PASS = Stage("pass", version=1, reach=0)

AFTERWARDS = {"feather", "erode", "match", "enabled", "steady"}
"""Settings that what comes later reads: changing them leaves the pass as it is."""
ELSEWHERE = {"prompt", "negative_prompt", "controls", "adapters"}
"""Settings that enter the key as what they come to."""


WHOLE = {"seed", "noise_source", "eta_noise_seed_delta", "working_size", "crop_and_resize", "batch_size", "sides"}
"""Settings of the whole recipe that decide a pass's pictures."""


LATER = {"inversion", "inpaint", "colour_correction", "fast", "sides", "mode", "corrections"}
"""Settings that came after the first renders: at their defaults they leave the keys of these as they were."""


def deciding(settings: Settings, apart: set[str]) -> dict[str, Setting]:
    """Settings as they enter a key: without those that stand apart, and without later ones at their defaults."""
    defaults = {name for name in LATER & set(dict(settings)) if getattr(settings, name) == _default(settings, name)}
    return settings.model_dump(mode="json", exclude=apart | defaults)


def _default(settings: Settings, name: str) -> object:
    return type(settings).model_fields[name].default


@dataclass(frozen=True)
class PassPlan:
    """One pass of a recipe, ready to run on a plate of a known size.

    controls: the controls that are switched on, with their models. person: whom the pass is for, where each person is
    followed; None = for everyone, or for the whole frame. loras, embeddings: those that the pass or any person's prompt
    names. motion: the motion adapter of a pass that makes frames together.
    """

    spec: PassSpec
    recipe: Recipe
    checkpoint: Checkpoint
    controls: tuple[tuple[ControlSpec, Control], ...]
    person: int | None = None
    loras: tuple[Weights, ...] = ()
    embeddings: tuple[Weights, ...] = ()
    motion: Weights | None = None

    def of(self, person: int) -> PassPlan:
        """The pass as it is for one person."""
        return replace(self, spec=self.spec.for_person(person), person=person)

    @property
    def sampling(self) -> Sampling:
        """How the engine denoises."""
        spec = self.spec
        return Sampling(
            sampler=spec.sampler,
            steps=spec.steps,
            strength=spec.denoising_strength,
            guidance_scale=spec.guidance_scale,
            clip_skip=spec.clip_skip,
            guidance_end=spec.fast.guidance_end,
            reuse=spec.fast.reuse,
        )

    @property
    def prompt(self) -> str:
        """The prompt's words, without the LoRAs that it names."""
        return named_networks(self.recipe.prompt_of(self.spec)).text

    @property
    def adapters(self) -> tuple[Adapter, ...]:
        """The LoRAs that the checkpoint wears."""
        known = {lora.id: lora for lora in self.loras}
        named = self.recipe.loras_of(self.spec)
        return tuple(Adapter(known[lora.name], lora.unet_weight, lora.text_weight) for lora in named)

    @property
    def words(self) -> tuple[Weights, ...]:
        """The embeddings that its own prompts name."""
        return self.words_in(f"{self.prompt} {self.recipe.negative_prompt_of(self.spec)}")

    def words_in(self, prompts: str) -> tuple[Weights, ...]:
        """The embeddings that prompts name."""
        return tuple(one for one in self.embeddings if one.id.lower() in prompts.lower())

    def mask_blur(self, plate: tuple[int, int]) -> float:
        """The softness of a matte's edge for the model, sigma in pixels of a plate (width, height)."""
        own = self.spec.inpaint.mask_blur
        return automatic_blur(plate) if own is None else own

    @property
    def noise(self) -> Noise:
        """Which noise the engine starts from."""
        recipe = self.recipe
        return Noise(self.spec.noise, recipe.seed, self.spec.name, recipe.noise_source, recipe.eta_noise_seed_delta)

    def key(self, inputs: tuple[Key, ...]) -> Key:
        """The key of the pass's output; `inputs` are the keys of the pictures and mattes it reads."""
        recipe, spec = self.recipe, self.spec
        settings = {
            "spec": deciding(spec, AFTERWARDS | ELSEWHERE),
            "person": self.person,
            "controls": [deciding(c, {"model"}) for c, _ in self.controls],
            "prompt": recipe.prompt_of(spec),
            "negative_prompt": recipe.negative_prompt_of(spec),
            "recipe": deciding(recipe, set(Recipe.model_fields) - WHOLE),
        }
        loras = self.adapters
        if loras:
            settings["adapters"] = [(one.unet_weight, one.text_weight) for one in loras]
        models = [control.key for _, control in self.controls]
        models += [*(one.weights.key for one in loras), *(one.key for one in self.words)]
        models += [] if self.motion is None else [self.motion.key]
        return PASS.key(settings, (*inputs, self.checkpoint.key, *models))

    def follow(self, plate: tuple[int, int], crop: Crop) -> Placement:
        """Where the pass works in a frame of a plate (width, height) in which it follows a person."""
        if self.spec.inpaint.area == "whole_picture":
            return self._whole(plate)
        return Followed.of(crop, plate, self.spec.size)

    def place(self, plate: tuple[int, int], matte: Matte | None) -> Placement | None:
        """Where the pass works in one frame of a plate (width, height); None when its region is not in the frame."""
        if isinstance(self.spec.region, WholeFrame):
            return self._whole(plate)
        if matte is None:
            return None
        if matte.crop is not None:
            return self.follow(plate, matte.crop)
        if self.spec.inpaint.area == "whole_picture":
            return self._whole(plate)
        size = (self.spec.size, self.spec.size)
        return only_masked(matte.mask, matte.angle, self.spec.region.padding, size, self.mask_blur(plate))

    def _whole(self, plate: tuple[int, int]) -> Placement:
        crop, cut = self.recipe.crop_and_resize, self.recipe.sides == "floor"
        return whole_frame(plate, self.recipe.working_size, cut) if crop is None else cropped_frame(plate, crop, cut)

"""What a render will do, before it does anything: every pass with its models, its keys and its store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from pipeline.clip.master import check_master
from pipeline.clip.painted import painted_of
from pipeline.clip.rendered_motion import motion_key
from pipeline.clip.shot import Shot
from pipeline.errors import ModelMissing
from pipeline.keys import Key, key_of, key_of_file
from pipeline.models.store import Annotator, ModelStore, Weights
from pipeline.motion.cuts import cuts_key, found_key
from pipeline.motion.source import estimated_key
from pipeline.passes.inverted import inversion_key
from pipeline.passes.plan import PassPlan
from pipeline.people.faces import faces_key
from pipeline.people.hair_stage import SEGMENTER, hair_key
from pipeline.people.hands import hands_key
from pipeline.people.track_stage import tracks_key
from pipeline.prepare.given import check_given, given_key, object_key
from pipeline.prepare.matte_stage import matte_key
from pipeline.prepare.painted import painted_key
from pipeline.prepare.plate import prepare_key, read_by
from pipeline.recipe.filters import AnyFilter
from pipeline.recipe.passes import PassSpec
from pipeline.recipe.recipe import Recipe
from pipeline.recipe.regions import Correction, Face, Hands, Object, Painted, WholeFrame, of_hair
from pipeline.recipe.temporal import AnimateDiff
from pipeline.stage import WHOLE_SHOT, FrameStore, Stage

STEADY = Stage("steady", version=2, reach=WHOLE_SHOT)
"""Its reach in frames is a setting; it never goes beyond the set-up."""


@dataclass(frozen=True)
class PlannedPass:
    """A pass of this render, what it reads, and where its finished frames lie. motion: the key of the plate's motion.

    inputs: keys of the pictures, mattes or tracks that it reads. mattes: where the mattes of a region lie that looks at
    every frame alone. A pass that follows people is worked at as what `of` gives for each of them.
    """

    plan: PassPlan
    inputs: tuple[Key, ...]
    cache: Path
    mattes: FrameStore | None
    motion: Key

    @property
    def name(self) -> str:
        """The pass's name."""
        return self.plan.spec.name

    @property
    def regional(self) -> bool:
        """Whether it works at a part and not at the whole frame."""
        return not isinstance(self.plan.spec.region, WholeFrame)

    @property
    def follows(self) -> bool:
        """Whether it follows people and is for all of them."""
        return self.plan.spec.follows and self.plan.person is None

    def of(self, person: int) -> PlannedPass:
        """The pass for one person, with a key and a store of its own."""
        return replace(self, plan=self.plan.of(person))

    @cached_property
    def key(self) -> Key:
        """The key of its output."""
        return self.plan.key(self.inputs)

    @cached_property
    def frames(self) -> FrameStore:
        """Where its finished frames lie."""
        return FrameStore(self.cache, self.key, ".png")

    @cached_property
    def inverted(self) -> FrameStore | None:
        """Where the noise lies that is read off its source; None when it is drawn."""
        if not self.plan.spec.inversion.enabled:
            return None
        return FrameStore(self.cache, inversion_key(self.plan, self.inputs), ".npy")

    @cached_property
    def steadied(self) -> FrameStore | None:
        """Where its steadied frames lie; None when it is not steadied."""
        steady = self.plan.spec.steady
        if steady.reach == 0:
            return None
        return FrameStore(self.cache, STEADY.key(steady.model_dump(mode="json"), (self.key, self.motion)), ".png")

    @property
    def marks(self) -> FrameStore:
        """Where it lies, as a word, what looks wrong with a finished frame; most frames have none."""
        return FrameStore(self.cache, self.key, ".txt")

    @property
    def stores(self) -> tuple[FrameStore, ...]:
        """Everything of it that is kept."""
        return tuple(store for store in (self.frames, self.mattes, self.inverted, self.steadied) if store is not None)


@dataclass(frozen=True)
class RenderPlan:
    """The passes of a render, bottom first. openpose, hair: the weights of these estimators, when they are used and
    here. upscaler: of the final movie.
    """

    shot: Shot
    recipe: Recipe
    passes: tuple[PlannedPass, ...]
    openpose: Annotator | None
    cache: Path
    upscaler: Weights | None = None
    hair: Annotator | None = None

    @property
    def follows(self) -> bool:
        """Whether any pass, or anything painted, goes along with people, so that the shot's tracks are needed."""
        regions = (p.plan.spec.region for p in self.passes if p.follows or isinstance(p.plan.spec.region, Painted))
        corrected = any(p.plan.spec.corrections for p in self.passes)
        return corrected or not all(isinstance(region, Hands) for region in regions)

    @property
    def follows_hands(self) -> bool:
        """Whether any pass follows hands."""
        return any(isinstance(planned.plan.spec.region, Hands) for planned in self.passes)

    @property
    def filters(self) -> tuple[AnyFilter, ...]:
        """The filters over the plate that are switched on."""
        return tuple(f for f in self.recipe.prepare if f.enabled)

    @property
    def plate_key(self) -> Key:
        """The key of the plate as the passes see it: of the clip itself, or of what the filters make of it."""
        if not self.filters:
            return self.shot.key
        files = map(key_of_file, read_by(self.filters))
        return prepare_key(self.filters, (self.shot.key, cuts_key(self.shot), faces_key(self.shot), *files))

    @property
    def keys(self) -> dict[str, Key]:
        """Stage output -> key, for the manifest."""
        keys = {f"pass.{p.name}": p.key for p in self.passes}
        keys |= {"prepare": self.plate_key} if self.filters else {}
        keys |= {"cuts": cuts_key(self.shot)} if cuts_key(self.shot) != found_key(self.shot) else {}
        keys |= {"tracks": tracks_key(self.shot)} if self.follows else {}
        keys |= {"tracks.hands": tracks_key(self.shot, hands_key(self.shot))} if self.follows_hands else {}
        keys |= {f"inversion.{p.name}": p.inverted.key for p in self.passes if p.inverted is not None}
        keys |= {f"steady.{p.name}": p.steadied.key for p in self.passes if p.steadied is not None}
        return keys | {f"matte.{p.name}": p.mattes.key for p in self.passes if p.mattes is not None}

    @property
    def models(self) -> dict[str, Key]:
        """Model -> sha256 of everything the render uses."""
        used = {p.plan.checkpoint.id: p.plan.checkpoint.key for p in self.passes}
        used |= {p.plan.checkpoint.vae.id: p.plan.checkpoint.vae.key for p in self.passes if p.plan.checkpoint.vae}
        used |= {control.id: control.key for p in self.passes for _, control in p.plan.controls}
        used |= {lora.id: lora.key for p in self.passes for lora in p.plan.loras}
        used |= {word.id: word.key for p in self.passes for word in p.plan.embeddings}
        used |= {p.plan.motion.id: p.plan.motion.key for p in self.passes if p.plan.motion is not None}
        extra = (model for model in (self.openpose, self.upscaler, self.hair) if model is not None)
        return used | {model.id: model.key for model in extra}


def plan_render(shot: Shot, recipe: Recipe, models: ModelStore, cache: Path) -> RenderPlan:
    """Resolve a recipe for a shot. Raises ModelMissing when a model is not here: nothing is left out silently.

    Raises FootageError when a control wants an engine pass that the shot does not bring, OutputError when the master
    cannot hold the shot's size.
    """
    missing = models.missing(recipe)
    if missing:
        raise ModelMissing(f"{recipe.title} cannot be rendered here: {' '.join(missing)}", "Choose another preset.")
    check_master(recipe.delivery.master, shot.width, shot.height)
    poses = any(c.kind == "openpose" and c.weight > 0 for p in recipe.active_passes for c in p.controls)
    network = recipe.final.upscaler if recipe.final.scale != 1 else None
    upscaler = None if network is None else models.weights("upscaler", network)
    hair = models.annotator(SEGMENTER) if any(of_hair(p.region) for p in recipe.active_passes) else None
    plan = RenderPlan(shot, recipe, (), models.annotator("openpose") if poses else None, cache, upscaler, hair)
    for spec in recipe.active_passes:
        plan = replace(plan, passes=(*plan.passes, _planned(spec, plan, models)))
    return plan


def _planned(spec: PassSpec, below: RenderPlan, models: ModelStore) -> PlannedPass:
    controls = tuple((c, models.control(c.model)) for c in spec.controls if c.weight > 0)
    plan = replace(
        PassPlan(spec, below.recipe, models.checkpoint(below.recipe.checkpoint, below.recipe.vae), controls),
        loras=_loras(spec, below.recipe, models),
        embeddings=_embeddings(spec, below.recipe, models),
        motion=models.weights("motion", spec.temporal.model) if isinstance(spec.temporal, AnimateDiff) else None,
    )
    inputs: list[Key] = [below.plate_key]
    kinds = {spec.kind for spec, _ in controls}
    inputs += [below.openpose.key] if below.openpose and "openpose" in kinds else []
    inputs += [faces_key(below.shot)] if kinds & {"openpose", "mediapipe_face"} else []
    for control, _ in controls:
        check_given(below.shot, spec.name, control)
        given = given_key(below.shot, control)
        inputs += [] if given is None else [given]
    mattes = None
    if spec.follows:
        hands = isinstance(spec.region, Hands)
        inputs.append(tracks_key(below.shot, hands_key(below.shot) if hands else None))
        inputs += [hair_key(below.shot, below.hair)] if of_hair(spec.region) else []
    elif isinstance(spec.region, Painted):
        painted_of(below.shot, spec.name, spec.region)
        inputs.append(painted_key(below.shot, spec.region))
    elif isinstance(spec.region, Face):
        mattes = FrameStore(below.cache, matte_key(spec.region, faces_key(below.shot)), ".npz")
        inputs.append(mattes.key)
    elif isinstance(spec.region, Object):
        inputs.append(object_key(below.shot, spec.name, spec.region))
    inputs += [_correction_key(below.shot, spec, correction) for correction in spec.corrections]
    exact = motion_key(below.shot)
    motion = estimated_key((below.plate_key, cuts_key(below.shot), *(() if exact is None else (exact,))))
    inputs += [motion] if spec.temporal.kind != "alone" or spec.noise == "warped" else []
    if spec.source == "below":
        inputs.append(_composite_key(below))
    return PlannedPass(plan, tuple(inputs), below.cache, mattes, motion)


def _correction_key(shot: Shot, spec: PassSpec, correction: Correction) -> Key:
    painted_of(shot, spec.name, correction)
    return painted_key(shot, correction)


def _loras(spec: PassSpec, recipe: Recipe, models: ModelStore) -> tuple[Weights, ...]:
    named = dict.fromkeys(lora.name for one in spec.versions for lora in recipe.loras_of(one))
    return tuple(models.weights("adapter", name) for name in named)


def _embeddings(spec: PassSpec, recipe: Recipe, models: ModelStore) -> tuple[Weights, ...]:
    prompts = [f"{recipe.prompt_of(one)} {recipe.negative_prompt_of(one)}" for one in spec.versions]
    if spec.inversion.enabled:
        prompts.append(f"{spec.inversion.prompt} {spec.inversion.negative_prompt}")
    return models.embeddings_in(" ".join(prompts))


def _composite_key(below: RenderPlan) -> Key:
    edges = {p.name: p.plan.spec.model_dump(mode="json", include={"feather", "erode", "people"}) for p in below.passes}
    finished = [p.key if p.steadied is None else p.steadied.key for p in below.passes]
    return key_of("composite", 1, edges, finished)

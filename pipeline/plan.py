"""What a render will do, before it does anything: every pass with its models, its keys and its store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.clip.shot import Shot
from pipeline.errors import ModelMissing
from pipeline.keys import Key, key_of
from pipeline.models.store import Annotator, ModelStore
from pipeline.passes.plan import PassPlan
from pipeline.prepare.matte_stage import matte_key
from pipeline.recipe.passes import Face, PassSpec
from pipeline.recipe.recipe import Recipe
from pipeline.stage import FrameStore


@dataclass(frozen=True)
class PlannedPass:
    """A pass of this render and where its finished frames lie. `mattes` is None when its region is the whole frame."""

    plan: PassPlan
    frames: FrameStore
    mattes: FrameStore | None

    @property
    def name(self) -> str:
        """The pass's name."""
        return self.plan.spec.name

    @property
    def marks(self) -> FrameStore:
        """Where it lies, as a word, what looks wrong with a finished frame; most frames have none."""
        return FrameStore(self.frames.root, self.frames.key, ".txt")

    @property
    def stores(self) -> tuple[FrameStore, ...]:
        """Everything of it that is kept."""
        return (self.frames,) if self.mattes is None else (self.frames, self.mattes)


@dataclass(frozen=True)
class RenderPlan:
    """The passes of a render, bottom first. openpose: OpenPose's own weights, when they are here."""

    shot: Shot
    recipe: Recipe
    passes: tuple[PlannedPass, ...]
    openpose: Annotator | None

    @property
    def keys(self) -> dict[str, Key]:
        """Stage output -> key, for the manifest."""
        keys = {f"pass.{p.name}": p.frames.key for p in self.passes}
        return keys | {f"matte.{p.name}": p.mattes.key for p in self.passes if p.mattes is not None}

    @property
    def models(self) -> dict[str, Key]:
        """Model -> sha256 of everything the render uses."""
        used = {p.plan.checkpoint.id: p.plan.checkpoint.key for p in self.passes}
        used |= {control.id: control.key for p in self.passes for _, control in p.plan.controls}
        return used | ({self.openpose.id: self.openpose.key} if self.openpose else {})


def plan_render(shot: Shot, recipe: Recipe, models: ModelStore, cache: Path) -> RenderPlan:
    """Resolve a recipe for a shot. Raises ModelMissing when a model is not here: nothing is left out silently."""
    missing = models.missing(recipe)
    if missing:
        raise ModelMissing(f"{recipe.title} cannot be rendered here: {' '.join(missing)}", "Choose another preset.")
    poses = any(c.kind == "openpose" and c.weight > 0 for p in recipe.active_passes for c in p.controls)
    plan = RenderPlan(shot, recipe, (), models.annotator("openpose") if poses else None)
    for spec in recipe.active_passes:
        plan = replace(plan, passes=(*plan.passes, _planned(spec, plan, models, cache)))
    return plan


def _planned(spec: PassSpec, below: RenderPlan, models: ModelStore, cache: Path) -> PlannedPass:
    controls = tuple((c, models.control(c.model)) for c in spec.controls if c.weight > 0)
    plan = PassPlan(spec, below.recipe, models.checkpoint(below.recipe.checkpoint), controls)
    inputs: list[Key] = [below.shot.key]
    if below.openpose and any(spec.kind == "openpose" for spec, _ in controls):
        inputs.append(below.openpose.key)
    mattes = None
    if isinstance(spec.region, Face):
        mattes = FrameStore(cache, matte_key(spec.region, below.shot.key), ".npz")
        inputs.append(mattes.key)
    if spec.source == "below":
        inputs.append(_composite_key(below))
    return PlannedPass(plan, FrameStore(cache, plan.key(tuple(inputs)), ".png"), mattes)


def _composite_key(below: RenderPlan) -> Key:
    edges = {p.name: p.plan.spec.model_dump(mode="json", include={"feather", "erode"}) for p in below.passes}
    return key_of("composite", 1, edges, [p.frames.key for p in below.passes])

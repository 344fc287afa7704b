"""Orders as jobs hold them: plain data that outlives the program, and what can be read back from it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from jobs.job import Job
from pipeline.clip.shot import Shot
from pipeline.errors import RecipeError
from pipeline.frames import FrameRange
from pipeline.keys import Key
from pipeline.recipe.footage import Footage
from pipeline.recipe.load import parse_recipe
from pipeline.recipe.recipe import Recipe
from pipeline.version import OutFolder, Patch

if TYPE_CHECKING:
    from pipeline.plan import RenderPlan
    from pipeline.render import Order


def spec_of(order: Order, plan: RenderPlan) -> dict[str, Any]:
    """An order as plain data. plan: what it comes to with the weights that are here now."""
    return {
        "shot": order.shot.name,
        "plate": str(order.shot.plate.absolute()),
        "key": order.shot.key,
        "footage": order.shot.footage.model_dump(mode="json"),
        "passes": None if order.shot.rendered is None else str(order.shot.rendered.passes.folder.absolute()),
        "recipe": order.recipe.model_dump(mode="json"),
        "frames": [order.frames.first, order.frames.last],
        "out": str(order.out.absolute()),
        "keys": sorted(plan.keys.values()),
        **patch_spec(order.patch),
    }


def patch_spec(patch: Patch | None) -> dict[str, Any]:
    """The stretch that an order redoes as plain data; nothing for an order of all its frames."""
    if patch is None:
        return {}
    return {"patch": {"base": str(patch.base.absolute()), "frames": [patch.frames.first, patch.frames.last]}}


def asks_for(job: Job, shot: Shot, recipe: Recipe, frames: FrameRange, patch: Patch | None = None) -> bool:
    """Whether a render job asks for these frames of this shot with this recipe, wherever the clip lay then.

    The shot must be read in the same way, with the same cuts, and bring the same passes. patch: the stretch of a
    version that is to be redone.
    """
    asked = job.spec["key"], job.spec["recipe"], job.spec["frames"]
    passes = None if shot.rendered is None else shot.rendered.passes.folder.absolute()
    beside = (footage_of(job), passes_of(job)) == (shot.footage, passes)
    beside = beside and patch_of(job) == patch
    return beside and asked == (shot.key, recipe.model_dump(mode="json"), [frames.first, frames.last])


def outdated(order: Order, plan: RenderPlan) -> str:
    """Why what lies in an order's folder cannot be finished any more, as a sentence; empty when it can.

    What was begun with other weights, or by a version of Photoplay that computes otherwise, is another picture.
    """
    manifest = OutFolder(order.out).manifest
    if not manifest.exists():
        return ""
    try:
        there = json.loads(manifest.read_text(encoding="utf-8"))
        told = there if order.patch is None else there["patches"][-1]
        same = there["plate"] == order.shot.key and parse_recipe(told["recipe"], manifest.name) == order.recipe
        begun, models = (told["recipe"], told["keys"]), there["models"]
    except (ValueError, LookupError, TypeError, RecipeError):
        return ""
    if not same or begun == (order.recipe.model_dump(mode="json"), plan.keys):
        return ""
    changed = [name for name, key in plan.models.items() if models.get(name) != key] or ["Photoplay itself"]
    return f"{' and '.join(changed)} changed after {order.out.name} of {order.shot.name} was begun."


def keys_of(job: Job) -> Sequence[Key]:
    """Under which keys the finished frames of a job lie; jobs of older versions do not say."""
    return cast(Sequence[Key], job.spec.get("keys", ()))


def shot_name_of(job: Job) -> str:
    """What the shot of a render job is called."""
    return str(job.spec.get("shot", plate_of(job).stem))


def plate_of(job: Job) -> Path:
    """The clip that a render job renders."""
    return Path(str(job.spec["plate"]))


def footage_of(job: Job) -> Footage:
    """How the files of a render job are read; jobs of older versions do not say."""
    return Footage.model_validate(job.spec.get("footage", {}))


def passes_of(job: Job) -> Path | None:
    """The folder with the engine's passes of a render job; None without."""
    folder = job.spec.get("passes")
    return None if folder is None else Path(str(folder))


def recipe_of(job: Job) -> Recipe:
    """The recipe of a render job."""
    return parse_recipe(cast(dict[str, Any], job.spec["recipe"]), f"job {job.id}")


def frames_of(job: Job) -> FrameRange:
    """The frames of a render job."""
    return FrameRange(*cast(list[int], job.spec["frames"]))


def patch_of(job: Job) -> Patch | None:
    """The stretch of a version that a render job redoes; None where it renders all of its frames."""
    told = cast(dict[str, Any] | None, job.spec.get("patch"))
    return None if told is None else Patch(Path(told["base"]), FrameRange(*told["frames"]))


def out_of(job: Job) -> Path:
    """The folder that a render job delivers into."""
    return Path(str(job.spec["out"]))

"""A stretch of a delivered version, redone and laid into it: a version of the same length, of which only that is made.

Everything else is taken from the finished files of the version it is laid into; no model is asked for them.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from pipeline.clip.still import decode_png
from pipeline.composite.crossing import SEAM, mixed_layer, mixed_matte, share_of
from pipeline.deliver import deliver
from pipeline.engine.engine import Priority
from pipeline.errors import FootageError, RecipeError
from pipeline.files import atomic
from pipeline.forecast import check_room
from pipeline.frames import Frame, FrameRange
from pipeline.keys import key_of_file
from pipeline.motion.cuts import CutStore
from pipeline.parts import Assembly, Parts, assembly_of
from pipeline.plan import RenderPlan, plan_render
from pipeline.progress import Progress
from pipeline.recipe.load import parse_recipe
from pipeline.recomposite import LayerEdit, layer_of
from pipeline.render import Order, Rendered, Tools, check_frames, conclude, finish_passes
from pipeline.version import OutFolder, Patch, RenderVersion, Stretch, version_in, version_of
from pipeline.work import Work, open_work

OF_THE_WHOLE = ("prepare", "finish", "sound", "final")
"""Settings that hold for a whole version, so that a stretch cannot have others."""


def render_patched(order: Order, tools: Tools, progress: Progress) -> Rendered:
    """Render the stretch of an order with its recipe, lay it into the version that it redoes, and deliver the whole.

    Raises whatever `render` raises, FootageError when that version is gone or is of other frames, and RecipeError when
    the recipe differs in what holds for all of it.
    """
    patch = order.patch
    if patch is None:
        raise ValueError("the order has no patch")
    plan = check_patch(order, tools)
    base, out = version_in(patch.base), OutFolder(order.out)
    made = _version(base, plan, patch)
    check_room(plan, patch.frames, out)
    with out.claimed(made), open_work(plan, tools.engine, Priority.RENDER, progress) as work:
        warnings = finish_passes(work, patch.frames, progress)
        kept = [number for number in order.frames if number not in patch.frames]
        carry_over(OutFolder(patch.base), out, kept)
        deliver(work, order.frames, out, progress, partial(patched, patch))
        return conclude(work, order, replace(made, warnings=(*order.shot.notes, *warnings)), tools.models, progress)


def check_patch(order: Order, tools: Tools) -> RenderPlan:
    """What rendering the stretch of an order will do. Raises as `render_patched` does, before anything is made."""
    patch = order.patch
    if patch is None:
        raise ValueError("the order has no patch")
    check_frames(order.shot, order.frames)
    base = version_in(patch.base)
    if (base.plate, FrameRange(*base.frames)) != (order.shot.key, order.frames):
        raise FootageError(
            f"{patch.base.name} is not a version of frames {order.frames.first}-{order.frames.last} of this clip.",
            "Redo a stretch of one that is.",
        )
    if base.measurements is None:
        raise FootageError(f"{patch.base.name} is not finished.", "Let its render go on to its end first.")
    if patch.frames.first not in order.frames or patch.frames.last not in order.frames:
        raise FootageError(
            f"Frames {patch.frames.first}-{patch.frames.last} do not lie in {patch.base.name}.",
            f"It has {order.frames.first}-{order.frames.last}.",
        )
    _check_layers(OutFolder(patch.base), base, order.frames)
    there = parse_recipe(base.recipe, patch.base.name)
    others = [name for name in OF_THE_WHOLE if getattr(there, name) != getattr(order.recipe, name)]
    names = [spec.name for spec in there.passes]
    if others or names != [spec.name for spec in order.recipe.passes]:
        what = " and ".join(others) or "the passes"
        raise RecipeError(f"A stretch cannot have another setting of {what} than its version.", "Render it whole.")
    return plan_render(order.shot, order.recipe, tools.models, tools.cache)


def patched(patch: Patch, work: Work, frames: FrameRange) -> Assembly:
    """How each frame of a version with a redone stretch is put together, asked for in order."""
    made, plan = assembly_of(work, patch.frames), work.plan
    names, folder = [spec.name for spec in plan.recipe.passes], OutFolder(patch.base)
    setup = CutStore.of(plan.shot, plan.cache).cuts().setup

    def parts(frame: Frame) -> Parts:
        share = share_of(frame.number, patch.frames, frames, setup(frame.number))
        if share == 1:
            return made(frame)
        old = delivered(folder, names, frame)
        return mixed(old, made(frame), share, names) if share else old

    return parts


def delivered(folder: OutFolder, names: Sequence[str], frame: Frame) -> Parts:
    """The layers of these passes and the mattes of a frame, as a version has delivered them."""
    layers = [layer_of(folder, LayerEdit(name), frame) for name in names]
    mattes = {path.parent.name: decode_png(path.read_bytes()) for path in _mattes(folder, frame.number)}
    return Parts([layer for layer in layers if layer is not None], mattes)


def mixed(old: Parts, new: Parts, share: float, names: Sequence[str]) -> Parts:
    """Parts of one frame mixed, `share` of the new ones: premultiplied colours, alpha and mattes, each linearly.

    names: the passes, bottom first. What one side does not have fades.
    """
    before, after = ({layer.pass_name: layer for layer in parts.layers} for parts in (old, new))
    layers = [
        mixed_layer(before.get(name), after.get(name), share) for name in names if name in before or name in after
    ]
    mattes = {
        name: mixed_matte(old.mattes.get(name), new.mattes.get(name), share) for name in {**old.mattes, **new.mattes}
    }
    return Parts(layers, mattes)


def carry_over(old: OutFolder, new: OutFolder, frames: Sequence[int]) -> None:
    """Give the layers and mattes of these frames second names in another version. Raises OutputError."""
    for number in frames:
        for path in (*old.path.glob(f"layers/*/{number:06d}.png"), *_mattes(old, number)):
            target = new.path / path.relative_to(old.path)
            if not target.exists():
                with atomic(target) as part:
                    _second(path, part)


def _second(path: Path, name: Path) -> None:
    """A second name for a file, or a copy of it where the disk cannot give one."""
    try:
        name.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, name)


def _mattes(folder: OutFolder, number: int) -> list[Path]:
    return sorted(folder.path.glob(f"mattes/*/{number:06d}.png"))


def _check_layers(folder: OutFolder, base: RenderVersion, frames: FrameRange) -> None:
    """Raise FootageError when delivered layers are gone: every frame has those of whole passes, and of its mattes."""
    for frame in frames:
        passes = base.recipe_at(frame)["passes"]
        whole = {spec["name"] for spec in passes if spec["enabled"] and spec["region"]["kind"] == "whole_frame"}
        for name in whole.union(path.parent.name.partition(".")[0] for path in _mattes(folder, frame)):
            if not folder.layer(name, frame).is_file():
                raise FootageError(
                    f"{folder.path.name} has no layer {name} of frame {frame} any more.", "Render the shot whole."
                )


def _version(base: RenderVersion, plan: RenderPlan, patch: Patch) -> RenderVersion:
    """The manifest: that of the version it is laid into, with the stretch, and the models of both."""
    of_stretch = version_of(plan, patch.frames)
    stretch = Stretch(
        frames=of_stretch.frames,
        recipe=of_stretch.recipe,
        keys=of_stretch.keys,
        seam=SEAM,
        laid_into=patch.base.name,
        version=key_of_file(OutFolder(patch.base).manifest),
    )
    return replace(
        base,
        models=base.models | of_stretch.models,
        software=of_stretch.software,
        patches=(*base.patches, stretch),
        warnings=(),
        measurements=None,
    )

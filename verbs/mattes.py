"""Painted mattes: the studio's verbs to keep one with a shot, to correct others by it, and to have them at hand."""

from __future__ import annotations

from dataclasses import replace

from pipeline.clip.painted import FOLDER, keep_painted
from pipeline.clip.read import read_frame
from pipeline.clip.shot import Shot
from pipeline.errors import FootageError, RecipeError
from pipeline.frames import FrameRange, Mask
from pipeline.models.store import ModelStore
from pipeline.plan import plan_render
from pipeline.progress import Progress
from pipeline.recipe.passes import PassSpec
from pipeline.recipe.recipe import Recipe
from pipeline.recipe.regions import Correction, CorrectionMode, Painted
from workspaces.rooms import Rooms
from workspaces.shots import ShotFolder, folder_for, folder_of


class PaintedMattes:
    """The painted mattes in everyone's workspaces. Verbs name the owner, and reach nothing that is another's."""

    def __init__(self, rooms: Rooms, models: ModelStore) -> None:
        self._rooms, self._models = rooms, models

    def keep(self, owner: str, shot: Shot, mask: Mask, frame: int, frames: FrameRange) -> tuple[Shot, Painted]:
        """Keep a matte with an owner's shot. Returns the shot with it at hand, and the region for a pass.

        mask: uint8 [height, width] at the plate's size, 128 and above = inside, painted on `frame`. frames: those that
        it is for, `frame` among them. Raises RefusedFile for another's shot, OverQuota, OutputError, and FootageError
        for a matte that is empty or of another size, and a frame outside of `frames`.
        """
        kept, name = self._kept(owner, shot, mask, frame, frames)
        return kept, Painted(matte=name, frame=frame, first=frames.first, last=frames.last)

    def correct(
        self,
        owner: str,
        shot: Shot,
        painted: tuple[CorrectionMode, Mask],
        frame: int,
        frames: FrameRange,
    ) -> Correction:
        """Keep with an owner's shot what was painted onto a matte of one of its passes. Returns it for that pass.

        painted: what becomes of it, and the mask as `keep` takes it. Raises as `keep` does.
        """
        mode, mask = painted
        _, name = self._kept(owner, shot, mask, frame, frames)
        return Correction(matte=name, frame=frame, first=frames.first, last=frames.last, mode=mode)

    def shown(self, shot: Shot, recipe: Recipe, name: str, frame: int, progress: Progress) -> Mask | None:
        """The matte of a pass in a frame of a shot as it is now, corrections and all: uint8 [height, width], 0 or 255.

        None where its region is not in the frame. No model is asked; where people are followed and nobody has looked
        for them yet, the whole shot is looked at. Raises RecipeError when the recipe has no pass of this name with a
        matte, FootageError, ModelMissing, OutputError, Cancelled.
        """
        from pipeline.crew import open_crew

        spec = _with_matte(recipe, name).model_copy(update={"enabled": True, "source": "plate"})
        alone = recipe.model_copy(update={"passes": (spec,)}).for_one_frame
        plan = plan_render(shot, alone, self._models, self._rooms.home.cache)
        with open_crew(plan, progress) as crew:
            return crew.mask(plan.passes[0], read_frame(shot, frame))

    def at_hand(self, owner: str, shot: Shot) -> Shot:
        """The shot with the mattes that its owner keeps with it."""
        kept = folder_of(self._rooms.home, owner, shot)
        return shot if kept is None else _with(shot, kept)

    def _kept(self, owner: str, shot: Shot, mask: Mask, frame: int, frames: FrameRange) -> tuple[Shot, str]:
        self._rooms.check_shot(owner, shot)
        if frame not in frames:
            raise FootageError(
                f"Frame {frame} does not lie in {frames.first}-{frames.last}.", "Choose frames around it."
            )
        self._rooms.quota.check_upload(owner, mask.nbytes)
        with_folder = _with(shot, folder_for(self._rooms.home, owner, shot))
        return with_folder, keep_painted(with_folder, mask)


def _with_matte(recipe: Recipe, name: str) -> PassSpec:
    spec = next((spec for spec in recipe.passes if spec.name == name), None)
    if spec is None or spec.region.kind == "whole_frame":
        raise RecipeError(f"There is no pass {name} with a matte.", "Choose a pass that works at a part of the frame.")
    return spec


def _with(shot: Shot, folder: ShotFolder) -> Shot:
    return replace(shot, painted=folder.path / FOLDER)

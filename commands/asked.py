"""What several commands ask for alike, as the studio takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from pipeline.clip.shot import Shot
    from pipeline.frames import FrameRange
    from studio import Studio


def asked_shot(studio: Studio, options: argparse.Namespace) -> Shot:
    """The shot with what the options say of its footage, and its engine passes. Raises RecipeError, FootageError."""
    from pipeline.recipe.footage import footage_with

    return studio.shot(options.shot, footage_with(options.footage), options.passes)


def asked_frames(options: argparse.Namespace, shot: Shot) -> FrameRange:
    """The frames that `--frames` names; all of the shot's where it does not. Raises PhotoplayError."""
    from pipeline.frames import FrameRange

    return FrameRange.parse(options.frames) if options.frames else shot.frames

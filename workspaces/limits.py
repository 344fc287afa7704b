"""The limits of a home: how much anyone may hand in, keep and put in line. Set in `HOME/limits.toml`, read at start."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from pipeline.recipe.base import Settings, settings_in

GB = 1_000_000_000
"""Bytes in the gigabytes of the settings."""


class Limits(Settings):
    """Every limit, with its bounds, default and sentence."""

    upload_gigabytes: float = Field(default=8, gt=0, le=1000, description="The largest file that may be handed in.")
    workspace_gigabytes: float = Field(
        default=200, gt=0, le=1e6, description="How much each user may keep: plates, deliveries and uploads."
    )
    cache_gigabytes: float = Field(
        default=100,
        gt=0,
        le=1e6,
        description="Finished frames kept for reuse; those used longest ago go first.",
    )
    waiting_jobs: int = Field(default=20, ge=1, le=10_000, description="How many jobs of one user may wait in line.")
    upload_hours: float = Field(
        default=24,
        gt=0,
        le=8760,
        description="How long uploads that became no shot are kept.",
    )
    frames: int = Field(default=100_000, ge=1, le=2_000_000, description="The longest clip, in frames.")
    seconds: float = Field(default=7200, gt=0, le=1e6, description="The longest clip, in seconds.")
    megapixels: float = Field(default=36, gt=0, le=140, description="The largest picture, moving or still. 8K has 33.")
    streams: int = Field(
        default=16, ge=1, le=64, description="How many streams of picture, sound and data a clip may hold."
    )
    archive_files: int = Field(default=20_000, ge=1, le=60_000, description="How many files a zip may hold.")
    archive_gigabytes: float = Field(
        default=40, gt=0, le=1000, description="How large a zip may be once it is unpacked."
    )
    archive_ratio: float = Field(
        default=100, ge=1, le=1000, description="How many times larger a file may be than in its zip."
    )
    check_seconds: float = Field(
        default=120, gt=0, le=3600, description="How long looking at one handed-in file may take."
    )


def load_limits(path: Path) -> Limits:
    """The limits in a file; the defaults when there is none. Raises RecipeError that names every fault."""
    return settings_in(path, Limits, "limits", "waiting_jobs = 20")

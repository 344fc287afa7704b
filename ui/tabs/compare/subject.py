"""What is compared: the versions of a shot that show the same frames, and everything that can be seen of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jobs.job import Job
from pipeline.clip.shot import Shot
from pipeline.clip.stacked import tile_size
from pipeline.compared import PLATE, View, compared_key, views_of, write_compared
from pipeline.errors import PhotoplayError
from pipeline.frames import FrameRange
from pipeline.recipe.load import parse_recipe
from pipeline.recipe.recipe import Recipe
from pipeline.version import OutFolder, Patch, Stretch, version_in
from studio import Studio
from ui.notes import read_notes
from ui.pictures import Pictures
from ui.player.component import Shown
from ui.player.shown import Measured, curves_of, flags_of, notes_of
from verbs.orders import frames_of, out_of, patch_of
from verbs.renders import RENDER

NOTHING, REFERENCE = "nothing", "reference"
"""What can be chosen where no version need be, and the still or clip of a film."""


@dataclass(frozen=True)
class Subject:
    """versions: those that show these frames or more, the newest last. shown: the one in words and curves.

    patch: the stretch that was redone in the one that is shown, and in which other version.
    """

    shot: Shot
    frames: FrameRange
    versions: tuple[Path, ...]
    shown: Path
    reference: Path | None = None
    patch: Patch | None = None

    @property
    def newest(self) -> str:
        """The name of the shown version's result among the views."""
        return f"{self.shown.name} result"

    @property
    def before(self) -> str:
        """What it is shown beside at first: the version that a stretch was redone in, where it is there; the plate."""
        there = self.patch is not None and self.patch.base in self.versions
        return f"{self.patch.base.name} result" if self.patch is not None and there else "plate"

    @property
    def start(self) -> int:
        """The frame of the movie that it is opened at: the first one that was redone."""
        return 0 if self.patch is None else self.patch.frames.first - self.frames.first

    def views(self) -> dict[str, View]:
        """Name -> view, of everything that can be put beside something else."""
        named = {"plate": PLATE}
        for version in reversed(self.versions):
            named |= {" ".join(filter(None, (version.name, view.of, view.kind))): view for view in views_of(version)}
        if self.reference is not None:
            named[REFERENCE] = View("reference", reference=self.reference)
        return named

    def chosen(self, names: Sequence[str]) -> dict[str, View]:
        """The views of these names, but for `NOTHING`. Raises PhotoplayError for one that there is not."""
        named = self.views()
        names = [name for name in names if name != NOTHING]
        if any(name not in named for name in names):
            raise PhotoplayError("That version is gone.", "Choose another one.")
        return {name: named[name] for name in names}

    def measured(self) -> Measured:
        """What was measured of the version that is shown."""
        return json.loads(OutFolder(self.shown).measurements.read_text(encoding="utf-8"))

    def recipe_at(self, frame: int) -> Recipe:
        """How a frame of the version that is shown was made. Raises RecipeError, FootageError without a manifest."""
        return parse_recipe(version_in(self.shown).recipe_at(frame), self.shown.name)

    def stretches(self) -> tuple[Stretch, ...]:
        """The stretches of the version that is shown that were redone. Raises FootageError without a manifest."""
        return version_in(self.shown).patches


def subject_of(studio: Studio, owner: str, shot: Shot, run_id: str) -> Subject | None:
    """The version that this browser rendered last, or else the shot's newest, with all that show its frames.

    None when no version of the shot is finished.
    """
    jobs = [job for job in studio.jobs_of(owner).jobs() if _is_version(job) and job.spec.get("key") == shot.key]
    if not jobs:
        return None
    shown = next((job for job in jobs if job.id == run_id), jobs[-1])
    frames = frames_of(shown)
    wide = [job for job in jobs if frames.first in frames_of(job) and frames.last in frames_of(job)]
    versions = tuple(dict.fromkeys(out_of(job) for job in wide))
    reference = studio.references.of(owner, shot)
    return Subject(studio.renders.shot_of(shown), frames, versions, out_of(shown), reference, patch_of(shown))


def _is_version(job: Job) -> bool:
    return job.kind == RENDER and job.state == "done" and OutFolder(out_of(job)).measurements.is_file()


def shown_of(subject: Subject, names: Sequence[str], pictures: Pictures, owner: str) -> Shown:
    """What the player shows of these views; their movie is made if it is not there. Raises PhotoplayError."""
    views, frames, measured = subject.chosen(names), subject.frames, subject.measured()
    key = compared_key([*views.values()], subject.shot, frames)
    movie = subject.shown / "compared" / f"{key}.mp4"
    if not movie.exists():
        write_compared(movie, [*views.values()], subject.shot, frames)
    curves = curves_of(measured)
    return Shown(
        source=f"gradio_api/file={pictures.give(owner, movie)}",
        rate=subject.shot.rate,
        first=frames.first,
        count=len(frames),
        tile=tile_size(subject.shot.width, subject.shot.height),
        tiles=[*views],
        start=subject.start,
        curves=curves,
        flags=flags_of(measured, curves),
        notes=notes_of(read_notes(subject.shown), frames.first),
        cuts=[cut - frames.first for cut in measured["cuts"] if cut > frames.first],
    )


def with_stills(shown: Shown, stills: Sequence[str], frame: int) -> Shown:
    """The same with the full-size pictures of one frame, counted from 0 in the movie."""
    return replace(shown, stills=[f"gradio_api/file={path}" for path in stills], still_frame=frame)

"""A render version: the folder a render is delivered into, and the manifest that says how it was made."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.errors import FootageError, OutputError
from pipeline.files import atomic, clear_parts, explained, frames_in
from pipeline.frames import FrameRange
from pipeline.infotexts import infotexts_of
from pipeline.keys import Key
from pipeline.plan import RenderPlan

SOFTWARE = ("torch", "diffusers", "transformers", "mediapipe", "opencv-python", "av", "imageio-ffmpeg", "numpy")
"""Packages whose version can change a pixel."""


@dataclass(frozen=True)
class Patch:
    """A stretch to be redone. base: the folder of the version that it is laid into. frames: the stretch."""

    base: Path
    frames: FrameRange


@dataclass(frozen=True)
class Stretch:
    """A redone stretch of a version. recipe, keys: it was redone with. seam: frames of crossing at each end, inside it.

    laid_into: name of the version that the rest is from, and version: the sha256 of its manifest.
    """

    frames: tuple[int, int]
    recipe: dict[str, Any]
    keys: dict[str, Key]
    seam: int
    laid_into: str
    version: Key


@dataclass(frozen=True)
class RenderVersion:
    """The manifest beside every result. Holds no dates, so that the same render gives the same bytes.

    recipe: fully resolved. models: name -> sha256. keys: stage output -> key. measurements: as measurements.json.
    infotexts: pass -> the text that Auto1111 would have written into its pictures. patches: stretches that were redone,
    the newest last; where they overlap it is the one that is seen.
    """

    shot: str
    plate: Key
    frames: tuple[int, int]
    recipe: dict[str, Any]
    models: dict[str, Key]
    software: dict[str, str]
    keys: dict[str, Key]
    warnings: tuple[str, ...] = ()
    measurements: dict[str, Any] | None = None
    infotexts: dict[str, str] = field(default_factory=dict)
    patches: tuple[Stretch, ...] = ()

    def recipe_at(self, frame: int) -> dict[str, Any]:
        """The recipe that a frame was made with."""
        of_stretch = (one.recipe for one in reversed(self.patches) if frame in FrameRange(*one.frames))
        return next(of_stretch, self.recipe)


@dataclass(frozen=True)
class OutFolder:
    """Where the files of one version lie."""

    path: Path

    @property
    def render(self) -> Path:
        """The finished shot."""
        return self.path / "render.mp4"

    @property
    def final(self) -> Path:
        """The shot at another rate, speed or size, where the recipe asks for it."""
        return self.path / "final.mp4"

    @property
    def before_after(self) -> Path:
        """Plate and render side by side."""
        return self.path / "before-after.mp4"

    @property
    def measurements(self) -> Path:
        """The figures as JSON."""
        return self.path / "measurements.json"

    @property
    def report(self) -> Path:
        """The figures and curves as one page of HTML."""
        return self.path / "report.html"

    @property
    def manifest(self) -> Path:
        """The render version as JSON."""
        return self.path / "manifest.json"

    def matte(self, pass_name: str, frame: int) -> Path:
        """One frame's matte."""
        return self.path / "mattes" / pass_name / f"{frame:06d}.png"

    def layer(self, pass_name: str, frame: int) -> Path:
        """One frame's layer."""
        return self.path / "layers" / pass_name / f"{frame:06d}.png"

    def layers(self, pass_name: str) -> frozenset[int]:
        """The frames whose layer is delivered."""
        return frames_in(self.path / "layers" / pass_name, ".png")

    def write_json(self, path: Path, data: Mapping[str, Any]) -> None:
        """Write data in full or not at all."""
        self.write_text(path, json.dumps(data, indent=1, sort_keys=True, allow_nan=False) + "\n")

    def write_text(self, path: Path, text: str) -> None:
        """Write text in full or not at all."""
        with atomic(path) as part:
            part.write_text(text, encoding="utf-8")

    def write_manifest(self, made: RenderVersion) -> None:
        """Write the manifest."""
        self.write_json(self.manifest, asdict(made))

    @contextmanager
    def claimed(self, made: RenderVersion) -> Iterator[None]:
        """Hold the folder for this render while the block runs.

        Raises OutputError when another render is writing there, when the folder belongs to another render or to
        something else, or when it cannot be written.
        """
        with explained(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            with (self.path / ".lock").open("w") as lock:
                _lock(lock.fileno(), self.path)
                self._check_owner(made)
                clear_parts(self.path)
                if not self.manifest.exists():
                    self.write_manifest(made)
                yield

    def _check_owner(self, made: RenderVersion) -> None:
        hint = "Choose an empty folder for this render."
        if not self.manifest.exists():
            if self.render.exists() or (self.path / "layers").exists():
                raise OutputError(f"{self.path} holds files that Photoplay did not finish or did not make.", hint)
            return
        try:
            there, mine = json.loads(self.manifest.read_text(encoding="utf-8")), _plain(asdict(made))
            same = all(there[name] == mine[name] for name in ("plate", "frames", "keys", "recipe"))
            same = same and there.get("patches", []) == mine["patches"]
        except (ValueError, KeyError, TypeError):
            raise OutputError(f"{self.manifest} is not a manifest of Photoplay.", hint) from None
        if not same:
            raise OutputError(f"{self.path} holds another render: its shot, frames, models or recipe differ.", hint)


def version_in(folder: Path) -> RenderVersion:
    """The manifest of the version in a folder. Raises FootageError when there is none that can be read."""
    try:
        told = json.loads(OutFolder(folder).manifest.read_text(encoding="utf-8"))
        patches = tuple(Stretch(**one | {"frames": tuple(one["frames"])}) for one in told.get("patches", ()))
        return RenderVersion(**told | {"frames": tuple(told["frames"]), "patches": patches})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FootageError(f"{folder} holds no delivered version.", "Choose the folder of a render.") from error


def version_of(plan: RenderPlan, frames: FrameRange) -> RenderVersion:
    """The manifest of a render that is about to start."""
    return RenderVersion(
        shot=plan.shot.name,
        plate=plan.shot.key,
        frames=(frames.first, frames.last),
        recipe=plan.recipe.model_dump(mode="json"),
        models=plan.models,
        software={name: version(name) for name in SOFTWARE},
        keys=plan.keys,
        infotexts=infotexts_of(plan).passes,
    )


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputError(f"Another render is writing to {folder}.", "Wait for it or choose another folder.") from None


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))

"""Both looks at one size, and whoever is before the camera."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from pipeline.files import atomic
from training.draft.kit.engine_look import EngineLook
from training.draft.kit.figure import Character
from training.draft.kit.film_look import SAMPLES, FilmLook
from training.draft.kit.film_print import exposure, printed
from training.draft.kit.library import Library
from training.draft.kit.palette import Values
from training.draft.kit.persona import persona_of
from training.draft.kit.scene import Buffers, Scene
from training.draft.kit.surfaces import Wardrobe

QUALITY = 92


@dataclass(frozen=True)
class Means:
    """What pictures are made with. assets: see `extras.assets_folder`. size: width, height in pixels.

    samples: rays a pixel of the film look. texels: side of the skin's texture. threads: of the processor; 0 for all.
    """

    assets: Path
    size: tuple[int, int] = (256, 256)
    samples: int = SAMPLES
    texels: int = 2048
    threads: int = 1


class Studio:
    """Draws scenes in both looks. `with` closes it; one at a time in a process, for Blender has one scene.

    Raises ModelMissing when a package or the assets are not here.
    """

    def __init__(self, means: Means) -> None:
        self._library = Library(means.assets)
        self._wardrobe = Wardrobe(self._library, means.texels)
        self._stack = ExitStack()
        self.engine = self._stack.enter_context(EngineLook(*means.size, self._wardrobe))
        film = FilmLook(means.size, self._wardrobe, means.samples, means.threads)
        self._film = self._stack.enter_context(film)
        self._characters: dict[int, Character] = {}

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def cast(self, seeds: Sequence[int]) -> tuple[Character, ...]:
        """The characters of these seeds; the ones before them go home."""
        if not set(seeds) <= set(self._characters):
            self.engine.forget()
            self._characters = {seed: Character(self._library, persona_of(seed)) for seed in seeds}
        return tuple(self._characters[seed] for seed in seeds)

    def both(self, scene: Scene, seed: int) -> tuple[Values, Values, Buffers]:
        """(engine picture, film picture, passes): uint8 sRGB [height, width, 3]. seed: of the film's grain."""
        engine, buffers = self.engine.render(scene)
        light = self._film.render(scene)
        return engine, printed(light, exposure(light, engine, buffers.objects > 0), seed), buffers


def write_picture(path: Path, picture: Values) -> None:
    """Write a PNG, or a JPEG without chroma subsampling, as the name says."""
    with atomic(path) as part:
        Image.fromarray(picture).save(part, quality=QUALITY, subsampling=0)

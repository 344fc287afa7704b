"""Preparing pictures for a training: each is read, looked at, and laid into a folder with its matte and its facts."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from pipeline.errors import RefusedFile, TrainingError
from pipeline.files import atomic
from pipeline.frames import Mask, Picture
from pipeline.keys import Key, key_of, key_of_file
from pipeline.people.finder import FaceFinder
from pipeline.people.silhouette import Silhouettes
from pipeline.portraits.facts import FILE, PictureFacts, Portraits, Skipped, read_facts, write_facts
from pipeline.portraits.gather import caption_beside
from pipeline.portraits.look import (
    brightness,
    crop_around,
    face_facts,
    face_part,
    fingerprint,
    person_share,
    sharpness,
    without_bars,
)
from pipeline.portraits.still import read_still
from pipeline.progress import Progress

VERSION = 1
"""Raised when the same files give other facts."""
SMALLEST_FACE = 20
"""Pixels of a face's smaller side below which it is not looked for."""
STAGE = "looking at pictures"


@dataclass(frozen=True)
class Lookers:
    """What looks at pictures. Not thread-safe."""

    finder: FaceFinder
    silhouettes: Silhouettes


def prepare(sources: list[Path], folder: Path, most_pixels: int, progress: Progress) -> Portraits:
    """Read and look at `sources`, and write `NNN.png`, `NNN-matte.png` and the facts into `folder`.

    A folder that was made from the same files is left as it is. Files that cannot be read are skipped and listed.
    most_pixels: larger pictures are refused by their header. Raises TrainingError when none can be read, OutputError.
    """
    key = _key(sources, most_pixels)
    if (known := _known(folder, key)) is not None:
        return known
    _clear(folder)
    found: list[PictureFacts] = []
    skipped: list[Skipped] = []
    with ExitStack() as stack:
        lookers = Lookers(stack.enter_context(FaceFinder()), stack.enter_context(Silhouettes()))
        for number, source in enumerate(sources):
            try:
                picture = read_still(source, most_pixels)
            except RefusedFile as refusal:
                skipped.append(Skipped(source.name, str(refusal)))
            else:
                found.append(_look(picture, source, folder / f"{number:03d}.png", lookers))
            progress.say(STAGE, number + 1, len(sources))
    if not found:
        raise TrainingError(f"None of {len(sources)} files can be read as a picture.", skipped[0].reason)
    portraits = Portraits(key, tuple(found), tuple(skipped))
    write_facts(portraits, folder)
    return portraits


def _look(picture: Picture, source: Path, file: Path, lookers: Lookers) -> PictureFacts:
    faces = tuple(face_facts(picture, face) for face in lookers.finder.find(picture, SMALLEST_FACE))
    matte = lookers.silhouettes.find(picture)
    mask = file.with_name(f"{file.stem}-matte.png")
    _write(picture, file)
    _write(matte, mask)
    inner, face = without_bars(picture), faces[0] if faces else None
    return PictureFacts(
        file=file.name,
        source=source.name,
        width=picture.shape[1],
        height=picture.shape[0],
        faces=faces,
        inner=inner,
        crop=crop_around(face.box if face is not None else None, inner),
        mask=mask.name,
        person=person_share(matte),
        sharpness=sharpness(face_part(picture, face)),
        brightness=brightness(picture),
        fingerprint=fingerprint(picture),
        caption=caption_beside(source),
    )


def _write(pixels: Picture | Mask, path: Path) -> None:
    with atomic(path) as part:
        Image.fromarray(pixels).save(part, compress_level=1)


def _key(sources: list[Path], most_pixels: int) -> Key:
    files = [[source.name, key_of_file(source), caption_beside(source)] for source in sources]
    return key_of("portraits", VERSION, {"files": files, "most": most_pixels}, ())


def _known(folder: Path, key: Key) -> Portraits | None:
    """What lies in the folder, if it was made from the same files."""
    if not (folder / FILE).is_file():
        return None
    try:
        known = read_facts(folder)
    except TrainingError:
        return None
    return known if known.key == key else None


def _clear(folder: Path) -> None:
    """Remove what an earlier set has left. The facts go first, so that a kill leaves no facts without pictures."""
    (folder / FILE).unlink(missing_ok=True)
    for path in folder.glob("[0-9][0-9][0-9]*.png"):
        path.unlink()

"""What an artist should know about a set of pictures before it is trained on: faults of each, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.portraits.facts import PictureFacts, Portraits, Skipped
from pipeline.portraits.look import ALIKE, apart
from pipeline.portraits.words import direction, expression, eyes, framing

FEW = 8
"""Pictures below which a likeness is learned together with the pictures themselves."""
TINY_FACE = 48
"""Pixels of a face's smaller side below which hardly anything of it can be learned."""
BLURRED = 4.0
"""Sharpness below which a face is blurred: 40 stills of two people have 6.9 to 87, and after a blur of 2.5 pixels,
which takes the lashes away, 0.2 to 3.3."""
LEAST_PERSON = 0.05
"""Share of a picture that must be person where no face is found."""
DUPLICATE, NO_FACE = "seen before in", "no face and nobody to be seen"


@dataclass(frozen=True)
class Review:
    """pictures: how many are used. directions, expressions, framings: word -> how many pictures.

    missing: in words, what the set does not show. flags: source -> what is wrong with the picture, in words.
    left_out: sources of pictures that are not trained on. skipped: files that could not be read.
    """

    pictures: int
    directions: Mapping[str, int]
    expressions: Mapping[str, int]
    framings: Mapping[str, int]
    missing: tuple[str, ...]
    flags: Mapping[str, tuple[str, ...]]
    left_out: frozenset[str]
    skipped: tuple[Skipped, ...]

    @property
    def faces(self) -> bool:
        """Whether a face is seen in any picture that is used."""
        return bool(self.directions)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is likely to spoil the training, in sentences."""
        if self.pictures < FEW:
            return (f"Only {self.pictures} pictures: the character will look as in these. 12 to 30 are better.",)
        return ()

    def text(self) -> str:
        """The review for a terminal or a text field."""
        rows = [f"{self.pictures} pictures are used, {len(self.left_out)} left out, {len(self.skipped)} not readable."]
        for title, counts in (("heads", self.directions), ("faces", self.expressions), ("framing", self.framings)):
            rows.append(
                f"{title + ':':9} " + (", ".join(f"{count} {word}" for word, count in counts.items()) or "none")
            )
        rows.append("missing:  " + (", ".join(self.missing) or "nothing"))
        rows += [f"  {source}: {'; '.join(flags)}" for source, flags in self.flags.items()]
        rows += [f"  {one.source}: {one.reason}" for one in self.skipped]
        return "\n".join([*rows, *self.warnings])


def review(portraits: Portraits) -> Review:
    """Look over a prepared set. Of versions of one picture the first stays; a picture without anybody is left out."""
    flags = {picture.source: _flags(picture, portraits.pictures[:at]) for at, picture in enumerate(portraits.pictures)}
    left_out = frozenset(source for source, own in flags.items() if any(_spoils(flag) for flag in own))
    used = [picture for picture in portraits.pictures if picture.source not in left_out]
    faces = [picture.face for picture in used if picture.face is not None]
    directions = _counted([direction(face) for face in faces])
    expressions = _counted([word for face in faces for word in (expression(face), eyes(face)) if word])
    framings = _counted([framing(picture) for picture in used])
    missing = _missing(directions, expressions, framings) if faces else ("faces",)
    shown = {source: own for source, own in flags.items() if own}
    return Review(len(used), directions, expressions, framings, missing, shown, left_out, portraits.skipped)


def _flags(picture: PictureFacts, before: Sequence[PictureFacts]) -> tuple[str, ...]:
    flags: list[str] = []
    twin = next((other for other in before if apart(other.fingerprint, picture.fingerprint) <= ALIKE), None)
    if twin is not None:
        flags.append(f"{DUPLICATE} {twin.source}")
    if picture.face is None:
        flags.append(NO_FACE if picture.person < LEAST_PERSON else "no face found")
    elif min(picture.face.box[2:]) < TINY_FACE:
        flags.append(f"tiny face, {min(picture.face.box[2:])} pixels")
    if len(picture.faces) > 1:
        flags.append(f"{len(picture.faces)} faces; the largest is used")
    if picture.sharpness < BLURRED:
        flags.append("blurred")
    if picture.inner[2:] != (picture.width, picture.height):
        flags.append("black bars, cut off")
    return tuple(flags)


def _spoils(flag: str) -> bool:
    return flag == NO_FACE or flag.startswith(DUPLICATE)


def _counted(words: Sequence[str]) -> dict[str, int]:
    return dict(Counter(words).most_common())


def _missing(*counts: Mapping[str, int]) -> tuple[str, ...]:
    seen = {word for one in counts for word in one}
    wanted = {
        "faces to the camera": ("facing the camera",),
        "heads turned left": ("head turned left", "profile left"),
        "heads turned right": ("head turned right", "profile right"),
        "profiles": ("profile left", "profile right"),
        "smiles": ("smiling", "laughing"),
        "open mouths": ("talking", "laughing"),
        "closed eyes": ("eyes closed",),
        "calm faces": ("neutral",),
        "close-ups": ("close-up", "extreme close-up"),
        "half-length pictures": ("medium", "wide"),
    }
    return tuple(f"no {name}" for name, words in wanted.items() if not seen & set(words))

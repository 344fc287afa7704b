"""Bringing a shot and its engine passes together: which file is which frame, and whether they fit at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from pipeline.clip.engine_passes import CAMERAS, EnginePass, EnginePasses, find_passes
from pipeline.clip.exr import read_headers
from pipeline.clip.pictures import listed
from pipeline.clip.probe import probe
from pipeline.clip.rendered import Rendered, check_shape, pass_key
from pipeline.clip.shot import Shot
from pipeline.clip.timing import USUAL_RATES
from pipeline.clip.values import size_of
from pipeline.errors import FootageError
from pipeline.keys import key_of_file
from pipeline.recipe.footage import Footage


def shot_at(path: Path, footage: Footage, passes: Path | None, memory: Path) -> Shot:
    """The clip or picture sequence at `path`, with the engine's passes in the folder `passes` where there is one.

    footage: what the files do not say. memory: the folder where facts about files are noted. Raises FootageError.
    """
    shot = probe(path, footage, memory)
    return shot if passes is None else with_passes(shot, passes, memory)


def with_passes(shot: Shot, folder: Path, memory: Path | None = None) -> Shot:
    """The shot together with the passes in `folder`, read as `shot.footage` says.

    memory: the folder where digests of files and facts about them are noted. Raises FootageError, naming the pass,
    when nothing is recognised, a pass has another shape, rate or length than the plate, frames are missing that may
    not be, or it cannot be told which number is the plate's first frame.
    """
    passes = find_passes(folder)
    for found in passes.found:
        _check_rate(found, shot)
    first = _first_number(passes, shot)
    notes = [note for found in passes.found for note in _fit(found, shot, first)]
    keys = {found.label: pass_key(found, first, shot.footage, memory) for found in passes.found}
    if passes.cameras is not None:
        keys[CAMERAS] = key_of_file(passes.cameras)
    rendered = Rendered(
        passes=passes,
        first=first,
        frames=shot.frames,
        width=shot.width,
        height=shot.height,
        footage=shot.footage,
        keys=keys,
        notes=tuple(notes),
        memory=memory,
    )
    return replace(shot, rendered=rendered, notes=(*shot.notes, *notes))


def without_passes(shot: Shot) -> Shot:
    """The shot without what the engine has rendered beside it, and without the notes on that."""
    if shot.rendered is None:
        return shot
    notes = tuple(note for note in shot.notes if note not in shot.rendered.notes)
    return replace(shot, rendered=None, notes=notes)


def _check_rate(found: EnginePass, shot: Shot) -> None:
    """Compare the rate in the first EXR header, where there is one."""
    if found.files.suffix.lower() != ".exr":
        return
    rate = read_headers(found.files.files[found.files.first])[0].rate
    if rate is not None and abs(rate - shot.rate) > Fraction(1, 100):
        raise FootageError(
            f"{found.label} was rendered at {_rate(rate)} frames a second, the plate has {_rate(shot.rate)}.",
            "Record the passes and the plate together, at one rate.",
        )


def _first_number(passes: EnginePasses, shot: Shot) -> int:
    """The number of frame 0: as set; the plate's own, when it is a sequence of the same numbers; or from the length."""
    if shot.footage.first_number is not None:
        return shot.footage.first_number
    first = min(found.files.first for found in passes.found)
    last = max(found.files.last for found in passes.found)
    if shot.pictures is not None and shot.pictures.files.first <= first <= last <= shot.pictures.files.last:
        return shot.pictures.files.first
    if last - first + 1 == len(shot.frames):
        return first
    raise _length_differs(passes, first, last, shot)


def _length_differs(passes: EnginePasses, first: int, last: int, shot: Shot) -> FootageError:
    longest = max(passes.found, key=lambda found: found.files.last - found.files.first)
    message = f"{longest.label} has the numbers {first} to {last}, the plate has {len(shot.frames)} frames"
    for rate in USUAL_RATES:
        if abs((last - first + 1) * shot.rate / rate - len(shot.frames)) <= 1:
            return FootageError(
                f"{message}: it looks as if it was rendered at {_rate(rate)} frames a second, not {_rate(shot.rate)}.",
                "Record the passes and the plate together, at one rate.",
            )
    return FootageError(
        f"{message}.", "Set first_number to the number of the plate's first frame, or record both together."
    )


def _fit(found: EnginePass, shot: Shot, first: int) -> Iterator[str]:
    """Notes on how a pass lies over the plate. Raises FootageError where it does not."""
    size = size_of(found.files.files[found.files.first])
    check_shape(found.label, size, (shot.width, shot.height))
    if size != (shot.width, shot.height):
        yield f"{found.label} is {size[0]}x{size[1]} and was resized to the plate's {shot.width}x{shot.height}."
    wanted = range(first, first + len(shot.frames))
    spare = [number for number in found.files.files if number not in wanted]
    if len(spare) == len(found.files.files):
        raise FootageError(
            f"{found.label} has the numbers {found.files.first} to {found.files.last}, none of them the plate's.",
            f"Set first_number: the plate's first frame was taken to be number {first}.",
        )
    if spare:
        yield f"{found.label} goes beyond the plate: {len(spare)} of its frames are not used."
    gaps = tuple(number for number in wanted if number not in found.files.files)
    if found.kind == "motion" and gaps[:1] == (first,):
        gaps = gaps[1:]
    if gaps and shot.footage.missing == "error":
        found.files.path(gaps[0], "error")
    if gaps:
        yield f"{len(gaps)} frames of {found.label} are missing ({listed(gaps)}): {_stand_in(found, shot)}."


def _stand_in(found: EnginePass, shot: Shot) -> str:
    if found.kind == "motion":
        return "the motion is estimated there"
    return "the frame before is held" if shot.footage.missing == "hold" else "they are black"


def _rate(rate: Fraction) -> str:
    return f"{float(rate):.6g}"

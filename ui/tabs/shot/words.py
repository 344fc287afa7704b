"""What was seen of a shot, in words."""

from __future__ import annotations

from pipeline.clip.shot import Shot
from ui.rows import button
from ui.say import notice
from verbs.sights import Sight

NUMBERS = '<dt title="Numbers begin anew with each set-up: nobody is known again across a cut.">Numbers</dt><dd>{}</dd>'


def marks_of(sight: Sight, shot: Shot) -> tuple[list[int], list[int | None]]:
    """The cuts, and the size of the largest face in every frame of the shot."""
    return list(sight.cuts), [sight.sizes.get(frame) for frame in shot.frames]


def chips(sight: Sight) -> str:
    """A button for every set-up, as HTML: its frames, and how large the faces in it are."""
    told = []
    for number, setup in enumerate(sight.setups, 1):
        frames = f"{setup.frames.first:04d}-{setup.frames.last:04d}"
        face = "no face" if setup.face is None else f"face {setup.face} px"
        told.append(
            button("range", f"{setup.frames.first}-{setup.frames.last}", f"Set-up {number} · {frames} · {face}")
        )
    help_text = f"{cut_words(sight)} Drag the blue ends to choose the frames; a click on a set-up takes its own."
    return f'{"".join(told)}<p class="quiet">{help_text}</p>'


def cut_words(sight: Sight) -> str:
    """How many cuts were found, and how many were set or taken away by hand."""
    count, found, there = len(sight.found), set(sight.found), set(sight.cuts)
    words = ["No cut found." if count == 0 else f"{count} {'cut' if count == 1 else 'cuts'} found."]
    by_hand = [(len(there - found), "added"), (len(found - there), "removed")]
    told = ", ".join(f"{number} {verb} by hand" for number, verb in by_hand if number)
    return " ".join([*words, f"{told.capitalize()}."] if told else words)


def people(sight: Sight, shot: Shot) -> str:
    """Who is in a shot and how large the faces are, as HTML."""
    if not sight.cast:
        return notice("No face found", "Face passes will have nothing to do in this shot.", "warn")
    sizes, most = sight.sizes.values(), max(len(setup.people) for setup in sight.setups)
    who = f"{most} {'person' if most == 1 else 'people'} at a time, in {len(sight.sizes)} of {len(shot.frames)} frames"
    numbers = ", ".join(str(member.person) for member in sight.cast)
    told = f"{min(sizes)} to {max(sizes)} px" if sizes else "-"
    return (
        f'<dl class="pairs"><dt>Faces</dt><dd>{who}</dd><dt>Face size</dt><dd>{told}</dd>{NUMBERS.format(numbers)}</dl>'
    )

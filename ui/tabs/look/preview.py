"""What a preview shows: every picture of the frame, how long it took, and what one frame can say of the acting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.frames import Picture
from pipeline.measure.still import StillFigures
from ui.live import Beat
from ui.say import notice
from ui.tabs.look.panels import KINDS

if TYPE_CHECKING:
    from pipeline.render import Preview

NO_PREVIEW = notice("No preview yet", "It shows the frame's plate, controls, matte, layers and result.")
STAGES = {"people": "following the people", "passes": "the passes"}
"""What the work of a preview is called while it goes on."""
ALL = "all"
PARTS = (ALL, "plate", "controls", "mattes", "layers", "result")
"""What of a preview is shown: everything, or one kind of picture."""


@dataclass(frozen=True)
class Piece:
    """One picture of a preview. part: one of PARTS. path: where the browser gets it."""

    part: str
    caption: str
    path: str


def pictures_of(made: Preview) -> list[tuple[str, str, Picture]]:
    """Every picture of a preview with its part and its caption: plate, controls, mattes, layers, result."""
    controls = [
        ("controls", f"{name}: {KINDS[kind]}", picture)
        for name, kinds in made.controls.items()
        for kind, picture in kinds.items()
    ]
    mattes = [("mattes", matte_caption(name), picture) for name, picture in made.mattes.items()]
    layers = [("layers", f"{name} layer", picture) for name, picture in made.layers.items()]
    return [("plate", "plate", made.plate), *controls, *mattes, *layers, ("result", "result", made.result)]


def chosen(pieces: list[Piece], part: str) -> list[Piece]:
    """The pictures of one part."""
    return [piece for piece in pieces if part in (ALL, piece.part)]


def foremost(pieces: list[Piece], part: str) -> int:
    """Which of a part's pictures is shown first: the result where it is among them, else the first."""
    return len(pieces) - 1 if part in (ALL, "result") else 0


def matte_caption(name: str) -> str:
    """What a matte is called: `face`, or `face.2` for that of one person among several."""
    pass_name, _, person = name.partition(".")
    return f"{pass_name} matte" + (f", person {person}" if person else "")


def at_work(frame: int, beat: Beat | None) -> str:
    """How far a preview is, as HTML. beat: None when it has just been asked for, which is said at once."""
    if beat is None:
        return notice(f"Preview of frame {frame:04d}", "asked for")
    told = "the model is at work"
    if (step := beat.step) is not None:
        told = f"{STAGES.get(step.stage, step.stage)} {step.done} of {step.total}"
    return notice(f"Preview of frame {frame:04d}", f"{beat.seconds:.0f} s · {told}")


def preview_note(made: Preview, took: str, changed: str = "") -> str:
    """What was previewed, how long it took, which pass had nothing to do, and what was changed since."""
    left_alone = [name for name in made.controls if name not in made.layers]
    text = "".join(f" · no face in this frame for the {name} pass" for name in left_alone)
    return finished_note(made.frame, took + text, changed)


def finished_note(frame: int, told: str, changed: str) -> str:
    """The line under a preview. told: everything that was said of it. changed: what differs from it by now, or ""."""
    if changed:
        return notice(f"Preview of frame {frame:04d}", f"{told} · Changed since: {changed}", "warn")
    return notice(f"Preview of frame {frame:04d}", told, "ok")


def figures_in_words(figures: StillFigures) -> str:
    """What was measured of one frame; nothing is said of likeness where no face model can tell it."""
    face = ["the face is lost"] if figures.lost else []
    off = [] if figures.off is None else [f"expression off {figures.off:.3f}"]
    detail = [] if figures.detail is None else [f"detail {figures.detail:.2f}"]
    like = [] if figures.likeness is None else [f"likeness {figures.likeness:.2f}"]
    return " · ".join([*face, *off, *detail, *like, f"distance {figures.distance:.1f}"])

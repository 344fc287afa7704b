"""What a preview shows: every picture of the frame, how long it took, and what one frame can say of the acting."""

from __future__ import annotations

from pipeline.frames import Picture
from pipeline.measure.still import StillFigures
from pipeline.render import Preview
from ui.live import Beat
from ui.say import notice
from ui.tabs.look.panels import KINDS

NO_PREVIEW = notice("No preview yet", "It shows the frame's plate, controls, matte, layers and result.")
STAGES = {"people": "following the people", "passes": "the passes"}
"""What the work of a preview is called while it goes on."""


def strip_of(made: Preview) -> list[tuple[Picture, str]]:
    """Every picture of a preview with its caption: plate, controls, mattes, layers, result."""
    controls = [
        (picture, f"{name}: {KINDS[kind]}") for name, kinds in made.controls.items() for kind, picture in kinds.items()
    ]
    mattes = [(picture, matte_caption(name)) for name, picture in made.mattes.items()]
    layers = [(picture, f"{name} layer") for name, picture in made.layers.items()]
    return [(made.plate, "plate"), *controls, *mattes, *layers, (made.result, "result")]


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
    """What was measured of one frame."""
    face = ["the face is lost"] if figures.lost else []
    off = [] if figures.off is None else [f"expression off {figures.off:.3f}"]
    detail = [] if figures.detail is None else [f"detail {figures.detail:.2f}"]
    return " · ".join([*face, *off, *detail])

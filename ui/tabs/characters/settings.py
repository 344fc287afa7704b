"""The controls of a training, made from its settings: what one asks first, and the rest folded away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

from pipeline.errors import PhotoplayError
from training.characters.assemble import fitting
from training.characters.settings import Training
from ui.bind import control
from verbs.training_orders import training_from
from verbs.variations import trigger_alone, variations

WORDS = ("name", "trigger", "consent")
FIRST = ("steps", "rank", "rate")
FOLDED = (
    "kind",
    "alpha",
    "batch_size",
    "schedule",
    "masked",
    "text_encoder",
    "convolutions",
    "noise_offset",
    "checkpoint_every",
    "seed",
)
SUITED = ("rate", "convolutions")
"""Settings that follow the checkpoint when another one is chosen."""
LABELS = {
    "name": "Name",
    "trigger": "Trigger words",
    "consent": "Whose face is it, and have they agreed?",
    "rate": "Learning rate",
    "base": "Checkpoint",
    "checkpoint_every": "Save every",
}
BASE = "draft"
"""The checkpoint that is chosen at first."""
Given = Mapping[Component, Any]


class TrainingControls:
    """One control for each setting of a training, and fields for variations."""

    def __init__(self, bases: Sequence[str]) -> None:
        """bases: the checkpoints that are here."""
        self.controls: dict[str, Component] = {}
        for name in WORDS:
            self._add(name, max_length=300, info=None, elem_id=f"training-{name}")
        self.controls["base"] = gr.Dropdown(
            list(bases),
            value=BASE,
            label=LABELS["base"],
            info=Training.model_fields["base"].description,
            interactive=True,
            elem_id="training-base",
        )
        for name in FIRST:
            self._add(name, elem_classes="setting", elem_id=f"training-{name}")
        with gr.Accordion("More settings", open=False, elem_classes="more"):
            for name in FOLDED:
                self._add(name, elem_classes="setting", elem_id=f"training-{name}")
        with gr.Accordion("Several at once", open=False, elem_classes="more"):
            self.ranks = gr.Textbox("", label="Ranks", placeholder="8, 16, 32", max_length=60, elem_id="vary-ranks")
            self.rates = gr.Textbox("", label="Rates", placeholder="2e-4, 4e-4", max_length=60, elem_id="vary-rates")
            self.alone = gr.Checkbox(label="One more with the trigger as its only caption", elem_id="vary-captions")
        following = [self.controls[name] for name in SUITED]
        self.controls["base"].input(suiting, [self.controls["base"]], following, show_progress="hidden")

    @property
    def all(self) -> set[Block]:
        """Everything that `settings` and `several` read."""
        return {*self.controls.values(), self.ranks, self.rates, self.alone}

    def settings(self, given: Given) -> Training:
        """The training that is set. Raises RecipeError."""
        return training_from({name: given[component] for name, component in self.controls.items()})

    def several(self, given: Given) -> list[Training]:
        """The training and its variations. Raises PhotoplayError."""
        settings = self.settings(given)
        ranks = [int(number) for number in numbers_in(given[self.ranks])]
        found = variations(settings, ranks, numbers_in(given[self.rates]))
        return [*found, trigger_alone(settings)] if given[self.alone] else found

    def shown(self, settings: Training) -> dict[Component, Any]:
        """What each control shows for a training."""
        plain = settings.model_dump()
        return {component: plain[name] for name, component in self.controls.items()}

    def _add(self, name: str, **looks: Any) -> None:
        field = Training.model_fields[name]
        looks = {"label": LABELS.get(name, name.replace("_", " ").capitalize())} | looks
        start: Any = "" if field.is_required() else suited(name, BASE)
        if name == "rate":
            self.controls[name] = gr.Number(
                float(start), minimum=1e-6, maximum=0.1, step=1e-5, info=field.description, interactive=True, **looks
            )
        else:
            self.controls[name] = control(name, field, start, **looks)


def suiting(base: str) -> list[Any]:
    """What the settings of `SUITED` should be for a checkpoint."""
    return [suited(name, base) for name in SUITED]


def suited(name: str, base: str) -> Any:
    """What a setting that has a default should be for a checkpoint."""
    return fitting(base).get(name, Training.model_fields[name].default)


def numbers_in(text: str | None) -> list[float]:
    """The numbers in `8, 16`; none in a field that was never seen. Raises PhotoplayError for other words."""
    text = text or ""
    try:
        return [float(word) for word in text.replace(";", ",").split(",") if word.strip()]
    except ValueError as error:
        raise PhotoplayError(f"{text[:60]!r} are not numbers.", "Write them with commas between: 8, 16, 32.") from error

"""The tab: four steps on the left, what is trained and the LoRAs that are there on the right."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.components import Component

from pipeline.frames import FrameRange
from pipeline.models.library import listed
from pipeline.progress import Progress
from training.characters.settings import Training
from ui.page import Page, gallery, owner_of, watching
from ui.rows import button, rows, table
from ui.say import notice, said
from ui.tabs.characters.choosing import Choosing
from ui.tabs.characters.pictures import EMPTY, HEADS, caption_rows, edits_in, report, sheet, verdict
from ui.tabs.characters.progress import jobs_table, loss_curve, samples_of
from ui.tabs.characters.settings import Given, TrainingControls
from ui.tabs.look import LookTab
from ui.tabs.queue import steer
from verbs.training_results import SAMPLES, Lora

if TYPE_CHECKING:
    from pipeline.render import Order

NEW = "New character"
ENLARGED: dict[str, Any] = {"object_fit": "cover", "allow_preview": True, "elem_classes": "pictures"}
"""Pictures that fill their places, with words below them, and open when they are clicked."""


class CharactersTab:
    """The tab's controls and handlers."""

    def __init__(self, page: Page) -> None:
        self.page, self.timer = page, gr.Timer(2, active=False)
        with gr.Row(elem_classes="split"):
            with gr.Column(elem_classes="stage characters"), gr.Tabs(elem_id="steps") as self.steps:
                with gr.Tab("1 Pictures", id="pictures"):
                    self.drop = gr.File(show_label=False, file_count="multiple", height=84, elem_id="character-drop")
                    self.sheet = gallery("character-pictures", 6, **ENLARGED)
                    self.report = gr.HTML(elem_id="report")
                with gr.Tab("2 Captions", id="captions"):
                    self._build_captions()
                with gr.Tab("3 Train", id="train"):
                    self.jobs = rows("trainings")
                    self.loss = gr.HTML(elem_id="loss")
                    self.samples = gallery("character-samples", 5, **ENLARGED)
                with gr.Tab("4 Choose", id="choose"):
                    self.choosing = Choosing(page)
            with gr.Column(elem_classes="side look"):
                with gr.Column(elem_classes="scroll"):
                    self._build_side()
                with gr.Row(elem_classes="foot"):
                    self.shows = gr.Checkbox(True, label="Show it on frame", min_width=120, elem_id="shows")
                    self.frame = gr.Number(
                        0, show_label=False, precision=0, minimum=0, min_width=60, elem_id="shows-frame"
                    )
                    self.start = gr.Button("Start training", variant="primary", elem_id="train", min_width=120)

    def _build_captions(self) -> None:
        gr.HTML('<p class="quiet">Say what is <b>not</b> the person, so that the trigger words stand for the rest.</p>')
        self.captions = gr.Dataframe(
            headers=list(HEADS),
            type="array",
            interactive=True,
            static_columns=[0, 2],
            column_widths=["18%", "64%", "18%"],
            wrap=True,
            buttons=[],
            max_height=460,
            show_label=False,
            elem_id="captions",
        )
        self.save = gr.Button("Save captions", size="sm", elem_id="save-captions")

    def _build_side(self) -> None:
        self.mine = gr.Dropdown([NEW], value=NEW, label="Character", elem_id="characters")
        self.verdict = gr.HTML(EMPTY, elem_id="verdict")
        checkpoints = [
            model.id for model in listed(self.page.studio.models) if model.kind == "checkpoint" and model.here
        ]
        self.controls = TrainingControls(checkpoints)
        gr.HTML('<p class="heading">LoRAs</p>')
        self.loras = rows("loras")

    def wire(self, look: LookTab) -> None:
        """Connect the handlers. look: where the LoRA is used, and whose recipe shows it while it trains."""
        page, self.look = self.page, look
        quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden"}
        owned = [self.mine, self.loras]
        named = list(self.controls.controls.values())
        set_up: list[Component] = [self.sheet, self.verdict, self.report, self.captions, *self.choosing.offered]
        progress = [self.jobs, self.loss, self.samples]
        opened = page.tabs.select(watching("Characters"), None, [self.timer], **quiet)
        opened.then(said(self.refresh), [self.mine], owned, **quiet)
        opened.then(said(self.watch), [self.mine], progress, **quiet)
        opened.then(said(self.choosing.again), [self.mine], self.choosing.offered, **quiet)
        self.timer.tick(said(self.watch), [self.mine], progress, **quiet)
        given = {self.drop, self.mine, *self.controls.all}
        dropped = self.drop.upload(said(self.receive), given, [self.mine, *named], show_progress_on=self.sheet)
        dropped.then(lambda: None, None, [self.drop], queue=False)
        dropped.then(said(self.show), [self.mine], set_up, show_progress="hidden")
        chosen = self.mine.input(said(self.choose), [self.mine], named, **quiet)
        chosen.then(said(self.show), [self.mine], set_up, show_progress="hidden")
        chosen.then(said(self.watch), [self.mine], progress, **quiet)
        self.save.click(said(self.write), {self.captions, *self.controls.all}, [self.captions], show_progress="hidden")
        everything = {self.shows, self.frame, page.shot, *self.controls.all, *look.settings}
        begun = self.start.click(said(self.begin), everything, [self.steps], show_progress="minimal")
        begun.then(said(self.watch), [self.mine], progress, **quiet)
        self.jobs.select(said(self.steer), [self.mine], progress, **quiet)
        worn = self.loras.select(said(self.use), [look.bound.controls["prompt"]], self.used, **quiet)
        worn.then(said(self.refresh), [self.mine], owned, **quiet)
        self.choosing.wire(self)

    @property
    def used(self) -> list[Any]:
        """What using a LoRA changes."""
        return [self.look.bound.controls["prompt"], self.page.tabs]

    def refresh(self, chosen: str, request: gr.Request) -> tuple[Any, ...]:
        """The owner's characters, and the LoRAs that are here."""
        owner, fittings = owner_of(request), self.page.studio.fittings
        names = [result.name for result in fittings.results(owner)]
        value = chosen if chosen in names else NEW
        return gr.Dropdown([NEW, *names], value=value), loras_table(fittings.loras(owner))

    def receive(self, given: Given, request: gr.Request) -> tuple[Any, ...]:
        """Look at what was dropped, as the pictures of the character that is named."""
        owner, values = owner_of(request), dict(given)
        name, trigger = (self.controls.controls[part] for part in ("name", "trigger"))
        values[name] = values[name].strip() or self._free_name(owner)
        values[trigger] = values[trigger].strip() or values[name]
        settings = self.controls.settings(values)
        uploads = [Path(path) for path in given[self.drop]]
        self.page.studio.trainings.receive_pictures(owner, uploads, settings, Progress())
        names = [result.name for result in self.page.studio.fittings.results(owner)]
        shown = self.controls.shown(settings)
        return gr.Dropdown([NEW, *names], value=settings.name), *shown.values()

    def choose(self, name: str, request: gr.Request) -> tuple[Any, ...]:
        """The settings of an earlier character; empty ones for a new one."""
        found = None if name == NEW else self.page.studio.fittings.result(owner_of(request), name).settings
        settings = found or Training.model_construct(name="", trigger="")
        return tuple(self.controls.shown(settings).values())

    def show(self, name: str, request: gr.Request) -> tuple[Any, ...]:
        """The pictures of a character, what was found in them, their captions, and what there is to choose from."""
        owner, studio = owner_of(request), self.page.studio
        settings = None if name == NEW else studio.fittings.result(owner, name).settings
        if settings is None:
            return [], EMPTY, "", [], *self.choosing.offer(owner, "")
        prepared = studio.trainings.review(owner, settings)
        pictures = [(self.page.pictures.keep(owner, picture), words) for picture, words in sheet(prepared)]
        captions = caption_rows(studio.trainings.captions(owner, settings))
        return pictures, verdict(prepared), report(prepared), captions, *self.choosing.offer(owner, name)

    def write(self, given: Given, request: gr.Request) -> list[list[str]]:
        """Keep what was changed in the table of captions; an emptied caption is measured again."""
        owner, trainings = owner_of(request), self.page.studio.trainings
        settings = self.controls.settings(given)
        edits = edits_in(given[self.captions], trainings.captions(owner, settings))
        return caption_rows(trainings.edit_captions(owner, settings, edits))

    def begin(self, given: Given, request: gr.Request) -> Any:
        """Put the training and its variations in line, and turn to them."""
        owner, settings = owner_of(request), self.controls.settings(given)
        out = self.page.studio.fittings.result(owner, settings.name).folder / SAMPLES
        sample = self.order(given, int(given[self.frame]), int(given[self.frame]), out) if given[self.shows] else None
        others = self.controls.several(given)
        self.page.studio.trainings.submit_variations(owner, settings, others, sample)
        return gr.Tabs(selected="train")

    def order(self, given: Given, first: int, last: int, out: Path) -> Order:
        """Frames of the page's shot with the settings under Look. Raises RecipeError."""
        from pipeline.render import Order

        return Order(given[self.page.shot], self.look.recipe(given), FrameRange(first, last), out)

    def watch(self, name: str, request: gr.Request) -> tuple[Any, ...]:
        """How far the trainings are; the loss and the pictures of the character that is chosen."""
        owner, studio = owner_of(request), self.page.studio
        results = studio.fittings.results(owner)
        chosen = next((one for one in results if one.name == name), None)
        if chosen is None:
            return jobs_table(studio, owner), "", []
        pictures = [(self.page.pictures.give(owner, path), words) for path, words in samples_of(results, name)]
        return jobs_table(studio, owner), loss_curve(chosen.losses()), pictures

    def steer(self, name: str, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Pause, stop or take up a training."""
        steer(self.page.studio, owner_of(request), str(event.verb), str(event.what))
        return self.watch(name, request)

    def use(self, prompt: str, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Put a LoRA into the prompt under Look, and turn there."""
        lora = self.page.studio.fittings.lora(owner_of(request), str(event.what))
        return worn(prompt, lora, 0.8), gr.Tabs(selected="look")

    def _free_name(self, owner: str) -> str:
        taken = {result.name for result in self.page.studio.fittings.results(owner)}
        return next(f"character-{number}" for number in range(1, 10_000) if f"character-{number}" not in taken)


def worn(prompt: str, lora: Lora, weight: float) -> str:
    """The prompt with the LoRA and the words that call it in front; one that is there already gets the new weight."""
    kept = [part.strip() for part in prompt.split(",") if f"<lora:{lora.name}:" not in part and part.strip()]
    if lora.trigger and not any(lora.trigger.casefold() in part.casefold() for part in kept):
        kept.insert(0, lora.trigger)
    return ", ".join([*kept, f"<lora:{lora.name}:{weight:g}>"])


def loras_table(loras: list[Lora]) -> str:
    """The LoRAs that are here, whoever made them, as HTML."""
    found = [
        [
            f'<b>{escape(one.name)}</b><br><span class="quiet">{escape(described(one))}</span>',
            button("use", one.name, "Use in Look"),
        ]
        for one in loras
    ]
    return table((), found) or notice("No LoRAs yet", "Train one here, or bring a file in under Models.")


def described(lora: Lora) -> str:
    """What is known of a LoRA, in words."""
    made = "trained here" if lora.trained else "brought in"
    base = f" on {lora.base}" if lora.base else ""
    return f"{made}{base}" + (f", called by {lora.trigger!r}" if lora.trigger else "")

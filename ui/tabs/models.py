"""Models: what there is, what is here, what each preset needs; fetched, brought in, verified and removed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from pipeline.errors import PhotoplayError
from pipeline.models.catalogue import Entry, entry, terms_of
from pipeline.models.library import Listed, wanted
from pipeline.models.store import WORDS
from ui.page import Page, owner_of, watching
from ui.rows import bar, button, rows, table
from ui.say import notice, said
from verbs.looks import PresetStatus
from verbs.shelf import Fetching
from workspaces.quota import told

SHOWN = ("Everything", "What is here", "LoRAs and embeddings")
HEADS = ("Model", "What it is", "Licence", "Size", "", "")
SHARED = "Everybody on this machine uses the same models. Whoever runs it brings them in and removes them."
BY_HAND = "A file that you have: checkpoints, LoRAs, ControlNets and embeddings of Stable Diffusion 1.5 as safetensors."


class ModelsTab:
    """The tab's controls and handlers."""

    def __init__(self, page: Page) -> None:
        self.page, self.timer = page, gr.Timer(1, active=False)
        with gr.Row(elem_classes="split"):
            with gr.Column(elem_classes="stage models"):
                self.coming = rows("fetching")
                self.presets = rows("needed")
                self.shown = gr.Radio(SHOWN, value=SHOWN[0], show_label=False, elem_id="models-shown")
                self.list = rows("models")
            with gr.Column(elem_classes="side wide"):
                self.word = gr.HTML(notice("Models are shared", SHARED), elem_id="models-word")
                with gr.Column(visible=False) as self.bring:
                    gr.HTML(f'<p class="heading">Bring in a file</p><p class="quiet">{BY_HAND}</p>')
                    self.name = gr.Textbox(
                        label="Name", placeholder="as the file is called", max_length=100, elem_id="model-name"
                    )
                    self.file = gr.File(show_label=False, height=84, elem_id="model-file")

    def wire(self) -> None:
        """Connect the handlers. The tab is looked at anew whenever it is opened, and while something comes."""
        page, shown = self.page, [self.coming, self.presets, self.list, self.bring]
        opened = page.tabs.select(watching("Models"), None, [self.timer], queue=False, show_progress="hidden")
        opened.then(said(self.show), [self.shown], shown, queue=False, show_progress="hidden")
        self.shown.input(said(self.show), [self.shown], shown, queue=False, show_progress="hidden")
        self.timer.tick(said(self.watch), None, [self.coming], queue=False, show_progress="hidden")
        for place in (self.coming, self.presets, self.list):
            asked = place.select(said(self.ask), None, [self.word], show_progress="hidden")
            asked.then(said(self.show), [self.shown], shown, queue=False, show_progress="hidden")
        brought = self.file.upload(said(self.take), [self.file, self.name], [self.word, self.name])
        brought.then(lambda: None, None, [self.file], queue=False)
        brought.then(said(self.show), [self.shown], shown, queue=False, show_progress="hidden")

    def show(self, shown: str, request: gr.Request) -> tuple[Any, ...]:
        """Everything on the tab as it is now."""
        owner, studio = owner_of(request), self.page.studio
        admin, hidden = self.page.who(owner).admin, studio.fittings.of_others(owner)
        models = [model for model in studio.shelf.listed() if model.kind != "adapter" or model.id not in hidden]
        lacking = [preset for preset in studio.presets() if preset.missing]
        needed = [row for preset in lacking for row in self.needed(preset, admin)]
        return (
            self.watch(request),
            table(("Preset that is not ready", "Lacks", "", ""), needed),
            table(HEADS, [row_of(model, admin) for model in models if chosen(model, shown)]),
            gr.Column(visible=admin),
        )

    def watch(self, request: gr.Request) -> str:
        """The downloads."""
        admin = self.page.who(owner_of(request)).admin
        return table(("Coming", "", ""), [coming_of(one, admin) for one in self.page.studio.shelf.fetching()])

    def needed(self, preset: PresetStatus, admin: bool) -> list[list[str]]:
        """What a preset lacks, with a button that fetches just that."""
        known, unknown = wanted(self.page.studio.models, preset.recipe)
        lacks = [f"{escape(one.id)} ({size_of(one)})" for one in known] + [escape(one.message) for one in unknown]
        there = [one for one in known if one.files]
        ask = button("preset", preset.name, f"Fetch {len(there)} of {len(lacks)}", sure_of(there))
        return [[escape(preset.recipe.title), ", ".join(lacks), "", ask if admin and there else ""]]

    def ask(self, event: gr.EventData, request: gr.Request) -> str:
        """Do what a button asks of a model. Raises PhotoplayError for whoever may not."""
        if not self.page.who(owner_of(request)).admin:
            raise PhotoplayError("Models are shared by all.", "Ask whoever runs this machine.")
        shelf, verb, what = self.page.studio.shelf, str(event.verb), str(event.what)
        if verb == "verify":
            found = shelf.faults(what)
            return notice(what, " ".join(found) or "Every file is as it came.", "error" if found else "ok")
        if verb == "remove":
            gone = shelf.remove(what)
            return notice("Removed", f"{gone.id}: {told(gone.bytes)} are free again.", "ok")
        if verb == "stop":
            shelf.stop(what)
            return notice("Stopping", f"What has come of {what} is kept for the next time.")
        wishes = self.of_preset(what) if verb == "preset" else entries_named(what)
        shelf.fetch(wishes, accepted=True)
        return notice("Fetching", ", ".join(one.id for one in wishes))

    def of_preset(self, name: str) -> list[Entry]:
        """What the catalogue can bring of that which a preset lacks."""
        return [one for one in wanted(self.page.studio.models, self.page.studio.recipe(name))[0] if one.files]

    def take(self, path: str, name: str, request: gr.Request) -> tuple[str, str]:
        """Bring in an uploaded file."""
        owner = owner_of(request)
        if not self.page.who(owner).admin:
            raise PhotoplayError("Models are shared by all.", "Ask whoever runs this machine.")
        done = self.page.studio.shelf.take_in(owner, Path(path), name.strip() or None)
        state = "was here already" if done.again else "is here now"
        title = f"The {WORDS[done.record.kind]} {done.record.id} {state}"
        return notice(title, " ".join(done.record.notes), "ok"), ""


def chosen(model: Listed, shown: str) -> bool:
    """Whether a model is among those that are to be shown."""
    if shown == SHOWN[2]:
        return model.kind in ("adapter", "embedding")
    return model.here or shown == SHOWN[0]


def row_of(model: Listed, admin: bool) -> list[str]:
    """A model as a row. For downloads the licence is asked about before anything comes."""
    known, name = model.entry, f"{model.kind}/{model.id}"
    state = f'<span class="{"ok" if model.state == "here" else "warn" if model.here else "quiet"}">{model.state}</span>'
    buttons = ""
    if admin and model.here and not (known and known.embedded):
        buttons = button("verify", name, "Verify") + button("remove", name, "Remove", "Remove for good?")
    elif admin and not model.here and known and known.files:
        buttons = button("fetch", name, "Fetch", sure_of([known]))
    size = told(model.bytes) if model.here else size_of(known) if known else ""
    what = f"{WORDS[model.kind]}. " + (known.what if known else " ".join(model.record.notes) if model.record else "")
    source = f'<br><span class="quiet">{escape(known.source)}</span>' if known and not known.embedded else ""
    title = f"<b>{escape(model.id)}</b>{source}"
    licence = known.licence if known else "as you got it"
    return [title, escape(what[:1].upper() + what[1:]), escape(licence), size, state, buttons]


def coming_of(one: Fetching, admin: bool) -> list[str]:
    """A download as a row."""
    colour = {"failed": "error", "here": "ok"}.get(one.state, "")
    words = f'<span class="{colour}">{escape(one.words if one.state == "failed" else one.state)}</span>'
    if one.state == "coming":
        words = f"{bar(one.done / max(one.total, 1))} {escape(one.file)}: {told(one.done)} of {told(one.total)}"
    return [escape(one.id), words, button("stop", one.id, "Stop") if admin and one.at_work else ""]


def sure_of(models: Sequence[Entry]) -> str:
    """What is asked before a download: size, licence, and what the licence forbids."""
    terms = " ".join(words for one in models if (words := terms_of(one)) is not None)
    licences = ", ".join(dict.fromkeys(one.licence for one in models))
    size = sum(one.bytes or 0 for one in models)
    return f"{terms} Licence: {licences}. Fetch{' ' + told(size) if size else ''}?".strip()


def size_of(known: Entry) -> str:
    """How much there is to fetch."""
    return "by hand" if not known.files else told(known.bytes) if known.bytes else "size not known"


def entries_named(name: str) -> list[Entry]:
    """The entry of the catalogue called `KIND/ID`. Raises PhotoplayError when there is none."""
    kind, _, id = name.partition("/")
    found: Iterable[Entry | None] = [entry(known, id) for known in WORDS if known == kind]
    models = [one for one in found if one is not None]
    if not models:
        raise PhotoplayError(f"{id} is not in the catalogue.", "Reload the page.")
    return models

"""Links: let somebody look at the comparison on the page, without signing in, until a day or until it is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import gradio as gr
from gradio.components import Component

from pipeline.errors import PhotoplayError
from ui.page import Page, owner_of
from ui.rows import button, rows, table
from ui.say import said
from ui.shared import day_of, kept, movie_of
from ui.tabs.compare import CompareTab
from ui.tabs.compare.subject import NOTHING, shown_of

DAYS = [("a day", 1), ("a week", 7), ("a month", 30)]
WHOLE = "(address) => address ? new URL(address, document.baseURI).href : address"
"""The link as it is typed anywhere else: the page knows under which name and path it was reached."""
ABOUT = "Whoever has the link sees these versions, and nothing else. It is shown once; it can be taken back."


class LinksPanel:
    """The panel's controls and handlers."""

    def __init__(self, page: Page) -> None:
        self.page = page
        with gr.Accordion("Links to look at", open=False, elem_classes="more", elem_id="links-panel"):
            gr.HTML(f'<p class="quiet">{ABOUT}</p>')
            with gr.Row():
                self.days = gr.Dropdown(DAYS, value=7, label="Open for", min_width=90, elem_id="link-days")
                self.make = gr.Button("Make a link", size="sm", min_width=90, elem_id="make-link")
            self.link = gr.Textbox(label="Link", interactive=False, buttons=["copy"], elem_id="link")
            self.list = rows("links")

    def wire(self, compare: CompareTab) -> None:
        """Connect the handlers."""
        self.compare = compare
        quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden"}
        given = {self.days, compare.subject, *compare.sides}
        made = self.make.click(said(self.open), given, [self.link, self.list], show_progress="hidden")
        made.then(None, [self.link], [self.link], js=WHOLE)
        self.list.select(said(self.take_back), None, [self.list, self.link], **quiet)
        self.page.tabs.select(said(self.refresh), None, [self.list], **quiet)

    def open(self, given: Mapping[Component, Any], request: gr.Request) -> tuple[str, str]:
        """Make a link to what is compared."""
        subject, owner = given[self.compare.subject], owner_of(request)
        if subject is None:
            raise PhotoplayError("There is nothing to show yet.", "Render the shot first.")
        names = [given[side] for side in self.compare.sides if given[side] not in (None, NOTHING)]
        shown = shown_of(subject, names, self.page.pictures, owner)
        title = f"{subject.shot.name}: {' and '.join(names)}"
        shares = self.page.studio.rooms.shares
        token = shares.open(owner, movie_of(shown, subject.shown), kept(shown), title, float(given[self.days]))
        return f"share/{token}/", self.refresh(request)

    def take_back(self, event: gr.EventData, request: gr.Request) -> tuple[str, str]:
        """Close a link."""
        self.page.studio.rooms.shares.take_back(owner_of(request), str(event.what))
        return self.refresh(request), ""

    def refresh(self, request: gr.Request) -> str:
        """The owner's open links, as HTML."""
        links = self.page.studio.rooms.shares.of(owner_of(request))
        found = [
            [
                f'{escape(share.title)}<br><span class="quiet">until {day_of(share.expires)}</span>',
                button("take_back", link, "Take back"),
            ]
            for link, share in links.items()
        ]
        return table((), found)

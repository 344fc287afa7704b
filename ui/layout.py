"""The page: its tabs in the order of the work, and what happens when it is opened."""

from __future__ import annotations

import gradio as gr

from studio import Studio
from ui.page import Page, Who
from ui.pictures import Pictures
from ui.runs import Runs
from ui.say import said
from ui.tabs.characters import CharactersTab
from ui.tabs.compare import CompareTab
from ui.tabs.help import HelpTab
from ui.tabs.links import LinksPanel
from ui.tabs.look import LookTab
from ui.tabs.models import ModelsTab
from ui.tabs.queue import QueueTab
from ui.tabs.render import RenderTab
from ui.tabs.shot import ShotTab

SCRAMBLER = "photoplay"
"""Not a secret: Gradio scrambles what the browser keeps, and with a new word at each start could not read it again."""

KEPT = "run", "look"
"""What the browser keeps over a reload: its newest render, and what it had on the Look tab last."""
SWEPT = (3600, 86_400)
"""Seconds: how often Gradio removes what it has handed out and been sent, and how old that must be."""


def build(studio: Studio, runs: Runs, who: Who) -> gr.Blocks:
    """The page over a studio, ready to launch."""
    with gr.Blocks(title="Photoplay", fill_width=True, analytics_enabled=False, delete_cache=SWEPT) as blocks:
        gr.HTML("Photoplay", elem_id="name")
        user = gr.HTML(elem_id="user")
        on_page = gr.State(None)
        run_id, kept = (gr.BrowserState("", storage_key=f"photoplay-{name}", secret=SCRAMBLER) for name in KEPT)
        with gr.Tabs(selected="shot", elem_id="tabs") as tabs:
            page = Page(studio, Pictures(studio.rooms.exchange), runs, on_page, run_id, kept, tabs, who)
            with gr.Tab("Shot", id="shot"):
                shot = ShotTab(page)
            with gr.Tab("Look", id="look"):
                look = LookTab(page)
            with gr.Tab("Render", id="render"):
                render = RenderTab(page, look)
            with gr.Tab("Compare", id="compare"):
                compare = CompareTab(page)
                with compare.told:
                    links = LinksPanel(page)
            with gr.Tab("Characters", id="characters"):
                characters = CharactersTab(page)
            with gr.Tab("Models", id="models"):
                models = ModelsTab(page)
            with gr.Tab("Queue", id="queue"):
                queue = QueueTab(page)
            with gr.Tab("Help", id="help"):
                HelpTab()
        shot.wire()
        look.wire(shot)
        render.wire(shot, [compare.render])
        compare.wire(render, look)
        links.wire(compare)
        characters.wire(look)
        models.wire()
        queue.wire(render)
        blocks.load(page.greeting, None, [user], queue=False, show_progress="hidden")
        blocks.load(said(shot.welcome), [page.run_id], [page.shot], show_progress="hidden")
        blocks.load(look.recall, [page.run_id, page.look], look.recalled, show_progress="hidden")
        blocks.load(render.watch, [page.run_id, render.seen], render.watched, show_progress="hidden")
    return blocks

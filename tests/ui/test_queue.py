"""The queue as each person sees it: all of their own, and of others no more than is theirs to know."""

from __future__ import annotations

import gradio as gr
import pytest

from pipeline.clip.shot import Shot
from pipeline.frames import FrameRange
from studio import LOCAL, Studio
from tests.tiny import recipe
from ui.page import Page, Person
from ui.pictures import Pictures
from ui.runs import Runs
from ui.tabs.queue import QueueTab

PEOPLE = {LOCAL: Person("Root", True), "ann": Person("Ann <b>", False), "bob": Person("Bob", False)}


@pytest.fixture
def queue(studio: Studio) -> QueueTab:
    with gr.Blocks(), gr.Tabs() as tabs, gr.Tab("Queue"):
        exchange = Pictures(studio.rooms.exchange)
        kept = gr.BrowserState(""), gr.BrowserState("")
        page = Page(studio, exchange, Runs(studio), gr.State(), *kept, tabs, PEOPLE.__getitem__)
        return QueueTab(page)


def seen_by(queue: QueueTab, owner: str) -> tuple[str, str]:
    return queue.show(gr.Request(username=owner))


def test_everyone_sees_their_own_and_how_many_wait_beside_them(queue: QueueTab, studio: Studio, shot: Shot) -> None:
    assert "Nothing is in line" in seen_by(queue, "ann")[0] and seen_by(queue, "ann")[1] == ""
    anns = studio.renders.submit("ann", shot, recipe(), FrameRange(0, 1))
    bobs = studio.renders.submit("bob", shot, recipe(), FrameRange(0, 1))
    mine, others = seen_by(queue, "ann")
    assert anns.id in mine and bobs.id not in mine and "render v001" in mine
    assert "1 job of other people" in others and "Bob" not in others


def test_whoever_runs_the_server_sees_who_waits_and_no_more(queue: QueueTab, studio: Studio, shot: Shot) -> None:
    anns = studio.renders.submit("ann", shot, recipe(), FrameRange(0, 1))
    _, others = seen_by(queue, LOCAL)
    assert "Ann &lt;b&gt;" in others and "render" in others
    assert anns.id not in others and shot.name not in others and "<button" not in others and "<img" not in others

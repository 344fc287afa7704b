"""The part of the tab with the filmstrip: cuts, people, and the frames that are rendered."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from pipeline.clip.shot import Shot
from pipeline.frames import FrameRange
from ui.film.component import Strip, film
from ui.live import Followed, told_live
from ui.page import owner_of
from ui.rows import rows
from ui.say import notice, said
from ui.tabs.shot.words import chips, marks_of, people

if TYPE_CHECKING:
    from ui.tabs.shot.tab import ShotTab

PICTURES = 16
"""Pictures in the filmstrip."""
LOOKED_AT = 1500
"""Frames of the longest shot that is looked at without being asked to."""


class Filmstrip:
    """Its controls and handlers."""

    def __init__(self) -> None:
        self.strip, self.film, self.setups = gr.State(None), film("film"), rows("setups")

    def build_side(self) -> None:
        """What stands beside the picture."""
        self.people = gr.HTML(elem_id="people")
        self.numbers = gr.Checkbox(False, label="Number the people in the picture", visible=False, elem_id="numbers")
        self.look = gr.Button("Find cuts and people", size="sm", visible=False, elem_id="find-people")

    def wire(self, tab: ShotTab) -> None:
        """Connect the handlers."""
        self.tab, page = tab, tab.page
        seen = [self.strip, self.film, self.setups, self.people, self.numbers, self.look]
        live = {"show_progress": "hidden", "concurrency_limit": 4}
        scanned = page.shot.change(told_live(self.scan), [page.shot, page.run_id], seen, **live)
        searched = self.look.click(told_live(self.search), [page.shot], seen, **live)
        for looked in (scanned, searched):
            looked.then(self.mark, [page.shot, self.strip], seen, show_progress="hidden")
        at = [page.shot, self.strip, tab.frame, self.numbers]
        moved = {"trigger_mode": "always_last", "queue": False, "show_progress": "hidden"}
        for changed in (tab.frame, self.numbers):
            changed.input(said(self.moved), at, [tab.viewer, self.film, self.strip], **moved)
        picked = [tab.frame, tab.viewer, self.strip]
        self.film.select(said(self.picked), [page.shot, self.strip, self.numbers], picked, **moved)
        ranged = [tab.first, tab.last, self.film, self.strip]
        self.film.input(self.dragged, [self.strip], ranged, **moved)
        self.setups.select(self.chip, [self.strip], ranged, **moved)
        gr.on([tab.first.input, tab.last.input], self.typed, [self.strip, tab.first, tab.last], ranged[2:], **moved)

    def scan(self, shot: Shot, run_id: str, request: gr.Request) -> Generator[tuple[Any, ...], None, None]:
        """The filmstrip of another shot, then its cuts and people, looked for if nobody has yet."""
        owner, sights = owner_of(request), self.tab.page.studio.sights
        numbers, picture = sights.strip(shot, PICTURES)
        address = f"gradio_api/file={self.tab.page.pictures.keep(owner, picture)}"
        frames = self.tab.frames(shot, run_id, owner)
        chosen = frames.first, frames.last
        strip = Strip(address, numbers, shot.frames.first, shot.frames.last, chosen, frames.first, (), ())
        known = sights.known(shot) is not None
        ask = not known and len(shot.frames) > LOOKED_AT
        yield strip, strip.value(), "", "", gr.Checkbox(visible=False), gr.Button(visible=ask)
        if not ask and not known:
            yield from self.search(shot)

    def search(self, shot: Shot) -> Generator[tuple[Any, ...], None, None]:
        """Look through the whole shot for cuts and people, and say how far that is."""
        work = Followed(lambda progress: self.tab.page.studio.sights.look(shot, progress))
        for beat in work:
            told = "" if beat.step is None else f"frame {beat.step.done} of {beat.step.total}"
            yield *(gr.skip(),) * 3, notice("Looking for cuts and people", told), gr.skip(), gr.Button(visible=False)

    def mark(self, shot: Shot, strip: Strip | None) -> tuple[Any, ...]:
        """What is known of the shot, on the filmstrip and in words; the range may have been changed meanwhile."""
        sight = self.tab.page.studio.sights.known(shot)
        if strip is None or sight is None:
            return (gr.skip(),) * 6
        cuts, sizes = marks_of(sight, shot)
        strip = replace(strip, cuts=cuts, sizes=sizes)
        shown = gr.Checkbox(visible=bool(sight.cast)), gr.Button(visible=False)
        return strip, strip.value(), chips(sight), people(sight, shot), *shown

    def moved(self, shot: Shot, strip: Strip | None, frame: int, numbers: bool, request: gr.Request) -> tuple[Any, ...]:
        """Another frame in the viewer and on the filmstrip."""
        picture = self.tab.picture(shot, frame, request, numbers)
        if strip is None:
            return picture, gr.skip(), gr.skip()
        strip = replace(strip, at=int(frame))
        return picture, strip.value(), strip

    def picked(
        self, shot: Shot, strip: Strip, numbers: bool, event: gr.EventData, request: gr.Request
    ) -> tuple[Any, ...]:
        """The frame that was clicked on the filmstrip."""
        frame = min(max(int(event.frame), shot.frames.first), shot.frames.last)
        return frame, self.tab.picture(shot, frame, request, numbers), replace(strip, at=frame)

    def dragged(self, strip: Strip, event: gr.EventData) -> tuple[Any, ...]:
        """The range whose ends were dragged."""
        return self._ranged(strip, int(event.first), int(event.last))

    def chip(self, strip: Strip, event: gr.EventData) -> tuple[Any, ...]:
        """The frames of a set-up as the range."""
        chosen = FrameRange.parse(str(event.what))
        return self._ranged(strip, chosen.first, chosen.last)

    def typed(self, strip: Strip | None, first: int | None, last: int | None) -> tuple[Any, Any]:
        """The range that was typed, on the filmstrip."""
        if strip is None or first is None or last is None or not strip.first <= first <= last <= strip.last:
            return gr.skip(), gr.skip()
        return self._ranged(strip, int(first), int(last))[2:]  # pyright: ignore[reportReturnType]

    def _ranged(self, strip: Strip, first: int, last: int) -> tuple[Any, ...]:
        strip = replace(strip, chosen=(first, last))
        return first, last, strip.value(), strip

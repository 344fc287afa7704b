"""The part of the tab with the filmstrip: cuts, people, and the frames that are rendered."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from pipeline.clip.shot import Shot
from pipeline.frames import FrameRange
from ui.bind import Given
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
ADD, REMOVE = "Add a cut at frame {:04d}", "Remove the cut at frame {:04d}"


@dataclass(eq=False)
class Looking:
    """Which shot a page looks through, by its key: a search for another one is given up."""

    key: str = ""


class Filmstrip:
    """Its controls and handlers."""

    def __init__(self) -> None:
        self.strip, self.film, self.setups = gr.State(None), film("film"), rows("setups")
        self.looking = gr.State(Looking())
        self.cut = gr.Button(ADD.format(0), size="sm", visible=False, elem_id="cut")

    def build_side(self) -> None:
        """What stands beside the picture."""
        self.people = gr.HTML(elem_id="people")
        self.numbers = gr.Checkbox(False, label="Number the people in the picture", visible=False, elem_id="numbers")
        self.look = gr.Button("Find cuts and people", size="sm", visible=False, elem_id="find-people")

    def wire(self, tab: ShotTab) -> None:
        """Connect the handlers."""
        self.tab, page = tab, tab.page
        seen = [self.strip, self.film, self.setups, self.people, self.numbers, self.look, self.cut]
        live = {"show_progress": "hidden", "concurrency_limit": 4}
        known = {page.shot, page.run_id, self.strip, self.looking, tab.first, tab.last}
        scanned = page.shot.change(told_live(self.scan), known, seen, trigger_mode="multiple", **live)
        searched = self.look.click(told_live(self.search), [page.shot, self.looking], seen, **live)
        for looked in (scanned, searched):
            looked.then(self.mark, [page.shot, self.strip], seen, show_progress="hidden")
        at = [page.shot, self.strip, tab.frame, self.numbers]
        moved = {"trigger_mode": "always_last", "queue": False, "show_progress": "hidden"}
        for changed in (tab.frame, self.numbers):
            changed.input(said(self.moved), at, [tab.viewer, self.film, self.strip, self.cut], **moved)
        picked = [tab.frame, tab.viewer, self.strip, self.cut]
        self.film.select(said(self.picked), [page.shot, self.strip, self.numbers], picked, **moved)
        ranged = [tab.first, tab.last, self.film, self.strip]
        self.film.input(self.dragged, [self.strip], ranged, **moved)
        self.setups.select(self.chip, [self.strip], ranged, **moved)
        self.cut.click(said(self.set_cut), [page.shot, self.strip], [page.shot], show_progress="hidden")
        gr.on([tab.first.input, tab.last.input], self.typed, [self.strip, tab.first, tab.last], ranged[2:], **moved)

    def scan(self, given: Given, request: gr.Request) -> Generator[tuple[Any, ...], None, None]:
        """The filmstrip of another shot, then its cuts and people, looked for if nobody has yet.

        The filmstrip until now goes on where it shows the same pictures, with the frames that are chosen.
        """
        shot: Shot = given[self.tab.page.shot]
        before: Strip | None = given[self.strip]
        sights, looking = self.tab.page.studio.sights, given[self.looking]
        looking.key = shot.key
        if before is not None and before.shot == shot.key:
            strip = with_range(before, given[self.tab.first], given[self.tab.last])
        else:
            strip = self._strip(shot, given[self.tab.page.run_id], request)
        known, quick = sights.known(shot) is not None, sights.looked_through(shot)
        ask = not known and not quick and len(shot.frames) > LOOKED_AT
        hidden = gr.Checkbox(visible=False), gr.Button(visible=ask), gr.Button(visible=False)
        yield strip, strip.value(), "", "", *hidden
        if not ask and not known:
            yield from self.search(shot, looking)

    def _strip(self, shot: Shot, run_id: str, request: gr.Request) -> Strip:
        owner = owner_of(request)
        numbers, picture = self.tab.page.studio.sights.strip(shot, PICTURES)
        address = f"gradio_api/file={self.tab.page.pictures.keep(owner, picture)}"
        frames = self.tab.frames(shot, run_id, owner)
        chosen = frames.first, frames.last
        return Strip(shot.key, address, numbers, shot.frames.first, shot.frames.last, chosen, frames.first, (), ())

    def search(self, shot: Shot, looking: Looking) -> Generator[tuple[Any, ...], None, None]:
        """Look through the whole shot for cuts and people, and say how far that is, while the page shows this shot."""
        looking.key = shot.key
        work = Followed(lambda progress: self.tab.page.studio.sights.look(shot, progress))
        for beat in work:
            if looking.key != shot.key:
                return
            told = "" if beat.step is None else f"frame {beat.step.done} of {beat.step.total}"
            told = notice("Looking for cuts and people", told)
            yield *(gr.skip(),) * 3, told, gr.skip(), gr.Button(visible=False), gr.skip()

    def mark(self, shot: Shot, strip: Strip | None) -> tuple[Any, ...]:
        """What is known of the shot, on the filmstrip and in words; the range may have been changed meanwhile."""
        sight = self.tab.page.studio.sights.known(shot)
        if strip is None or sight is None:
            return (gr.skip(),) * 7
        cuts, sizes = marks_of(sight, shot)
        strip = replace(strip, cuts=cuts, sizes=sizes, by_hand=sorted(set(cuts) - set(sight.found)))
        shown = gr.Checkbox(visible=bool(sight.cast)), gr.Button(visible=False), cut_button(strip)
        return strip, strip.value(), chips(sight), people(sight, shot), *shown

    def set_cut(self, shot: Shot, strip: Strip, request: gr.Request) -> Shot:
        """The shot with a cut at the frame in the viewer, or without the one that is there."""
        attachments = self.tab.page.studio.attachments
        return attachments.set_cut(owner_of(request), shot, strip.at, strip.at not in strip.cuts)

    def moved(self, shot: Shot, strip: Strip | None, frame: int, numbers: bool, request: gr.Request) -> tuple[Any, ...]:
        """Another frame in the viewer and on the filmstrip."""
        picture = self.tab.picture(shot, frame, request, numbers)
        if strip is None:
            return picture, gr.skip(), gr.skip(), gr.skip()
        strip = replace(strip, at=int(frame))
        return picture, strip.value(), strip, cut_button(strip)

    def picked(
        self, shot: Shot, strip: Strip, numbers: bool, event: gr.EventData, request: gr.Request
    ) -> tuple[Any, ...]:
        """The frame that was clicked on the filmstrip."""
        frame = min(max(int(event.frame), shot.frames.first), shot.frames.last)
        strip = replace(strip, at=frame)
        return frame, self.tab.picture(shot, frame, request, numbers), strip, cut_button(strip)

    def dragged(self, strip: Strip, event: gr.EventData) -> tuple[Any, ...]:
        """The range whose ends were dragged."""
        return self._ranged(strip, int(event.first), int(event.last))

    def chip(self, strip: Strip, event: gr.EventData) -> tuple[Any, ...]:
        """The frames of a set-up as the range."""
        chosen = FrameRange.parse(str(event.what))
        return self._ranged(strip, chosen.first, chosen.last)

    def typed(self, strip: Strip | None, first: int | None, last: int | None) -> tuple[Any, Any]:
        """The range that was typed, on the filmstrip."""
        if strip is None:
            return gr.skip(), gr.skip()
        strip = with_range(strip, first, last)
        return strip.value(), strip

    def _ranged(self, strip: Strip, first: int, last: int) -> tuple[Any, ...]:
        strip = replace(strip, chosen=(first, last))
        return first, last, strip.value(), strip


def with_range(strip: Strip, first: int | None, last: int | None) -> Strip:
    """The filmstrip with the range that is typed, or as it was where these are no frames of it."""
    if first is None or last is None or not strip.first <= first <= last <= strip.last:
        return strip
    return replace(strip, chosen=(int(first), int(last)))


def cut_button(strip: Strip) -> Any:
    """The button that sets a cut at the frame in the viewer, or takes away the one that is there.

    It shows as soon as the shot was looked through, and never on the first frame.
    """
    words = REMOVE if strip.at in strip.cuts else ADD
    return gr.Button(words.format(strip.at), visible=bool(strip.sizes) and strip.at > strip.first)

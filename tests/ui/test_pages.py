"""The pages for characters, models, the queue and help, as far as no browser is needed to see that they are right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.job import Job, Reached, Reason, State
from pipeline.errors import PhotoplayError
from pipeline.models.catalogue import entries
from training.characters.captions import Row
from ui.rows import bar, button, table
from ui.say import signed_in
from ui.tabs.characters.pictures import edits_in
from ui.tabs.characters.progress import loss_curve
from ui.tabs.characters.settings import numbers_in, suiting
from ui.tabs.characters.tab import worn
from ui.tabs.help import player_keys
from ui.tabs.models import sure_of
from ui.tabs.queue import buttons_of, in_order, place_of, progress_of
from verbs.training_orders import training_from
from verbs.training_results import Lora


def job(state: State = "queued", **facts: Any) -> Job:
    plain = {"id": "1", "kind": "render", "spec": {"out": "/a/v003"}, "owner": "a", "priority": 1, "created": 1.0}
    return Job(**(plain | facts), state=state)


def lora(name: str = "ava", trigger: str = "Ava Machina") -> Lora:
    return Lora(name, trigger, "draft", Path("x"), trained=True)


@pytest.mark.parametrize(
    ("prompt", "made"),
    [
        ("", "Ava Machina, <lora:ava:0.8>"),
        ("portrait, soft light", "Ava Machina, portrait, soft light, <lora:ava:0.8>"),
        ("ava machina by a window", "ava machina by a window, <lora:ava:0.8>"),
        ("Ava Machina, <lora:ava:0.3>, rain", "Ava Machina, rain, <lora:ava:0.8>"),
        ("Ava Machina, <lora:ava-r8:1>", "Ava Machina, <lora:ava-r8:1>, <lora:ava:0.8>"),
    ],
)
def test_a_lora_is_put_into_a_prompt_once_with_the_words_that_call_it(prompt: str, made: str) -> None:
    assert worn(prompt, lora(), 0.8) == made
    assert worn(made, lora(), 0.8) == made


def test_a_job_shows_what_can_be_asked_of_it() -> None:
    words = {state: buttons_of(job(state)) for state in ("queued", "running", "paused", "failed", "done")}  # pyright: ignore[reportArgumentType]
    assert "Pause" in words["queued"] and "Stop" in words["running"] and "Go on" in words["paused"]
    assert "Again" in words["done"] and "Again" not in buttons_of(job("done", kind="train"))
    assert buttons_of(job("running", wish="pause")) == "one moment"


def test_a_job_says_where_it_is_and_why_it_stopped() -> None:
    stages = {"passes": Reached(212, 480, 0, 0.0, 1.0)}
    reason = Reason("The <GPU> ran out of memory.", "Lower the batch size.")
    told = progress_of(job("failed", stages=stages, reason=reason))
    assert "passes 212 of 480" in told and "The &lt;GPU&gt; ran out of memory. Lower the batch size." in told
    assert "memory" not in progress_of(job("failed", stages=stages, reason=reason), told=False)
    assert [place_of(job("running"), None), place_of(job(), 0), place_of(job("done"), None)] == ["now", "1", "–"]


def test_what_is_at_work_comes_first_and_what_ended_last() -> None:
    jobs = [job("done", id="a"), job("queued", id="b"), job("failed", id="c"), job("running", id="d")]
    assert [one.id for one in in_order(jobs)] == ["d", "b", "c", "a"]


def test_rows_hold_strangers_words_without_obeying_them() -> None:
    made = button("use", '"><script>', "Use & go", "Sure?")
    assert "<script>" not in made and "Use &amp; go" in made and 'data-sure="Sure?"' in made
    assert table(("A",), []) == "" and "<td>x</td>" in table(("A",), [["x"]])
    assert "width:100.0%" in bar(7) and "width:0.0%" in bar(-1)
    assert signed_in("") == "" and "<b>" not in signed_in("<b>Ava</b>")


def test_only_captions_that_were_changed_are_kept_and_none_without_end() -> None:
    rows = [Row("1.jpg", "000.png", "Ava", "measured"), Row("2.jpg", "001.png", "Ava smiling", "file")]
    table = [["1.jpg", "Ava in the rain ", ""], ["2.jpg", "Ava smiling", ""], ["none.jpg", "x", ""]]
    assert edits_in(table, rows) == {"1.jpg": "Ava in the rain"}
    with pytest.raises(PhotoplayError, match=r"1.jpg has 10000 letters"):
        edits_in([["1.jpg", "x" * 10_000, ""]], rows)


def test_the_loss_is_drawn_from_the_second_step_on() -> None:
    assert loss_curve([(1, 0.5)]) == ""
    drawn = loss_curve([(step, 1 / step) for step in range(1, 2001)])
    assert drawn.count("<polyline") == 2 and "at step 2000" in drawn and len(drawn) < 30_000


def test_numbers_are_read_as_they_are_written() -> None:
    assert (
        numbers_in("8, 16;32,") == [8, 16, 32]
        and numbers_in("2e-4") == [0.0002]
        and numbers_in(" ") == [] == numbers_in(None)
    )
    with pytest.raises(PhotoplayError, match="not numbers"):
        numbers_in("many")


def test_rate_and_convolutions_follow_the_checkpoint() -> None:
    film = training_from({"name": "a", "trigger": "b", "base": "film"})
    draft = training_from({"name": "a", "trigger": "b", "base": "draft"})
    assert suiting("film") == [film.rate, film.convolutions]
    assert suiting("draft") == [draft.rate, draft.convolutions] != suiting("film")


def test_licences_are_told_before_anything_comes() -> None:
    models = {one.id: one for one in entries()}
    asked = sure_of([models["CinematicDiffusion_v1"], models["stable-diffusion-v1-5"]])
    assert (
        "forbids commercial use" in asked and "CC BY-NC-ND 4.0, CreativeML OpenRAIL-M" in asked and "4.27 GB" in asked
    )


def test_help_lists_the_keys_that_the_player_lists() -> None:
    keys = dict(player_keys())
    assert len(keys) > 10 and keys["Space"] == "play or stop"

"""Steps as graphs: what is recorded, what is replayed, and that a picture never hangs on whether it could be."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.engine.batch import Batch
from pipeline.engine.graphs import KEPT, Graphs, Replay, Work, recorded
from pipeline.engine.img2img import img2img
from pipeline.engine.layout import WORK
from pipeline.engine.residency import Residency
from pipeline.models.store import ModelStore
from tests.engine.batches import counted_calls, drive, make_batch, make_hint, with_hints

NO_CARD = "steps are called one by one, for they cannot be recorded as a graph: "


class Recorder:
    """Records work as a card does: what it is given later is put into the tensors that it was recorded with."""

    def __init__(self) -> None:
        self.recordings = 0
        self.replays = 0

    def __call__(self, work: Work, inputs: tuple[Tensor, ...]) -> Replay:
        self.recordings += 1
        held = tuple(tensor.clone() for tensor in inputs)

        def replay(given: tuple[Tensor, ...]) -> Tensor:
            self.replays += 1
            for mine, value in zip(held, given, strict=True):
                mine.copy_(value)
            return work(*held).clone()

        return replay


def with_graphs(residency: Residency, batch: Batch, graphs: Graphs) -> Residency:
    """Models whose checkpoint records its steps."""
    object.__setattr__(residency.checkpoint(batch.checkpoint), "graphs", graphs)
    return residency


@pytest.fixture
def batch(store: ModelStore) -> Batch:
    batch = make_batch(store, count=2, steps=4, strength=1.0)
    return with_hints(
        batch, make_hint(store, "tiny-canny", batch), make_hint(store, "tiny-openpose", batch, 0.5, end=0.5)
    )


def test_work_is_called_then_recorded_then_replayed() -> None:
    recorder, calls = Recorder(), list[float]()
    graphs = Graphs(lambda: True, recorder)

    def work(a: Tensor, b: Tensor) -> Tensor:
        calls.append(float(a))
        return a * b

    answers = [float(graphs.run("key", work, (torch.tensor(float(n)), torch.tensor(2.0)))) for n in range(5)]
    assert answers == [0, 2, 4, 6, 8] and recorder.recordings == 1 and recorder.replays == 4


def test_other_shapes_and_other_work_are_other_graphs_and_few_are_kept() -> None:
    recorder = Recorder()
    graphs = Graphs(lambda: True, recorder)
    for _ in range(3):
        for size in range(KEPT):
            assert graphs.run("key", lambda a: a + 1, (torch.zeros(size + 1),)).sum() == size + 1
    assert recorder.recordings == KEPT
    graphs.run("other", lambda a: a + 2, (torch.zeros(1),))
    assert graphs.run("other", lambda a: a + 2, (torch.zeros(1),)).item() == 2
    assert len(graphs._replays) == KEPT and recorder.recordings == KEPT + 1


def test_networks_that_come_and_go_are_not_recorded(batch: Batch) -> None:
    recorder = Recorder()
    residency = with_graphs(Residency(torch.device("cpu")), batch, Graphs(lambda: False, recorder))
    drive(img2img(batch, residency))
    assert recorder.recordings == 0


def test_a_render_records_each_set_of_controls_once_and_the_picture_is_the_same(
    batch: Batch, store: ModelStore
) -> None:
    recorder, plain = Recorder(), drive(img2img(batch, Residency(torch.device("cpu"))))
    residency = with_graphs(Residency(torch.device("cpu")), batch, Graphs(lambda: True, recorder))
    first = drive(img2img(batch, residency))
    assert recorder.recordings == 2 and recorder.replays == 2, "two steps with both controls, two with one"
    second = drive(img2img(batch, residency))
    assert np.array_equal(first, plain) and np.array_equal(second, plain)
    assert recorder.recordings == 2 and recorder.replays == 6
    other = make_batch(store, count=2, steps=4, strength=1.0, prompt="another")
    other = with_hints(other, *(replace(h, pictures=h.pictures[::-1]) for h in batch.hints))
    assert np.array_equal(drive(img2img(other, residency)), drive(img2img(other, Residency(torch.device("cpu"))))), (
        "what a graph is given later counts: prompts, hints, noise levels"
    )


def test_passes_that_take_turns_keep_their_graphs(batch: Batch) -> None:
    """A body under two controls and a face under one: what one needs and the other does not moves nothing."""
    recorder, face = Recorder(), with_hints(batch, batch.hints[0])
    residency = Residency(torch.device("cpu"), room=lambda: 10**9 + WORK)
    drive(img2img(batch, residency))
    with_graphs(residency, batch, Graphs(lambda: residency.lodging.settled, recorder))
    for one in (batch, face, batch, face):
        residency.prepare(one)
        drive(img2img(one, residency))
    assert recorder.recordings == 2, "with both controls and with one, as the body's second half has it"
    assert recorder.replays == 14


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card, so it can be recorded")
def test_where_nothing_can_be_recorded_there_is_one_line_and_the_same_picture(
    batch: Batch, caplog: pytest.LogCaptureFixture
) -> None:
    plain = drive(img2img(batch, Residency(torch.device("cpu"))))
    residency = with_graphs(Residency(torch.device("cpu")), batch, Graphs(lambda: True, recorded))
    with caplog.at_level(logging.WARNING), counted_calls() as calls:
        made = [drive(img2img(batch, residency)) for _ in range(2)]
    assert all(np.array_equal(one, plain) for one in made)
    assert calls["UNet2DConditionModel"] == 8
    assert len(caplog.records) == 1 and caplog.records[0].getMessage().startswith(NO_CARD)


def test_a_fault_of_the_work_itself_is_told_and_not_hidden() -> None:
    def work(a: Tensor) -> Tensor:
        if a.item() > 0:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return a

    graphs = Graphs(lambda: True, lambda work, inputs: (work(*inputs), lambda given: given[0])[1])
    graphs.run("key", work, (torch.tensor(0.0),))
    with pytest.raises(torch.OutOfMemoryError):
        graphs.run("key", work, (torch.tensor(1.0),))


def test_when_memory_runs_out_graphs_are_given_up_for_good(batch: Batch) -> None:
    recorder = Recorder()
    residency = with_graphs(Residency(torch.device("cpu")), batch, Graphs(lambda: True, recorder))
    drive(img2img(batch, residency))
    assert residency.make_room(batch) and not residency.make_room(batch)
    drive(img2img(batch, residency))
    assert recorder.recordings == 2


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a card")
def test_on_a_card_the_steps_are_recorded_and_the_picture_is_the_same(batch: Batch) -> None:
    plain = with_graphs(Residency(torch.device("cuda")), batch, Graphs(lambda: False))
    residency = Residency(torch.device("cuda"))
    expected = drive(img2img(batch, plain))
    assert np.array_equal(drive(img2img(batch, residency)), expected)
    assert any(residency.checkpoint(batch.checkpoint).graphs._replays.values())

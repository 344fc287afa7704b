"""The shelf: models fetched behind the page from a real server, brought in from an upload, verified and removed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from pipeline.errors import ModelMissing, RefusedFile
from pipeline.models.library import wanted
from pipeline.models.store import ModelStore
from tests.models import siblings
from tests.models.test_fetch import Hub, described, hub
from tests.tiny import recipe
from verbs.shelf import Fetching, Shelf
from workspaces.home import Home
from workspaces.rooms import Rooms

__all__ = ["hub"]
PATIENCE = 60.0


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    return Rooms(Home(tmp_path / "home"), tmp_path / "samples")


@pytest.fixture
def shelf(rooms: Rooms) -> Iterator[Shelf]:
    shelf = Shelf(ModelStore(rooms.home.models), rooms)
    yield shelf
    shelf.close()


def ended(shelf: Shelf) -> Fetching:
    """The only download, once it has ended."""
    limit = time.monotonic() + PATIENCE
    while (one := shelf.fetching()[0]).at_work:
        assert time.monotonic() < limit, one
        time.sleep(0.02)
    return one


def here(shelf: Shelf) -> list[str]:
    return [f"{model.kind}/{model.id}" for model in shelf.listed() if model.here and model.record]


def test_a_model_comes_behind_the_page_and_goes_again(hub: Hub, shelf: Shelf) -> None:
    shelf.fetch([described(hub)], accepted=False)
    assert ended(shelf) == Fetching("ng", "here", "ng.safetensors", len(hub.content), len(hub.content))
    assert here(shelf) == ["embedding/ng"] and shelf.faults("embedding/ng") == []
    assert shelf.remove("embedding/ng").id == "ng" and here(shelf) == []
    with pytest.raises(ModelMissing):
        shelf.faults("embedding/ng")


def test_what_a_licence_forbids_must_be_accepted_first(hub: Hub, shelf: Shelf) -> None:
    entry = described(hub, terms=("no commerce",), licence="CC BY-NC 4.0")
    with pytest.raises(RefusedFile, match="forbids commercial use"):
        shelf.fetch([entry], accepted=False)
    assert shelf.fetching() == [] and hub.asked == []
    shelf.fetch([entry], accepted=True)
    assert ended(shelf).state == "here"


def test_a_download_that_fails_says_why_and_can_be_asked_for_again(hub: Hub, shelf: Shelf) -> None:
    hub.status = 404
    shelf.fetch([described(hub)], accepted=True)
    failed = ended(shelf)
    assert failed.state == "failed" and "is not at" in failed.words and here(shelf) == []
    hub.status = 200
    shelf.fetch([described(hub)], accepted=True)
    assert ended(shelf).state == "here" and len(shelf.fetching()) == 1


def test_several_come_one_after_the_other_and_one_that_waits_is_stopped(hub: Hub, shelf: Shelf) -> None:
    others = [described(hub, id=f"ng{number}") for number in range(3)]
    shelf.fetch(others, accepted=True)
    shelf.stop("ng2")
    shelf.stop("unknown")
    limit = time.monotonic() + PATIENCE
    while any(one.at_work for one in shelf.fetching()):
        assert time.monotonic() < limit
        time.sleep(0.02)
    assert [one.state for one in shelf.fetching()] == ["here", "here", "stopped"]


def test_an_upload_becomes_a_model_of_its_owner_alone(shelf: Shelf, rooms: Rooms) -> None:
    (rooms.home.uploads / ("a" * 64)).mkdir(parents=True)
    sent = siblings.write({"emb_params": torch.randn(75, 768)}, rooms.home.uploads / ("a" * 64) / "mine.safetensors")
    rooms.exchange.note_received("ann", sent)
    with pytest.raises(RefusedFile, match="no longer there"):
        shelf.take_in("bob", sent, None)
    assert shelf.take_in("ann", sent, "mine").record.id == "mine" and here(shelf) == ["embedding/mine"]
    assert not sent.exists()


def test_what_is_no_model_is_refused_and_forgotten(shelf: Shelf, rooms: Rooms) -> None:
    sent = rooms.home.uploads / ("b" * 64) / "letter.toml"
    sent.parent.mkdir(parents=True)
    sent.write_text('title = "Dear studio"\n')
    rooms.exchange.note_received("ann", sent)
    with pytest.raises(RefusedFile):
        shelf.take_in("ann", sent, None)
    assert not sent.exists() and here(shelf) == []


def test_what_a_recipe_lacks_is_told_apart_from_what_nobody_knows(rooms: Rooms) -> None:
    models = ModelStore(rooms.home.models)
    known, unknown = wanted(models, recipe(checkpoint="realisticVisionV20_v20", prompt="<lora:nobodys:1>"))
    assert [one.id for one in known] == ["realisticVisionV20_v20"]
    assert len(unknown) == 1 and "nobodys" in unknown[0].message
    assert wanted(models, recipe(checkpoint="draft")) == ([], [])

"""Fetching from a real server on this machine: whole, resumed, cut off, forged, gone, with a key, through a proxy."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from pipeline.errors import Cancelled, NotFetched, NotWritable, PhotoplayError, RefusedFile
from pipeline.models import download as download_module
from pipeline.models.catalogue import Entry, RemoteFile, entry, terms_of
from pipeline.models.fetching import fetch_model
from pipeline.models.store import ModelStore
from pipeline.progress import Progress, Step
from tests.models import siblings


@dataclass
class Hub:
    """A hub with one file. What it was asked for is in `asked`.

    cuts: after how many bytes it hangs up, one for each of the next answers. status: answered in place of the file.
    """

    content: bytes
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    status: int = 200
    etag: str | None = '"v1"'
    ranges: bool = True
    redirect: str | None = None
    url: str = ""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    file = siblings.write({"emb_params": torch.randn(75, 768)}, tmp_path / "hub.safetensors")
    hub = Hub(file.read_bytes())

    class Answers(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            """Keeps quiet."""

        def do_GET(self) -> None:
            hub.asked.append((self.path, dict(self.headers)))
            if hub.status != 200 or hub.redirect:
                self.send_response(302 if hub.redirect else hub.status)
                self.send_header("Location", hub.redirect or "")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            begin = self.begin()
            self.send_response(206 if begin else 200)
            body = hub.content[begin:]
            self.send_header("Content-Length", str(len(body)))
            if hub.etag:
                self.send_header("ETag", hub.etag)
            self.end_headers()
            self.wfile.write(body[: hub.cuts.pop(0)] if hub.cuts else body)
            self.close_connection = True

        def begin(self) -> int:
            """Where to begin: only for the same version of the file, as servers do."""
            asked = self.headers.get("Range", "")
            same = self.headers.get("If-Range", hub.etag) == hub.etag
            return int(asked.removeprefix("bytes=").rstrip("-")) if asked and same and hub.ranges else 0

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    yield hub
    server.shutdown()
    server.server_close()


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def described(hub: Hub, known: bool = True, **facts: object) -> Entry:
    """The catalogue's entry for the hub's file, with its size and sha256 or without."""
    file = RemoteFile(
        path="folder/ng.safetensors",
        sha256=hashlib.sha256(hub.content).hexdigest() if known else None,
        bytes=len(hub.content) if known else None,
    )
    settings = {"revision": "a" * 40, "files": (file,), "licence": "MIT", "repository": "someone/ng"} | facts
    return Entry.model_validate({"id": "ng", "kind": "embedding", "base": "any", "what": "A test."} | settings)


def parts(store: ModelStore) -> list[Path]:
    """What of a download lies on the disk."""
    return [path for path in (store.folder / ".downloads").rglob("*") if path.is_file()]


def test_a_file_is_fetched_checked_imported_and_cleared_away(hub: Hub, store: ModelStore) -> None:
    heard: list[Step] = []
    done = fetch_model(described(hub), store, Progress(heard.append))
    assert hub.asked[0][0] == f"/someone/ng/resolve/{'a' * 40}/folder/ng.safetensors"
    assert (done.record.kind, done.record.id) == ("embedding", "ng")
    assert store.weights("embedding", "ng").folder == done.folder
    assert [(step.done, step.total) for step in heard][-1] == (len(hub.content), len(hub.content))
    assert parts(store) == []
    assert fetch_model(described(hub), store, Progress()).again and len(hub.asked) == 1


def test_without_a_revision_the_newest_is_taken_and_its_hash_kept(hub: Hub, store: ModelStore) -> None:
    done = fetch_model(described(hub, known=False, revision=None), store, Progress())
    assert "/resolve/main/" in hub.asked[0][0]
    assert done.record.sha256 == hashlib.sha256(hub.content).hexdigest()


def test_a_broken_connection_is_taken_up_where_it_broke(hub: Hub, store: ModelStore) -> None:
    hub.cuts = [100_000, 50_000]
    fetch_model(described(hub), store, Progress())
    assert [headers.get("Range") for _, headers in hub.asked] == [None, "bytes=100000-", "bytes=150000-"]


def test_one_that_keeps_breaking_is_taken_up_the_next_time(hub: Hub, store: ModelStore) -> None:
    hub.cuts = [10_000, 10_000, 10_000, 10_000]
    with pytest.raises(NotFetched, match="broke off") as caught:
        fetch_model(described(hub), store, Progress())
    assert "go on" in caught.value.hint
    assert not (store.folder / "embeddings").exists()
    fetch_model(described(hub), store, Progress())
    assert hub.asked[-1][1]["Range"] == "bytes=40000-"


def test_a_person_can_stop_it_and_go_on_later(hub: Hub, store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "BLOCK", 50_000)
    stop = threading.Event()
    with pytest.raises(Cancelled):
        fetch_model(described(hub), store, Progress(lambda step: stop.set(), stop))
    fetch_model(described(hub), store, Progress())
    assert hub.asked[-1][1]["Range"] == "bytes=50000-"


@pytest.mark.parametrize("how", ["another version", "no ranges", "no mark and no hash"])
def test_a_part_that_does_not_belong_is_fetched_anew(hub: Hub, store: ModelStore, how: str) -> None:
    hub.cuts, hub.etag = [20_000] * 4, None if "mark" in how else hub.etag
    model = described(hub, known="hash" not in how)
    with pytest.raises(NotFetched):
        fetch_model(model, store, Progress())
    hub.cuts, hub.ranges = [], how != "no ranges"
    hub.etag = '"v2"' if how == "another version" else hub.etag
    assert fetch_model(model, store, Progress()).record.sha256 == hashlib.sha256(hub.content).hexdigest()


@pytest.mark.parametrize("content", ["same length", "longer"])
def test_another_file_than_the_catalogue_means_is_thrown_away(hub: Hub, store: ModelStore, content: str) -> None:
    model = described(hub)
    hub.content = bytes(len(hub.content)) if content == "same length" else hub.content + b"x"
    with pytest.raises(RefusedFile, match=r"not the file that was meant|bytes where"):
        fetch_model(model, store, Progress())
    assert not any(path.suffix == ".part" for path in parts(store))
    assert not (store.folder / "embeddings").exists()


@pytest.mark.parametrize(
    ("status", "words", "hint"),
    [
        (404, "is not at", "models import"),
        (401, "without an account", "HF_TOKEN"),
        (403, "without an account", "HF_TOKEN"),
        (503, "answered 503", "later"),
    ],
)
def test_refusals_say_what_to_do(hub: Hub, store: ModelStore, status: int, words: str, hint: str) -> None:
    hub.status = status
    with pytest.raises(NotFetched, match=words) as caught:
        fetch_model(described(hub), store, Progress())
    assert hint in caught.value.hint


def test_offline_is_said_plainly(hub: Hub, store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    with pytest.raises(NotFetched, match="cannot be reached: this machine seems to be offline") as caught:
        fetch_model(described(hub), store, Progress())
    assert "HTTPS_PROXY" in caught.value.hint and "models import" in caught.value.hint


def test_the_way_leads_through_the_proxy(hub: Hub, store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address does not exist: only the proxy, which is asked for the whole of it, can answer."""
    monkeypatch.setenv("http_proxy", hub.url)
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    fetch_model(described(hub), store, Progress())
    assert hub.asked[0][0].startswith("http://hub.invalid/someone/ng/resolve/")


def test_the_key_is_shown_to_the_hub_and_to_nobody_it_leads_to(
    hub: Hub, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    hub.redirect = f"{hub.url.replace('127.0.0.1', 'localhost')}/elsewhere"
    with pytest.raises(PhotoplayError):
        fetch_model(described(hub), store, Progress())
    assert [headers.get("Authorization") for _, headers in hub.asked[:2]] == ["Bearer secret", None]


def test_no_room_is_said_before_anything_is_asked_for(hub: Hub, store: ModelStore) -> None:
    vast = RemoteFile(path="ng.safetensors", bytes=2**60)
    with pytest.raises(NotWritable, match="disk is full"):
        fetch_model(described(hub, files=(vast,)), store, Progress())
    assert hub.asked == []


def test_what_a_licence_forbids_is_said_before_anything_is_asked_for(hub: Hub, store: ModelStore) -> None:
    model = described(hub, terms=("no commerce", "no derivatives"), licence="CC BY-NC-ND 4.0")
    with pytest.raises(NotFetched, match="forbids commercial use and handing on anything derived") as caught:
        fetch_model(model, store, Progress())
    assert "--accept" in caught.value.hint and hub.asked == []
    assert fetch_model(model, store, Progress(), accepted=True).record.id == "ng"


def test_the_catalogue_knows_what_the_licences_forbid() -> None:
    cinematic, canny = entry("checkpoint", "CinematicDiffusion_v1"), entry("control", "control_v11p_sd15_canny")
    assert cinematic is not None and canny is not None
    assert "forbids commercial use" in (terms_of(cinematic) or "") and terms_of(canny) is None


def test_a_model_without_a_download_is_refused_with_the_way_to_get_it(store: ModelStore) -> None:
    model = entry("embedding", "NG_DeepNegative_V1_75T")
    assert model is not None
    with pytest.raises(NotFetched, match="no download that could be trusted") as caught:
        fetch_model(model, store, Progress())
    assert "civitai.com/models/4629" in caught.value.hint


def test_estimators_are_kept_as_they_come(hub: Hub, store: ModelStore) -> None:
    model = described(hub).model_copy(update={"kind": "estimator"})
    done = fetch_model(model, store, Progress())
    assert (done.folder / "ng.safetensors").read_bytes() == hub.content
    assert store.annotator("ng") is not None


def test_a_download_of_another_kind_is_refused(hub: Hub, store: ModelStore) -> None:
    with pytest.raises(RefusedFile, match="is a embedding, not a control"):
        fetch_model(described(hub).model_copy(update={"kind": "control"}), store, Progress())

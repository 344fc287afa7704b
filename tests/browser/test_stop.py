"""The end of a real server during a real render: in time, and with nothing lost."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli import main
from jobs.store import Store
from pipeline.recipe.load import save_recipe
from tests.conftest import ROOT
from tests.render.conftest import tiny_recipe
from tests.tiny import make_models

pytestmark = pytest.mark.browser

PROMISED = 20
"""Seconds that a server may take to end."""
START = 120
"""Seconds that it may take to start on a busy machine."""


@pytest.fixture
def home(tmp_path: Path, interview: Path) -> Path:
    """A home with a render of the whole sample shot in line."""
    home = tmp_path / "home"
    make_models(home / "models")
    save_recipe(tiny_recipe(), home / "tiny.toml")
    assert main(["--home", str(home), "jobs", "add", str(interview), "--preset", str(home / "tiny.toml")]) == 0
    return home


@contextmanager
def server(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The app at work on the job in line, and where it answers. Its log is beside the home."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "app.py", "--port", str(port), "--home", str(home), "--log-format", "json"]
    environment = os.environ | {"PHOTOPLAY_PASSWORD": ""}
    with home.with_suffix(".log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log)
    try:
        wait_until(lambda: health(port) == "ok" and frames(home) > 0, process)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def wait_until(true: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + START
    while not true():
        assert process.poll() is None and time.monotonic() < limit
        time.sleep(0.2)


def health(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return json.load(answer)["status"]
    except (urllib.error.URLError, TimeoutError):
        return ""


def events(log: str) -> list[str]:
    """What our lines say; libraries write others between them."""
    return [json.loads(line)["event"] for line in log.splitlines() if line.startswith("{")]


def frames(home: Path) -> int:
    """Finished pictures of the render."""
    return sum(1 for _ in (home / "cache").rglob("[0-9]*.png"))


def test_a_stopped_server_keeps_its_render_and_ends_in_time(home: Path) -> None:
    with server(home) as (process, address):
        stream = urllib.request.urlopen(f"{address}/gradio_api/heartbeat/abc", timeout=60)
        started, before = time.monotonic(), frames(home)
        process.send_signal(signal.SIGTERM)
        assert b"ALIVE" in stream.read(), "a page that is open is told, and keeps nobody waiting"
        assert process.wait(PROMISED - (time.monotonic() - started)) == 0
    log = home.with_suffix(".log").read_text()
    assert "Traceback" not in log and "stopping" in events(log), log
    assert frames(home) >= before
    assert not list((home / "cache").rglob(".*")), "no half file is left"
    store = Store(home / "jobs")
    (job,) = store.jobs()
    store.close()
    assert job.state == "queued" and job.crashes == 0

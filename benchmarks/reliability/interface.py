"""How quickly the web app answers 20 sessions at once while a render runs, over loopback.

Each session is a visitor of its own: a page that is open (its heartbeat), that asks how the render is once a second, as
the Render tab does, and that moves a frame slider once in five. Measured is the time until the answer to one such
request is whole, as the browser would see it.

    python benchmarks/reliability/interface.py --sessions 20 --seconds 60 --report interface.json
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
PROMISED = 0.3
"""Seconds within which 95 of 100 answers are to be whole."""
START = 180.0
"""Seconds that the app may take to start."""
SLIDE_EVERY = 5


@dataclass
class Times:
    """Seconds of every answer, by what was asked."""

    page: list[float] = field(default_factory=list[float])
    watch: list[float] = field(default_factory=list[float])
    slide: list[float] = field(default_factory=list[float])
    faults: int = 0


def main() -> int:
    """Start the app with a render in line, let the sessions work, print and keep what was measured."""
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--sessions", type=int, default=20)
    top.add_argument("--seconds", type=float, default=60)
    top.add_argument("--report", type=Path)
    options = top.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        process, address = started(home)
        try:
            times = asyncio.run(measured(address, options.sessions, options.seconds))
            state = job_state(home)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
    report: dict[str, Any] = summary(times, options.sessions, options.seconds) | {"render_after": state}
    print(json.dumps(report, indent=1))
    if options.report is not None:
        options.report.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0 if report["p95"] <= PROMISED and not times.faults else 1


def started(home: Path) -> tuple[subprocess.Popen[bytes], str]:
    """The app, answering, with a draft render of the sample shot at work."""
    shot = ROOT / "samples" / "interview" / "plate.mp4"
    add = [sys.executable, "cli.py", "--home", str(home), "jobs", "add", str(shot), "--preset", "draft"]
    subprocess.run(add, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "app.py", "--port", str(port), "--home", str(home)]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PHOTOPLAY_PASSWORD": ""})
    address, limit = f"http://127.0.0.1:{port}", time.monotonic() + START
    while time.monotonic() < limit:
        try:
            if httpx.get(f"{address}/health", timeout=5).status_code == 200:
                return process, address
        except httpx.TransportError:
            time.sleep(0.2)
    process.kill()
    raise SystemExit("The app did not start.")


async def measured(address: str, sessions: int, seconds: float) -> Times:
    """What the sessions measure together."""
    times = Times()
    limits = httpx.Limits(max_connections=sessions * 4)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
        events = (await client.get("/config")).json()["dependencies"]
        working = [session(client, events, times, number / sessions) for number in range(sessions)]
        done = asyncio.gather(*working, return_exceptions=False)
        await asyncio.wait({asyncio.ensure_future(done)}, timeout=seconds)
        done.cancel()
        await asyncio.gather(done, return_exceptions=True)
    return times


async def session(client: httpx.AsyncClient, events: list[dict[str, Any]], times: Times, offset: float) -> None:
    """One visitor: the page, then its events until the measuring ends."""
    name = secrets.token_hex(5)
    await asyncio.sleep(offset)
    started = time.perf_counter()
    await client.get("/")
    times.page.append(time.perf_counter() - started)
    watch = next(event for event in events if [target[1] for target in event["targets"]] == ["tick"])
    slide = next(event for event in events if event["api_name"] == "picture")
    load = [event for event in events if any(target[1] == "load" for target in event["targets"])]
    for event in load:
        await in_line(client, event, name)
    turn = 0
    while True:
        turn += 1
        wanted, kept = (slide, times.slide) if turn % SLIDE_EVERY == 0 else (watch, times.watch)
        started = time.perf_counter()
        given = [None, turn % 2] if wanted is slide else [""] * len(wanted["inputs"])
        body = {"data": given, "fn_index": wanted["id"], "session_hash": name, "event_data": None, "trigger_id": None}
        answer = await client.post("/gradio_api/run/predict", json=body)
        kept.append(time.perf_counter() - started)
        times.faults += answer.status_code != 200
        await asyncio.sleep(1)


async def in_line(client: httpx.AsyncClient, event: dict[str, Any], name: str) -> None:
    """An event that waits in Gradio's line, to its end."""
    body = {"data": [""] * len(event["inputs"]), "fn_index": event["id"], "session_hash": name, "event_data": None}
    await client.post("/gradio_api/queue/join", json=body | {"trigger_id": None})
    async with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": name}) as answer:
        async for line in answer.aiter_lines():
            if "close_stream" in line or "process_completed" in line:
                return


def summary(times: Times, sessions: int, seconds: float) -> dict[str, Any]:
    """Seconds at the middle, at 95 and 99 of 100, and the longest."""
    every = sorted([*times.watch, *times.slide])
    parts = {kind: percentiles(sorted(getattr(times, kind))) for kind in ("page", "watch", "slide")}
    machine = {"cores": os.cpu_count(), "load": os.getloadavg()[0], "machine": platform.machine()}
    return {"sessions": sessions, "seconds": seconds, "faults": times.faults, **percentiles(every), **parts, **machine}


def percentiles(ordered: list[float]) -> dict[str, float]:
    """What a list of seconds says."""
    if not ordered:
        return {"count": 0}
    at = {name: ordered[min(len(ordered) - 1, int(len(ordered) * part))] for name, part in SHARES.items()}
    return {"count": len(ordered), **{name: round(value, 4) for name, value in at.items()}}


SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "longest": 1.0}


def job_state(home: Path) -> str:
    """What became of the render meanwhile."""
    list_jobs = [sys.executable, "cli.py", "--home", str(home), "jobs", "list", "--json"]
    listed = subprocess.run(list_jobs, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return str(json.loads(listed)[0]["state"])


if __name__ == "__main__":
    sys.exit(main())

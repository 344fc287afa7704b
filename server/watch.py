"""Watching the server: is it well, how busy is it. Numbers in the text format that Prometheus reads."""

from __future__ import annotations

import hmac
import shutil
import sys
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from jobs.job import FOLLOWING, Job
from pipeline.errors import OutputError
from pipeline.files import atomic
from server.hosts import RELAYED, is_loopback, refusal
from server.stop import Stop
from server.visitors import address_of
from studio import Studio

VERSION = "0.1"
FRESH = 5.0
"""Seconds for which a look at the disk is good: strangers may ask for the health, and shall not wear the disk out."""
TEXT = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; 0.3 is what the interface promises."""


class Watch:
    """Counts what happens, and answers `/health` and `/metrics`."""

    def __init__(self, studio: Studio, sessions: Callable[[], int], stop: Stop, token: str) -> None:
        """sessions: how many are open. token: what a request for the metrics from elsewhere must bear; "" for none."""
        self._studio, self._stop, self._token = studio, stop, token
        self._looked, self._fault = float("-inf"), ""
        registry = self._registry = CollectorRegistry()
        self._requests = Counter("photoplay_requests", "Answered requests.", ["status"], registry=registry)
        self._seconds = Histogram(
            "photoplay_request_seconds", "Time to answer, streams left out.", registry=registry, buckets=BUCKETS
        )
        self._uploads = Counter("photoplay_uploads", "Uploads that arrived.", registry=registry)
        self._upload_bytes = Counter("photoplay_upload_bytes", "Their bytes.", registry=registry)
        registry.register(StudioNumbers(studio, sessions))

    @property
    def routes(self) -> list[Route]:
        """Where the answers are."""
        return [Route("/health", self.health), Route("/metrics", self.metrics)]

    def answered(self, status: int, seconds: float | None) -> None:
        """Count a request. seconds: None for an answer that lasts as long as the page is open."""
        self._requests.labels(str(status)).inc()
        if seconds is not None:
            self._seconds.observe(seconds)

    def uploaded(self, size: int) -> None:
        """Count an upload of so many bytes."""
        self._uploads.inc()
        self._upload_bytes.inc(size)

    def health(self, request: Request) -> Response:
        """Whether the server takes work and gets it done: 200 or 503, and no more than that."""
        status = "stopping" if self._stop.asked else self._disk() or self._consumer() or "ok"
        return JSONResponse({"status": status, "version": VERSION}, 200 if status == "ok" else 503)

    def metrics(self, request: Request) -> Response:
        """The numbers, for this machine or whoever bears the token."""
        given = request.headers.get("authorization", "").encode()
        bears = self._token != "" and hmac.compare_digest(given, f"Bearer {self._token}".encode())
        if not bears and (request.scope[RELAYED] or not is_loopback(address_of(request.scope))):
            return refusal("The metrics are for this machine, or for whoever bears the token.", 401)
        return Response(generate_latest(self._registry), media_type=TEXT)

    def _disk(self) -> str:
        now = time.monotonic()
        if now - self._looked > FRESH:
            self._fault = unwritable(self._studio)
            self._looked = now
        return self._fault

    def _consumer(self) -> str:
        return "" if self._studio.jobs.healthy else "jobs stopped"


class StudioNumbers(Collector):
    """Numbers that are asked for when somebody looks, not counted all the time."""

    def __init__(self, studio: Studio, sessions: Callable[[], int]) -> None:
        self._studio, self._sessions = studio, sessions

    def collect(self) -> Iterator[Metric]:
        """The numbers of this moment."""
        jobs = self._studio.jobs.jobs()
        states = Tally(job.state for job in jobs)
        family = GaugeMetricFamily("photoplay_jobs", "Jobs by state.", labels=["state"])
        for state in FOLLOWING:
            family.add_metric([state], states[state])
        yield family
        pace = GaugeMetricFamily("photoplay_seconds_a_frame", "Time for one frame now.", labels=["stage"])
        for stage, seconds in paces(jobs):
            pace.add_metric([stage], seconds)
        yield pace
        memory = GaugeMetricFamily("photoplay_gpu_memory_bytes", "Memory of the accelerator.", labels=["kind"])
        for kind, size in gpu_memory().items():
            memory.add_metric([kind], size)
        yield memory
        yield GaugeMetricFamily("photoplay_sessions", "Open sessions.", self._sessions())
        free = shutil.disk_usage(self._studio.home).free
        yield GaugeMetricFamily("photoplay_disk_free_bytes", "Room in the home folder.", free)


def paces(jobs: list[Job]) -> list[tuple[str, float]]:
    """The stage and pace in seconds a frame of what is at work."""
    stages = [list(job.stages.items())[-1] for job in jobs if job.state == "running" and job.stages]
    return [(name, pace) for name, stage in stages if (pace := stage.seconds_a_frame) is not None]


def gpu_memory() -> dict[str, int]:
    """Bytes used and in all, once something has begun to use the accelerator; asking does not begin it."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return {}
    free, total = torch.cuda.mem_get_info()
    return {"used": total - free, "total": total}


def unwritable(studio: Studio) -> str:
    """Why the home cannot be written, in a word; empty when it can."""
    try:
        with atomic(studio.home / "server" / "alive") as part:
            part.write_text("1", encoding="ascii")
    except (OutputError, OSError):
        return "disk not writable"
    return ""

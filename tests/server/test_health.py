"""Health says what keeps work from being done."""

from __future__ import annotations

import shutil
from pathlib import Path

from starlette.applications import Starlette
from starlette.testclient import TestClient

from server.stop import Stop
from server.watch import Watch
from studio import Studio


def test_health_tells_what_keeps_work_from_being_done(tmp_path: Path) -> None:
    with Studio(tmp_path, "cpu") as studio:
        stop = Stop()

        def status() -> str:
            answer = TestClient(Starlette(routes=Watch(studio, lambda: 0, stop, "").routes)).get("/health")
            assert (answer.status_code == 200) == (answer.json()["status"] == "ok")
            return answer.json()["status"]

        assert status() == "jobs stopped"
        studio.start()
        assert status() == "ok"
        shutil.rmtree(tmp_path / "server")
        (tmp_path / "server").write_text("in the way")
        assert status() == "disk not writable"
        stop.asked = True
        assert status() == "stopping"

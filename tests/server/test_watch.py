"""Health, numbers and the log: true, short, and without secrets."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from jobs.executor import Request
from server.log import AUDIT_FILES, Audit, configure, tell
from server.log import requests as requests_log
from tests.server.conftest import House, house_in


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """Logging as the tests have it, after the test."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


def numbers(text: str) -> dict[str, float]:
    """The samples of a metrics answer: name and labels -> value."""
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {f"{sample.name}{sorted(sample.labels.items())}": sample.value for sample in samples}


def test_health_is_open_and_says_no_more_than_that(house: House) -> None:
    answer = house.visitor().get("/health")
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "version"} and answer.json()["status"] == "ok"


def test_the_numbers_are_true(house: House) -> None:
    ava = house.visitor("ava")
    ava.post("/gradio_api/upload", files={"files": ("a.mp4", b"0" * 1000)})
    house.studio.jobs.submit(Request("unknown kind", {}, "somebody", 20))
    found = numbers(house.visitor().get("/metrics").text)
    assert found["photoplay_uploads_total[]"] >= 1 and found["photoplay_upload_bytes_total[]"] >= 1000
    assert found["photoplay_sessions[]"] >= 1 and found["photoplay_disk_free_bytes[]"] > 0
    assert sum(value for name, value in found.items() if name.startswith("photoplay_jobs")) == 1
    before = found.get("photoplay_requests_total[('status', '401')]", 0)
    house.visitor().get("/nowhere")
    again = numbers(house.visitor().get("/metrics").text)
    assert again["photoplay_requests_total[('status', '401')]"] == before + 1


def test_the_numbers_are_for_this_machine_or_whoever_bears_the_token(tmp_path: Path) -> None:
    with house_in(tmp_path / "public", host="0.0.0.0") as house:
        here, away = house.visitor(), TestClient(house.client.app, "http://192.0.2.1", client=("192.0.2.9", 1))
        away.portal = house.client.portal
        bears = {"authorization": "Bearer a token"}
        assert here.get("/metrics").status_code == 200
        assert here.get("/metrics", headers={"x-forwarded-for": "192.0.2.9"}).status_code == 401
        assert away.get("/metrics").status_code == 401
        assert away.get("/metrics", headers={"authorization": "Bearer another"}).status_code == 401
        assert away.get("/metrics", headers=bears).status_code == 200


@pytest.mark.usefixtures("logging_restored")
def test_lines_for_machines_are_json_with_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json")
    tell("upload", size=7, name='a "b"')
    requests_log.info("request", extra={"fields": {"status": 200}})
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line.pop("time")[-1] for line in lines] == ["Z", "Z"]
    assert lines == [
        {"level": "info", "event": "upload", "size": 7, "name": 'a "b"'},
        {"level": "info", "event": "request", "status": 200},
    ]


@pytest.mark.usefixtures("logging_restored")
def test_lines_for_people_leave_the_ordinary_requests_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure("text")
    tell("stopping", signal="SIGTERM")
    requests_log.info("request", extra={"fields": {"status": 200}})
    requests_log.error("request", extra={"fields": {"status": 500}})
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["info stopping signal=SIGTERM", "error request status=500"]


def test_the_audit_trail_is_private_and_is_turned_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.log.AUDIT_SIZE", 1000)
    audit = Audit(tmp_path / "audit.jsonl")
    for number in range(200):
        audit.note("sign-in", user=str(number))
    audit.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) == AUDIT_FILES + 1
    assert all(path.stat().st_mode & 0o077 == 0 and path.stat().st_size <= 1000 for path in files)
    assert json.loads((tmp_path / "audit.jsonl").read_text().splitlines()[-1])["user"] == "199"


@pytest.mark.usefixtures("logging_restored")
def test_an_audit_line_that_is_lost_is_said_and_stops_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("text")
    audit = Audit(tmp_path / "audit.jsonl")
    vars(audit)["_file"].stream = io.TextIOWrapper(open("/dev/full", "wb", buffering=0), write_through=True)  # noqa: SIM115
    audit.note("sign-in", user="ava")
    said = capsys.readouterr().err
    assert "audit line lost" in said and "No space left" in said and "Traceback" not in said

"""What is told while the app runs: lines for people or for machines, and an audit trail of who did what."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Literal

from pipeline.files import explained

Format = Literal["text", "json"]
Field = str | int | float | bool | None

AUDIT_SIZE, AUDIT_FILES = 10_000_000, 5
"""Bytes of one audit file, and how many older ones are kept."""

log = logging.getLogger("photoplay")
requests = logging.getLogger("photoplay.request")


def tell(event: str, level: int = logging.INFO, **fields: Field) -> None:
    """Write one line to the log. Fields never hold passwords, tokens or cookies."""
    log.log(level, event, extra={"fields": fields})


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, event, and the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {"time": _utc(record.created), "level": record.levelname.lower()}
        line |= {"event": record.getMessage(), **getattr(record, "fields", {})}
        if record.exc_info:
            line["fault"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class TextLines(logging.Formatter):
    """One line for people: time, level, event, fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the fault below it."""
        fields = " ".join(f"{name}={value}" for name, value in getattr(record, "fields", {}).items())
        text = f"{_utc(record.created)} {record.levelname.lower()} {record.getMessage()} {fields}".rstrip()
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def configure(form: Format) -> None:
    """Send all logging of this program to standard error.

    Single requests are told in the form for machines; in the form for people only those that went wrong.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    log.setLevel(logging.INFO)
    requests.setLevel(logging.INFO if form == "json" else logging.WARNING)


class Audit:
    """Who did what, as JSON lines in a file that only this user of the machine can read. Turned over by size."""

    def __init__(self, path: Path) -> None:
        """Open the file, or begin it. Raises NotWritable."""
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = PrivateFile(path, maxBytes=AUDIT_SIZE, backupCount=AUDIT_FILES, encoding="utf-8")
        self._file.setFormatter(JsonLines())

    def note(self, event: str, **fields: Field) -> None:
        """Write one line. A disk that refuses it is told in the log and stops nobody."""
        record = logging.makeLogRecord({"name": "audit", "levelname": "INFO", "msg": event, "fields": fields})
        self._file.handle(record)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class PrivateFile(RotatingFileHandler):
    """A log file with access for its owner alone, whose faults are told in one line."""

    def _open(self) -> TextIOWrapper:
        stream = super()._open()
        os.fchmod(stream.fileno(), 0o600)
        return stream

    def handleError(self, record: logging.LogRecord) -> None:
        """Say that a line was lost."""
        tell("audit line lost", logging.ERROR, lost=record.getMessage(), reason=str(sys.exc_info()[1]))


def _utc(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"

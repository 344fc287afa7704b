"""Between a job and its row in the store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from jobs.job import Job, Reached, Reason, Room, Stages, State, Wish


def job_of(row: sqlite3.Row) -> Job:
    """The job in a row."""
    values: dict[str, Any] = dict(row)
    stages = cast(dict[str, dict[str, Any]], json.loads(values["stages"]))
    return Job(
        id=values["id"],
        kind=values["kind"],
        spec=json.loads(values["spec"]),
        owner=values["owner"],
        priority=values["priority"],
        created=values["created"],
        state=cast(State, values["state"]),
        started=values["started"],
        finished=values["finished"],
        attempt=values["attempt"],
        crashes=values["crashes"],
        refusals=values["refusals"],
        stages={name: Reached(**reached) for name, reached in stages.items()},
        reason=_reason_of(values),
        wish=cast(Wish | None, values["wish"]),
    )


def _reason_of(values: Mapping[str, Any]) -> Reason | None:
    if values["message"] is None:
        return None
    room = None if values["place"] is None else Room(values["place"], values["need"])
    return Reason(values["message"], values["hint"], room)


def columns_of(reason: Reason | None) -> tuple[str | None, str, str | None, int]:
    """A reason as the columns message, hint, place and need."""
    if reason is None:
        return None, "", None, 0
    place, need = (None, 0) if reason.room is None else (reason.room.place, reason.room.need)
    return reason.message, reason.hint, place, need


def text_of(stages: Stages) -> str:
    """How far a job is, as the store keeps it."""
    return json.dumps({name: asdict(reached) for name, reached in stages.items()})


def frames_done(stages: Stages) -> int:
    """Frames done over all stages: the measure of how far an attempt has come."""
    return sum(reached.done for reached in stages.values())

"""Whether a place can be written again: looked at from time to time for the jobs that wait for it."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from jobs.job import Job, Room
from jobs.pace import Pace
from pipeline.files import LITTLE, part_of


def next_look(job: Job, pace: Pace) -> float:
    """When to look again whether a job that is paused for lack of room may go on, in seconds since the epoch.

    The time doubles with each pause in which the job got no further, so that a place that only seems to have room is
    tried less and less often.
    """
    return (job.finished or 0.0) + min(pace.check * 2 ** max(job.refusals - 1, 0), pace.longest_check)


def is_there(room: Room) -> bool:
    """Whether that much is free, and its first mebibyte can really be written: a quota shows only then."""
    place = Path(room.place).absolute()
    folder = next(path for path in (place, *place.parents) if path.is_dir())
    part = part_of(folder / "room")
    try:
        if shutil.disk_usage(folder).free < room.need:
            return False
        with part.open("wb") as file:
            file.write(os.urandom(min(room.need, LITTLE)))
            file.flush()
            os.fsync(file.fileno())
        return True
    except OSError:
        return False
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)

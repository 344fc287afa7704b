"""The commands `python cli.py jobs ...`: put renders in line, look at them, and carry them out without the web app."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from commands.asked import asked_frames, asked_shot

if TYPE_CHECKING:
    from jobs.job import Job
    from studio import Studio

LOOK = 0.5
"""Seconds between two looks at the jobs while they are carried out."""
OWNER = "local"
"""Whose jobs are meant unless told otherwise: those of whoever sits at this machine."""

Open = Callable[[argparse.Namespace], "Studio"]
"""Opens the studio of the home that the options name."""


def add_commands(jobs: argparse.ArgumentParser, add_look: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the commands to the parser of `jobs`. add_look: adds the options that say what to render, and how."""
    commands = jobs.add_subparsers(required=True, metavar="COMMAND")
    add = commands.add_parser("add", help="put a render in line")
    add_look(add)
    add.add_argument("--out", type=Path, help="folder for the result; the shot's next version in the home unless given")
    add.add_argument("--frames", help="FIRST-LAST, counted from 0, both included; all frames unless given")
    add.set_defaults(job_command=_add)

    run = commands.add_parser("run", help="carry out what is in line, here and now, and end when nothing is left")
    run.set_defaults(job_command=_run)
    listed = commands.add_parser("list", help="list all jobs, oldest first")
    listed.add_argument("--everyone", action="store_true", help="list the jobs of all users of the web app too")
    listed.set_defaults(job_command=_list)
    gc = commands.add_parser("gc", help="clear away frames used longest ago and uploads left over; deliveries stay")
    gc.add_argument("--keep", type=float, metavar="GB", help="how much to leave; what limits.toml says unless given")
    gc.set_defaults(job_command=_gc)

    for name, (verb, text) in VERBS.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("job", help="the job's id, or the beginning of it")
        command.set_defaults(job_command=verb)
    for name, command in commands.choices.items():
        command.add_argument("--json", action="store_true", help="print the result as JSON")
        if name not in ("run", "gc"):
            command.add_argument("--owner", default=OWNER, metavar="USER", help="a user of the web app, by their id")


def run(options: argparse.Namespace, open_studio: Open, stop: Event) -> int:
    """Carry out one of the commands. stop: set when the person interrupts it. Returns 0. Raises PhotoplayError."""
    with open_studio(options) as studio:
        options.stop = stop
        options.job_command(studio, options)
    return 0


def _add(studio: Studio, options: argparse.Namespace) -> None:
    recipe = studio.recipe(options.preset, options.set)
    shot = asked_shot(studio, options)
    frames = asked_frames(options, shot)
    _print([studio.renders.submit(options.owner, shot, recipe, frames, options.out)], options)


def _run(studio: Studio, options: argparse.Namespace) -> None:
    studio.start()
    told = dict[str, str]()
    while not options.stop.wait(LOOK):
        jobs = studio.jobs.jobs()
        for job in jobs:
            line = _line(job)
            if told.get(job.id, line) != line or (job.state == "running" and job.id not in told):
                print(line, file=sys.stderr, flush=True)
            told[job.id] = line
        if not any(job.state in ("queued", "running") for job in jobs):
            return


def _list(studio: Studio, options: argparse.Namespace) -> None:
    _print(studio.jobs.jobs(None if options.everyone else options.owner), options)


def _gc(studio: Studio, options: argparse.Namespace) -> None:
    keep = studio.rooms.limits.cache_gigabytes if options.keep is None else options.keep
    cleared = studio.clear_cache(round(keep * 1e9))
    if options.json:
        print(json.dumps(asdict(cleared)))
    else:
        print(f"{cleared.freed / 1e9:.2f} GB cleared away, {cleared.left / 1e9:.2f} GB of finished frames are left.")


def _show(studio: Studio, options: argparse.Namespace) -> None:
    _print([_named(studio, options)], options)


def _cancel(studio: Studio, options: argparse.Namespace) -> None:
    studio.jobs_of(options.owner).cancel(_named(studio, options).id)
    _show(studio, options)


def _pause(studio: Studio, options: argparse.Namespace) -> None:
    studio.jobs_of(options.owner).pause(_named(studio, options).id)
    _show(studio, options)


def _resume(studio: Studio, options: argparse.Namespace) -> None:
    _print([studio.renders.go_on(options.owner, _named(studio, options).id)], options)


def _remove(studio: Studio, options: argparse.Namespace) -> None:
    job = _named(studio, options)
    studio.jobs_of(options.owner).remove(job.id)
    _print([job], options)


VERBS = {
    "show": (_show, "look at one job"),
    "pause": (_pause, "stop a job until it is resumed"),
    "cancel": (_cancel, "end a job; finished frames stay"),
    "resume": (_resume, "put a paused, failed or cancelled job back in line"),
    "remove": (_remove, "forget a job that is not at work; its files stay"),
}
"""Command -> what it does with one job, and its help."""


def _named(studio: Studio, options: argparse.Namespace) -> Job:
    from jobs.job import JobError

    found = [job for job in studio.jobs_of(options.owner).jobs() if job.id.startswith(options.job)]
    if len(found) != 1:
        raise JobError(f"{len(found) or 'No'} jobs begin with {options.job!r}.", "See `python cli.py jobs list`.")
    return found[0]


def _print(jobs: list[Job], options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps([asdict(job) for job in jobs], indent=1))
        return
    for job in jobs:
        print(_line(job))
        if job.reason is not None:
            print(f"{'':9}{job.reason.message} {job.reason.hint}")


def _line(job: Job) -> str:
    added = time.strftime("%Y-%m-%d %H:%M", time.localtime(job.created))
    stage = next(reversed(list(job.stages.items())), None)
    far = "" if stage is None else f"{stage[0]} {stage[1].done} of {stage[1].total}"
    whose = "" if job.owner == OWNER else f"{job.owner}: "
    return f"{job.id[:8]} {job.state:10}{added}  {far:24} {whose}{job.spec.get('out', job.kind)}"

"""The one door for files of strangers: their size and kind are looked at here, their content in a cell."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.errors import RefusedFile
from workspaces.intake.kinds import Kind, kind_of
from workspaces.limits import GB, Limits

ROOT = Path(__file__).parents[2]
ANYTHING, FRAMES = "anything", "frames"
"""What files are to be used as: each as what it is, or all as frames of sequences."""
BATCH = 48
"""Frames that one cell looks at; a new one costs about half a second."""
REFUSED = 2
"""Exit code of the cell when the answer on its standard output says why the file is refused."""
AGAIN = "Export it again in a common format, for instance mp4, PNG or safetensors."
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""Of the cell: few threads and heaps, because each of them takes addresses, and nothing written."""

Check = Callable[[Path, Limits], None]
"""Looks at the content of a file of one kind. Raises RefusedFile or FootageError."""


def check_file(path: Path, limits: Limits) -> Kind:
    """What a file is, once it is certain that it may be opened here. Raises RefusedFile.

    Nothing in the file is run, no other file is opened for it, and no address is asked.
    """
    if path.is_symlink() or not path.is_file():
        raise RefusedFile(f"{path.name} is not a file.", "Choose a file.")
    size = path.stat().st_size
    if size > limits.upload_gigabytes * GB:
        raise RefusedFile(f"{path.name} is larger than {limits.upload_gigabytes:g} GB.", "Cut it into parts.")
    kind = kind_of(path)
    _look_in_cell(ANYTHING, [path], limits)
    return kind


def check_frames(paths: Sequence[Path], limits: Limits) -> None:
    """Raise RefusedFile unless all of these can be read as frames of a sequence, or are lists in JSON beside them.

    They are read as a render reads them, by the same decoders.
    """
    for at in range(0, len(paths), BATCH):
        _look_in_cell(FRAMES, paths[at : at + BATCH], limits)


def checker(kind: Kind, frames: bool = False) -> Check:
    """What looks at the content of this kind of file, with its libraries loaded. frames: it is to be one of those."""
    if frames:
        from workspaces.intake.frame import check_beside, check_frame

        return check_beside if kind == "list" else check_frame
    if kind == "video":
        from workspaces.intake.video import check_video as check
    elif kind == "picture":
        from workspaces.intake.picture import check_picture as check
    elif kind == "archive":
        from workspaces.intake.archive import check_archive as check
    elif kind == "weights":
        from workspaces.intake.weights import check_weights as check
    elif kind == "list":
        from workspaces.intake.frame import check_beside as check
    else:
        from workspaces.intake.preset import check_preset as check
    return check


def _look_in_cell(use: str, paths: Sequence[Path], limits: Limits) -> None:
    name = paths[0].name if len(paths) == 1 else f"One of {paths[0].name} to {paths[-1].name}"
    names = [str(path.absolute()) for path in paths]
    command = [sys.executable, "-m", "workspaces.intake.cell", use, limits.model_dump_json(), *names]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limits.check_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RefusedFile(f"{name} takes too long to read.", AGAIN) from error
    if done.returncode == REFUSED:
        told = json.loads(done.stdout)
        raise RefusedFile(told["message"], told["hint"])
    if done.returncode in (-signal.SIGTERM, -signal.SIGINT):
        raise RefusedFile(f"Looking at {name} was broken off.", "Hand it in again.")
    if done.returncode:
        raise RefusedFile(f"{name} cannot be read safely.", AGAIN)

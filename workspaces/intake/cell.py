"""A program of its own that looks at one file or several, with bounded memory and without a right to write.

Decoders have faults that a crafted file can set off. Here such a file ends this program, and nothing else.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

from pipeline.errors import PhotoplayError
from workspaces.intake.door import FRAMES, REFUSED, checker
from workspaces.intake.kinds import kind_of
from workspaces.limits import Limits

MEMORY = 1 << 30
"""Bytes of addresses beyond what the libraries take. A frame of 8K takes 50 MB, and a decoder keeps up to 16."""

CORES = 2
"""Decoders start a thread for every core they see, and each takes addresses."""


def main(use: str, limits: str, *names: str) -> int:
    """Check files. Returns the exit code: 0 they are all right, 2 one is refused, and why is printed.

    use: "frames" when they are to be frames of a sequence. The libraries for all of them are loaded before the memory
    is bounded.
    """
    paths = [Path(name) for name in names]
    try:
        checks = {path: checker(kind_of(path), use == FRAMES) for path in paths}
        _confine()
        for path, check in checks.items():
            check(path, Limits.model_validate_json(limits))
    except PhotoplayError as error:
        print(json.dumps({"message": error.message, "hint": error.hint}))
        return REFUSED
    return 0


def _confine() -> None:
    """From here on this program writes no files, and takes up at most MEMORY more than it has now."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

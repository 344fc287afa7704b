"""What signals do: the first begins the end and sets its limit, the second one is the end."""

from __future__ import annotations

import signal
import subprocess
import sys

from tests.conftest import ROOT

AT_WORK = """
import os, signal, sys, time
from server import log, stop

log.configure("text")
stop.PATIENCE = float(sys.argv[1])
asked = stop.Stop()
asked.listen()
for number in sys.argv[2:]:
    os.kill(os.getpid(), int(number))
time.sleep(60)
"""


def ended(patience: float, *signals: int) -> tuple[int, str]:
    """A program that is busy and gets these signals: its exit code, and what it said."""
    command = [sys.executable, "-c", AT_WORK, str(patience), *(str(int(number)) for number in signals)]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=50)
    return done.returncode, done.stderr


def test_work_that_takes_too_long_is_left_for_the_next_start() -> None:
    code, said = ended(0.2, signal.SIGTERM)
    assert code == 0 and "stopping signal=SIGTERM" in said and "made anew at the next start" in said


def test_a_second_signal_ends_it_at_once() -> None:
    code, said = ended(50, signal.SIGTERM, signal.SIGINT)
    assert code == 1 and "stopping at once" in said

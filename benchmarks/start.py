"""From nothing to a usable page: how long the web app takes to start, and what it is busy with until then.

    python benchmarks/start.py [--repeat 3] [--out benchmarks/results/start.json]

A fresh home and a browser that is open already (Chromium, as in the browser tests). `up` is when the server answers,
`usable` when the page shows its first shot. `processor` is what the server alone has used by then: the figure to look
at where other programs use the machine. Then what importing the page costs, by library, from `python -X importtime`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGE = "import app, server.site, ui.layout, ui.runs, server.sharing, ui.shared, ui.theme"
SHOWN = 16
"""Libraries that are written down."""


@dataclass(frozen=True)
class Start:
    """Seconds: until the server answers, until the page can be used, and of processor time of the server by then."""

    up: float
    usable: float
    processor: float


def main() -> int:
    """Start some times, print and write the medians and the imports."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--out", type=Path, default=None)
    chosen = parser.parse_args()

    from playwright.sync_api import sync_playwright

    from benchmarks.loops.facts import facts, tell
    from tests.browser.conftest import FLAGS

    program, starts = shutil.which("chromium"), list[Start]()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="photoplay-start-") as folder:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS)
        for turn in range(chosen.repeat):
            starts.append(started(browser, Path(folder) / f"home-{turn}"))
            print(starts[-1], flush=True)
        browser.close()
    medians = {name: round(statistics.median(getattr(one, name) for one in starts), 2) for name in asdict(starts[0])}
    tell(facts() | medians | {"milliseconds_of_imports": imports()}, chosen.out)
    return 0


def started(browser: Browser, home: Path) -> Start:
    """Start the app with this home, open the page, and end both."""
    from tests.browser.conftest import PATIENCE, opened, running

    began = time.perf_counter()
    with running(home) as app:
        up = time.perf_counter() - began
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        opened(page, app)
        usable = time.perf_counter() - began
        used = processor_seconds(app.process.pid)
        page.close()
    return Start(up, usable, used)


def processor_seconds(process: int) -> float:
    """Of a running process, so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def imports() -> dict[str, float]:
    """Milliseconds that the modules of each library take to import, their own time alone; the largest first."""
    command = [sys.executable, "-X", "importtime", "-c", PAGE]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    spent = Counter[str]()
    for line in told.splitlines():
        own, _, module = line.removeprefix("import time:").partition("|")
        if own.strip().isdigit():
            spent[module.rpartition("|")[2].strip().partition(".")[0]] += int(own)
    return {library: round(micro / 1000, 1) for library, micro in spent.most_common(SHOWN)}


if __name__ == "__main__":
    sys.exit(main())

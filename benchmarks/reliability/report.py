"""REPORT.md from the results of all benchmarks of reliability.

python benchmarks/reliability/report.py [FOLDER]
"""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from outcome import RESULTS

HEAD = """# Reliability, measured

Written by `make reliability`, which does all of this again. Every figure with a limit is inside it unless it says *no*;
a run that falls short ends with an error. The short forms are in `tests/jobs`, `tests/engine/test_memory.py` and
`tests/render/test_durable.py`.

Machine: {machine}.
"""


def page(folder: Path) -> str:
    """The report on all results in `folder`, in Markdown."""
    results = [_read(path) for path in sorted(folder.glob("*.json"))]
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return "\n".join([HEAD.format(machine=machine), *map(_section, results)])


def _read(path: Path) -> dict[str, Any]:
    """A result; one that is plain figures by name, whose script itself knows their limits, in the same form."""
    found = json.loads(path.read_text(encoding="utf-8"))
    if "figures" in found:
        return found
    figures = [{"name": name, "value": value, "limit": "", "met": True} for name, value in found.items()]
    return {"title": path.stem.capitalize(), "how": f"See `{path.stem}.py`.", "seconds": None, "figures": figures}


def _section(result: dict[str, Any]) -> str:
    rows = [_row(figure) for figure in result["figures"]]
    seconds = "" if result["seconds"] is None else f" {result['seconds']:.0f} seconds."
    head = [f"## {result['title']}", "", f"{result['how']}{seconds}", ""]
    return "\n".join([*head, "| figure | value | limit | met |", "|---|---|---|---|", *rows, ""])


def _row(figure: dict[str, Any]) -> str:
    met = "" if not figure["limit"] else "yes" if figure["met"] else "**no**"
    value = f"{figure['value']:,}" if isinstance(figure["value"], (int, float)) else str(figure["value"])
    return f"| {figure['name']} | {value} | {figure['limit']} | {met} |"


if __name__ == "__main__":
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS
    (source.parent / "REPORT.md").write_text(page(source), encoding="utf-8")

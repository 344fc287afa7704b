"""The figures of speed as one picture: the ladder, and how the ratio to the stock loop has changed from run to run.

    python benchmarks/plot.py [--results benchmarks/results] [--out docs/speed.svg]

Reads ladder.json and every speed-*.json in the order of their names, which begin with the date.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).parents[1]
WIDTH, LABELS, ROW = 760, 290, 26
INK, SOFT, BAR = "#222", "#888", "#3b6ea5"

Bar = tuple[str, float, str]
"""A label, a value, and what stands behind the bar."""


def main() -> int:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "speed.svg")
    chosen = parser.parse_args()
    ladder = json.loads((chosen.results / "ladder.json").read_text())["body"]
    steps: list[Bar] = [(name, row["measured"], f"{row['measured']:.2f}") for name, row in ladder.items()]
    runs = list(trend(sorted(chosen.results.glob("speed-*.json"))))
    groups = (("Body pass, times the stock loop: measured", steps), ("Both passes, times the stock loop: runs", runs))
    chosen.out.write_text(drawn(groups), encoding="utf-8")
    print(chosen.out)
    return 0


def trend(files: Iterable[Path]) -> Iterator[Bar]:
    """A bar for every run: the median of its pairs, by processor time."""
    for file in files:
        found = json.loads(file.read_text())["exact"]["body_face"]
        ratio = found["cpu_ratio_median"]
        yield file.stem.removeprefix("speed-"), ratio, f"{ratio:.2f}"


def drawn(groups: Iterable[tuple[str, list[Bar]]]) -> str:
    """Bars below each other, as SVG."""
    parts, y = list[str](), 10
    for title, bars in groups:
        y += ROW
        parts.append(f'<text x="10" y="{y}" font-weight="bold" fill="{INK}">{escape(title)}</text>')
        longest = max((value for _, value, _ in bars), default=1)
        for label, value, told in bars:
            y += ROW
            length = (WIDTH - LABELS - 70) * value / longest
            parts.append(f'<text x="{LABELS - 10}" y="{y}" text-anchor="end" fill="{INK}">{escape(label)}</text>')
            parts.append(f'<rect x="{LABELS}" y="{y - 14}" width="{length:.1f}" height="18" fill="{BAR}"/>')
            parts.append(f'<text x="{LABELS + length + 6:.1f}" y="{y}" fill="{SOFT}">{escape(told)}</text>')
        y += ROW // 2
    style = 'font-family="sans-serif" font-size="13"'
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 10}" {style}>'
    return "\n".join((frame, '<rect width="100%" height="100%" fill="#fff"/>', *parts, "</svg>", ""))


if __name__ == "__main__":
    sys.exit(main())

"""How steady every temporal mode is, and what it costs in detail and in acting: mode x shot x region.

    python benchmarks/steadiness.py [--frames interview=48-79 --frames stairwell=32-63] [--mode NAME] [--home DIR]

Renders both sample shots with the draft preset in each mode and measures the composite as it is before it is encoded:
flicker of render and plate (root mean square in levels of 255 along the plate's motion, after a 3-px low-pass), detail,
and the correlation of the face's curves with the plate's. `--json FILE` keeps the figures; modes that are not measured
this time keep the figures that FILE has. `--page docs/steadiness.md` writes its table, and slit scans and a short clip
beside it. Rendered frames are kept in HOME, so that a second run renders nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from pipeline.clip.shot import Shot
    from pipeline.frames import FrameRange, Picture
    from pipeline.render import Tools

FRAMES = {"interview": "48-79", "stairwell": "32-63"}
MODES = {
    "every frame alone": (),
    "steadied, 16 frames": ("steady={reach=16}",),
    "steadied, 24 frames": ("steady={reach=24}",),
    "steadied, 32 frames": ("steady={reach=32}",),
    "steadied, 48 frames": ("steady={reach=48}",),
    "steadied, 4 frames": ("steady={reach=4}",),
    "new noise per frame": ('noise="per_frame"',),
    "guided start": ('temporal={kind="guided_start"}',),
    "propagated": ('temporal={kind="propagated"}',),
    "warped noise": ('noise="warped"',),
    "shared attention": ('temporal={kind="shared_attention"}',),
    "guided start, steadied": ('temporal={kind="guided_start"}', "steady={reach=16}"),
    "propagated, steadied": ('temporal={kind="propagated"}', "steady={reach=16}"),
}
ALONE, SHOWN = "every frame alone", "steadied, 16 frames"
BEGIN, END = "<!-- table: benchmarks/steadiness.py -->", "<!-- end of table -->"
Figures = dict[str, Any]


def rendered(tools: Tools, shot: Shot, frames: FrameRange, mode: str) -> tuple[list[Picture], list[Picture]]:
    """Plate and composite of the frames in a mode."""
    from pipeline.clip.read import read_frames
    from pipeline.composite.over import over
    from pipeline.engine.engine import Priority
    from pipeline.plan import plan_render
    from pipeline.progress import Progress
    from pipeline.recipe.load import changed, load_recipe
    from pipeline.render import finish_passes
    from pipeline.work import open_work

    recipe = load_recipe(ROOT / "presets" / "draft.toml")
    changes = [f"passes.{spec.name}.{change}" for spec in recipe.passes for change in MODES[mode]]
    plan = plan_render(shot, changed(recipe, changes), tools.models, tools.cache)
    plates: list[Picture] = []
    composites: list[Picture] = []
    with open_work(plan, tools.engine, Priority.RENDER, Progress()) as work:
        finish_passes(work, frames, Progress())
        for frame in read_frames(shot, frames):
            plates.append(frame.pixels)
            composites.append(over(frame.pixels, work.layers(frame)))
    return plates, composites


def figures(shot: Shot, frames: FrameRange, plates: Sequence[Picture], composites: Sequence[Picture]) -> Figures:
    """What is measured of one render: by region flicker, its ratio to the plate's, detail; and the face's curves."""
    from pipeline.measure.aids import NOTHING_KNOWN
    from pipeline.measure.ceiling import ceiling_copy
    from pipeline.measure.meters import Meters
    from pipeline.measure.whom import whom
    from pipeline.progress import Progress

    people = whom(shot, frames, NOTHING_KNOWN, Progress())
    with Meters(NOTHING_KNOWN) as meters:
        for number, plate, composite in zip(frames, plates, composites, strict=True):
            clips = (plate, composite, ceiling_copy(plate, number))
            meters.step(number, clips, people.at(number), number in people.cuts)
        seen, acting = meters.pictures(), meters.performance()
    regions: Figures = {}
    for flicker, detail, texture in zip(seen.flicker, seen.detail, seen.texture, strict=True):
        if flicker.plate and flicker.render is not None:
            regions[flicker.region] = {
                "plate": flicker.plate,
                "render": flicker.render,
                "ratio": flicker.render / flicker.plate,
                "detail": detail.figure.value,
                "texture": texture.figure.value,
            }
    curves = {curve.name: curve.timing.value for curve in acting.curves if curve.timing.value is not None}
    return {"frames": f"{frames.first}-{frames.last}", "regions": regions, "curves": curves}


def table(results: Figures) -> str:
    """The figures as a Markdown table: one row for each shot, mode and region."""
    lines = ["| shot | mode | region | flicker | of the plate's | detail | of alone | texture | acting kept |"]
    lines.append("|---|---|---|---|---|---|---|---|---|")
    for shot, modes in results.items():
        for mode in (mode for mode in MODES if mode in modes):
            curves = ", ".join(f"{name} {value:.2f}" for name, value in modes[mode]["curves"].items())
            for index, (region, one) in enumerate(modes[mode]["regions"].items()):
                alone = modes[ALONE]["regions"][region]["detail"] if ALONE in modes else None
                share = f"{one['detail'] / alone:.2f}" if alone and one["detail"] is not None else ""
                numbers = (one["render"], one["ratio"], one["detail"])
                shown = " | ".join("" if value is None else f"{value:.2f}" for value in numbers)
                texture = "" if one["texture"] is None else f"{one['texture']:.2f}"
                first = f"{shot} | {mode}" if index == 0 else " | "
                lines.append(f"| {first} | {region} | {shown} | {share} | {texture} | {'' if index else curves} |")
    return "\n".join(lines)


def write_slit_scan(path: Path, versions: Sequence[Sequence[Picture]]) -> None:
    """One column of every version over time, one below the other: flicker is seen as stripes along time."""
    import cv2
    import numpy as np

    column = versions[0][0].shape[1] // 2
    scans = [np.stack([picture[:, column] for picture in pictures], axis=1) for pictures in versions]
    wide = [cv2.resize(scan, (640, 180), interpolation=cv2.INTER_NEAREST) for scan in scans]
    cv2.imwrite(str(path), np.concatenate(wide)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])


def write_clip(path: Path, versions: Sequence[Sequence[Picture]]) -> None:
    """The versions side by side, as a small animated picture that every browser shows."""
    import cv2
    import numpy as np
    from PIL import Image

    size = (320, 180)
    rows = [
        np.concatenate([cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in pictures], axis=1)
        for pictures in zip(*versions, strict=True)
    ]
    first, *others = (Image.fromarray(row) for row in rows)
    first.save(path, save_all=True, append_images=others, duration=42, loop=0, quality=40, method=6)


def main() -> int:
    """Render and measure; print the table, keep figures and page when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", action="append", default=[], help="SHOT=FIRST-LAST")
    parser.add_argument("--mode", action="append", choices=MODES, help="only this mode; may be given several times")
    parser.add_argument("--home", type=Path, default=ROOT / "workspace")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()

    from pipeline.clip.probe import probe
    from pipeline.engine.engine import Engine
    from pipeline.frames import FrameRange
    from pipeline.models.store import ModelStore
    from pipeline.render import Tools

    known = json.loads(options.json.read_text()) if options.json and options.json.exists() else {}
    results: Figures = {shot: known.get(shot, {}) for shot in FRAMES}
    pictures: dict[tuple[str, str], tuple[list[Picture], list[Picture]]] = {}
    ranges = FRAMES | dict(pair.split("=") for pair in options.frames)
    with Engine() as engine:
        tools = Tools(engine, ModelStore(options.home / "models"), options.home / "cache")
        for mode in options.mode or MODES:
            for name in FRAMES:
                shot = probe(ROOT / "samples" / name / "plate.mp4")
                frames = FrameRange.parse(ranges[name])
                pictures[name, mode] = rendered(tools, shot, frames, mode)
                results[name][mode] = figures(shot, frames, *pictures[name, mode])
                print(name, mode, json.dumps(results[name][mode]), flush=True)
                if options.json:
                    options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(table(results))
    if options.page:
        text = options.page.read_text(encoding="utf-8")
        head, tail = text.split(BEGIN)[0], text.split(END)[1]
        options.page.write_text(f"{head}{BEGIN}\n{table(results)}\n{END}{tail}", encoding="utf-8")
        for name in (name for name in FRAMES if {(name, ALONE), (name, SHOWN)} <= pictures.keys()):
            versions = [pictures[name, ALONE][0], pictures[name, ALONE][1], pictures[name, SHOWN][1]]
            write_slit_scan(options.page.with_name(f"steadiness-{name}.jpg"), versions)
            write_clip(options.page.with_name(f"steadiness-{name}.webp"), versions)
    return 0


if __name__ == "__main__":
    sys.exit(main())

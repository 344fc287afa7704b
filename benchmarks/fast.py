"""What a fast preset costs: the same frames by it and by the preset that it stands for, side by side.

    python benchmarks/fast.py [--exact draft] [--fast draft-fast] [--frames 40-55] [--home DIR]
                              [--out benchmarks/results/fast-draft.json] [--picture docs/draft-fast.jpg]

Renders the sample shot with both, measures both, and compares them picture by picture: PSNR of the fast frames to the
exact ones over the whole frame and in the face's matte, in dB. Frames that are finished in HOME are used again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from pipeline.frames import FrameRange, Picture
    from pipeline.render import Rendered
    from studio import Studio

SAMPLE = ROOT / "samples" / "interview" / "plate.mp4"
SHOWN = 4
"""Which of the frames is shown."""
CLOSE = 110
"""Half the side of the close-up, in pixels of the plate."""


def main() -> int:
    """Render, measure, compare; print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exact", default="draft")
    parser.add_argument("--fast", default="draft-fast")
    parser.add_argument("--frames", default="40-55")
    parser.add_argument("--home", type=Path, default=None)
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--picture", type=Path, default=None)
    chosen = parser.parse_args()

    from benchmarks.looks import figures
    from benchmarks.loops.facts import facts, tell
    from pipeline.frames import FrameRange
    from studio import HOME, Studio

    frames = FrameRange.parse(chosen.frames)
    with Studio(chosen.home or HOME) as studio, tempfile.TemporaryDirectory(prefix="photoplay-fast-") as folder:
        made = {name: rendered(studio, name, frames, Path(folder) / name) for name in (chosen.exact, chosen.fast)}
        pairs = [composites(studio, one) for one in made.values()]
        mattes = [matte(made[chosen.exact], number) for number in frames]
        result: dict[str, Any] = facts() | {"frames": [frames.first, frames.last], "shot": SAMPLE.parent.name}
        result |= {name: figures(one.report, frames) for name, one in made.items()}
        everywhere = [np.full(mask.shape, True) for mask in mattes]
        exact, fast = pairs
        result["psnr_db"] = {"whole frame": psnr(exact, fast, everywhere), "face": psnr(exact, fast, mattes)}
        if chosen.picture is not None:
            plate = studio.frame(studio.shot(SAMPLE), frames.first + SHOWN)
            write_picture(chosen.picture, [plate, exact[SHOWN], fast[SHOWN]], mattes[SHOWN])
    tell(result, chosen.out)
    return 0


def rendered(studio: Studio, preset: str, frames: FrameRange, out: Path) -> Rendered:
    """The sample shot in a preset."""
    from pipeline.progress import Progress, Step
    from pipeline.render import Order

    def told(step: Step) -> None:
        print(f"{preset}: {step.stage} {step.done} of {step.total}", file=sys.stderr)

    return studio.render(Order(studio.shot(SAMPLE), studio.recipe(preset), frames, out), Progress(told))


def composites(studio: Studio, made: Rendered) -> list[Picture]:
    """The delivered frames, as a player shows them."""
    from pipeline.clip.read import read_frames

    shot = studio.shot(made.out.render)
    return [frame.pixels for frame in read_frames(shot, shot.frames)]


def matte(made: Rendered, number: int) -> np.ndarray:
    """Where the face of a frame is."""
    from pipeline.clip.still import decode_png

    return decode_png(made.out.matte("face", number).read_bytes()) > 127


def psnr(exact: list[Picture], fast: list[Picture], where: list[np.ndarray]) -> float:
    """Of all pixels of all frames that count, in dB."""
    pairs = zip(exact, fast, where, strict=True)
    squares = np.concatenate([((a[w].astype(np.float64) - b[w]) ** 2).ravel() for a, b, w in pairs])
    return round(float(10 * np.log10(255**2 / squares.mean())), 1)


def write_picture(path: Path, pictures: list[Picture], face: np.ndarray) -> None:
    """Plate, exact and fast, whole and close, in one JPEG."""
    from PIL import Image

    rows, columns = np.nonzero(face)
    half = min(CLOSE, *(side // 2 for side in face.shape))
    middles = zip((rows, columns), face.shape, strict=True)
    y, x = (min(max(int(at.mean()), half), side - half) for at, side in middles)
    whole = [Image.fromarray(picture).resize((426, 240)) for picture in pictures]
    box = (x - half, y - half, x + half, y + half)
    close = [Image.fromarray(picture).crop(box).resize((426, 426)) for picture in pictures]
    sheet = Image.new("RGB", (3 * 426, 240 + 426))
    for column, (small, large) in enumerate(zip(whole, close, strict=True)):
        sheet.paste(small, (column * 426, 0))
        sheet.paste(large, (column * 426, 240))
    sheet.save(path, quality=88)


if __name__ == "__main__":
    sys.exit(main())

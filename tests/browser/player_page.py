"""A page with the player alone, over a movie whose frames carry their numbers: `python player_page.py FOLDER PORT`."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import gradio as gr
import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
COUNT, SIZE, FIRST = 120, (320, 180), 1000


def main(folder: Path, port: int) -> None:
    """Serve the page until it is ended. The lower tile holds the same frames with light and dark exchanged."""
    from pipeline.clip.probe import probe
    from pipeline.clip.stacked import tile_size, write_stacked
    from pipeline.frames import FrameRange
    from tests.footage import clip, numbered_pictures
    from ui.player.component import Curve, Flag, Note, Shown, player
    from ui.theme import CSS, HEAD, theme

    shot = probe(clip(folder / "plate.mp4", COUNT, *SIZE))
    pictures, movie = numbered_pictures(COUNT, *SIZE), folder / "stacked.mp4"
    write_stacked(movie, (pictures, [np.bitwise_not(picture) for picture in pictures]), shot, FrameRange(0, COUNT - 1))
    curve = Curve("Mouth", "open / face", "r 0.98", [n / COUNT for n in range(COUNT)], [None, *[0.5] * (COUNT - 1)])
    shown = Shown(
        source=f"gradio_api/file={movie}",
        rate=Fraction(24),
        first=FIRST,
        count=COUNT,
        tile=tile_size(*SIZE),
        tiles=("plate", "v001"),
        start=7,
        curves=(curve,),
        flags=(Flag(50, "Mouth"), Flag(90, "Mouth")),
        notes=(Note(30, "Closes too early."),),
        cuts=(60,),
    )

    def noted(event: gr.EventData) -> str:
        return str(event.frame)

    with gr.Blocks(analytics_enabled=False) as page:
        shows, said = player(), gr.Textbox(elem_id="noted")
        shows.select(noted, None, said)
        page.load(shown.value, None, shows)
    page.launch(server_port=port, allowed_paths=[str(folder)], theme=theme(), css_paths=[CSS], head=HEAD, quiet=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

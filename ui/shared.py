"""The page behind a link: the player with one comparison, and nothing that leads anywhere else."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from html import escape
from pathlib import Path

from ui import theme
from ui.player.component import HERE, SCRIPTS, Shown
from workspaces.shares import Share

START = """
const value = JSON.parse(document.getElementById("shown").textContent);
new Player(document.querySelector(".player"), () => {}).open(value);
"""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>{title} · Photoplay</title>
<style>{style}</style>
</head>
<body><header><b>{title}</b><span>to look at only, until {until}</span></header>
{player}
<script type="application/json" id="shown">{shown}</script>
<script nonce="{nonce}">{script}</script>
</body>
</html>
"""
STYLE = f"""
:root {{ color-scheme: dark; --body-text-color: {theme.TEXT}; --body-text-color-subdued: {theme.SECONDARY};
  --block-background-fill: {theme.PANEL}; --input-background-fill: {theme.CONTROL}; --slider-color: {theme.ACCENT};
  --photoplay-viewer: {theme.VIEWER}; --photoplay-raised: {theme.RAISED}; --photoplay-quiet: {theme.QUIET};
  --photoplay-line: {theme.LINE}; --photoplay-ok: {theme.OK}; --photoplay-warn: {theme.WARN};
  --photoplay-error: {theme.ERROR}; --input-border-color-hover: {theme.BORDER}; }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; height: 100vh; display: flex; flex-direction: column; background: {theme.PAGE}; color: {theme.TEXT};
  font: 13px {", ".join(f'"{font}"' if " " in font else font for font in theme.FONTS)}; }}
header {{ display: flex; gap: 12px; padding: 8px 12px; }}
header span {{ color: {theme.QUIET}; }}
body > .player {{ flex: 1 1 0; height: auto; }}
.player-note {{ display: none; }}
"""


def kept(shown: Shown) -> str:
    """What the player is given: without notes, which are the artists' own, and with the page's own movie."""
    return replace(shown, source="movie.mp4", notes=(), stills=(), still_frame=-1).value()


def movie_of(shown: Shown, version: Path) -> Path:
    """The movie of what is shown, as it lies beside a version."""
    return version / "compared" / Path(shown.source).name


def page_of(share: Share, nonce: str) -> str:
    """The page. nonce: the word by which its script is known."""
    scripts = [(HERE / name).read_text(encoding="utf-8") for name in SCRIPTS]
    return PAGE.format(
        title=escape(share.title),
        until=day_of(share.expires),
        style=STYLE + (HERE / "player.css").read_text(encoding="utf-8"),
        player=(HERE / "player.html").read_text(encoding="utf-8"),
        shown=json.dumps(json.loads(share.shown)).replace("<", "\\u003c"),
        nonce=nonce,
        script="\n".join([*scripts, START]).replace("</", "<\\/"),
    )


def day_of(moment: float) -> str:
    """A moment, in seconds since the epoch, as one would write it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))

"""How the server is started: where it listens, under which names, behind which proxies, and its limits."""

from __future__ import annotations

import argparse
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from pipeline.errors import PhotoplayError
from server.hosts import is_loopback
from server.log import Format

HOME = Path(__file__).parents[1] / "workspace"
"""Where everything lies unless another place is chosen."""
PORT = 7860
UPLOAD_LIMIT = 4.0
"""Gigabytes of one upload, unless told otherwise."""
ROOT = re.compile(r"(/[\w.-]+)*")


@dataclass(frozen=True)
class Settings:
    """What the options of `app.py` say.

    host, port: where to listen. home: the folder for everything; None for the one beside the program.
    root: the path that a proxy takes away before it hands a request on; empty, or "/studio".
    allowed: host names to answer to. proxies: addresses or networks whose word about a visitor is believed.
    upload_limit: bytes. log: the form of the log's lines.
    """

    host: str
    port: int
    home: Path | None
    root: str
    allowed: tuple[str, ...]
    proxies: tuple[str, ...]
    upload_limit: int
    log: Format

    @property
    def open_to_others(self) -> bool:
        """Whether anybody but who sits at this machine may get as far as the app."""
        return not is_loopback(self.host) or bool(self.proxies) or not all(map(is_loopback, self.allowed))


def add_options(top: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Add the options to a parser."""
    home = environment.get("PHOTOPLAY_HOME")
    top.add_argument("--host", default="127.0.0.1", help="address to listen on; for other machines make users first")
    top.add_argument("--port", type=int, default=PORT)
    top.add_argument("--home", type=Path, default=Path(home) if home else None, help="folder for everything it keeps")
    top.add_argument("--root-path", type=_root, default="", metavar="/PATH", help="path that a proxy takes away")
    top.add_argument(
        "--allowed-host", action="append", default=[], metavar="NAME", help="a name that visitors type; may be repeated"
    )
    top.add_argument(
        "--behind-proxy",
        action="append",
        default=[],
        type=_network,
        metavar="ADDRESS",
        help="address or network of a proxy whose X-Forwarded headers are believed; may be repeated",
    )
    top.add_argument(
        "--upload-limit", type=_gigabytes, default=int(UPLOAD_LIMIT * 1e9), metavar="GB", help="size of one upload"
    )
    top.add_argument("--log-format", choices=get_args(Format), default="text", help="lines for people or for machines")


def settings_of(options: argparse.Namespace) -> Settings:
    """What the parsed options say."""
    return Settings(
        options.host,
        options.port,
        options.home,
        options.root_path,
        tuple(options.allowed_host),
        tuple(options.behind_proxy),
        options.upload_limit,
        cast(Format, options.log_format),
    )


def check_guarded(settings: Settings, guarded: bool) -> None:
    """Raise PhotoplayError when others could come in without signing in."""
    if guarded or not settings.open_to_others:
        return
    door = settings.host if not is_loopback(settings.host) else "An app behind a proxy or with a name of its own"
    raise PhotoplayError(
        f"{door} can be reached from other machines, and no password is set.",
        "Make users with `python cli.py users add NAME`, or set PHOTOPLAY_PASSWORD; "
        "or leave --host away to serve this machine alone.",
    )


def _root(text: str) -> str:
    root = text.rstrip("/")
    if not ROOT.fullmatch(root):
        raise argparse.ArgumentTypeError(f"{text!r} is no path such as /studio")
    return root


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither an address nor a network") from None
    return text


def _gigabytes(text: str) -> int:
    try:
        size = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of gigabytes") from None
    if not 0.001 <= size <= 10_000:
        raise argparse.ArgumentTypeError("give 0.001 to 10000 gigabytes")
    return int(size * 1e9)

"""The web app: `python app.py [--host 127.0.0.1] [--port 7860] [--home DIR]`."""

from __future__ import annotations

import argparse
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.errors import PhotoplayError

FAULT = 2
"""Exit code when the app cannot start as asked."""
USER = "photoplay"
"""The name to sign in with where a password is set."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the app until it is interrupted. Returns the exit code: 0 ended, 2 refused with one sentence."""
    options = parser().parse_args(arguments)
    try:
        password = sign_in(options.host, os.environ)
        check_free(options.host, options.port)
    except PhotoplayError as error:
        print(error, file=sys.stderr)
        return FAULT
    serve(options, password)
    return 0


def parser() -> argparse.ArgumentParser:
    """The options."""
    top = argparse.ArgumentParser(prog="app.py", description=__doc__)
    home = os.environ.get("PHOTOPLAY_HOME")
    top.add_argument("--host", default="127.0.0.1", help="address to listen on; other machines need PHOTOPLAY_PASSWORD")
    top.add_argument("--port", type=int, default=7860)
    top.add_argument(
        "--home", type=Path, default=Path(home) if home else None, help="folder for models, frames and renders"
    )
    return top


def sign_in(host: str, environment: Mapping[str, str]) -> str | None:
    """The password that visitors must give; None on this machine alone. Raises PhotoplayError for an open door."""
    password = environment.get("PHOTOPLAY_PASSWORD") or None
    if password is None and not is_loopback(host):
        raise PhotoplayError(
            f"{host} can be reached from other machines, and no password is set.",
            "Set PHOTOPLAY_PASSWORD, or leave --host away to serve this machine alone.",
        )
    return password


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_free(host: str, port: int) -> None:
    """Raise PhotoplayError when the address cannot be listened on."""
    try:
        with socket.create_server((host, port)):
            return
    except (OSError, OverflowError) as error:
        raise PhotoplayError(f"{host}:{port} cannot be used: {error}.", "Choose another port with --port.") from error


def serve(options: argparse.Namespace, password: str | None) -> None:
    """Build the studio and the page, and serve until interrupted. The job at work goes on at the next start."""
    from studio import HOME, Studio

    home = (options.home or HOME).resolve()
    os.environ.update(GRADIO_TEMP_DIR=str(home / "uploads"), GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1")
    from ui.layout import build
    from ui.runs import Runs
    from ui.theme import CSS, HEAD, theme

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), Studio(home) as studio:
        studio.jobs.start()
        print(f"Photoplay: http://{options.host}:{options.port}", flush=True)
        build(studio, Runs(studio)).launch(
            server_name=options.host,
            server_port=options.port,
            auth=None if password is None else (USER, password),
            allowed_paths=[str(home / "renders")],
            footer_links=[],
            theme=theme(),
            css_paths=[CSS],
            head=HEAD,
            quiet=True,
        )


if __name__ == "__main__":
    sys.exit(main())

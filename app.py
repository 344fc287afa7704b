"""The web app: `python app.py [--host 127.0.0.1] [--port 7860] [--home DIR]`; `--help` lists the other options."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from pipeline.errors import PhotoplayError
from server.settings import HOME, Settings, add_options, check_guarded, settings_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from server.users import Users
    from studio import Studio

FAULT = 2
"""Exit code when the app cannot start as asked."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the app until it is asked to end. Returns the exit code: 0 ended, 2 refused with one sentence."""
    top = argparse.ArgumentParser(prog="app.py", description=__doc__)
    add_options(top, os.environ)
    settings = settings_of(top.parse_args(arguments))
    try:
        users = who_signs_in(settings)
        check_free(settings.host, settings.port)
        serve(settings, users)
    except PhotoplayError as error:
        print(error, file=sys.stderr)
        return FAULT
    return 0


def who_signs_in(settings: Settings) -> Users | None:
    """The users; None on this machine alone. Raises PhotoplayError for an open door."""
    from server.users import users_of

    users = users_of((settings.home or HOME).resolve(), os.environ)
    check_guarded(settings, users is not None)
    return users


def check_free(host: str, port: int) -> None:
    """Raise PhotoplayError when the address cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return
    except (OSError, OverflowError) as error:
        raise PhotoplayError(f"{host}:{port} cannot be used: {error}.", "Choose another port with --port.") from error


def serve(settings: Settings, users: Users | None) -> None:
    """Build the studio and the page, and serve until asked to end. The job at work goes on at the next start.

    Raises PhotoplayError when the home cannot be written.
    """
    home = (settings.home or HOME).resolve()
    os.environ.update(GRADIO_TEMP_DIR=str(home / "uploads"), GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1")
    os.environ.setdefault("MPLBACKEND", "agg")  # otherwise matplotlib looks for screens at the page's first event
    from server.log import configure
    from server.site import Site, serve
    from server.stop import Stop
    from studio import Studio

    configure(settings.log)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stop = Stop()
    with suppress(KeyboardInterrupt), Studio(home) as studio, Site(studio, users, settings, stop) as site:
        app = site.app(
            lambda inner: mount(inner, studio, settings, users), os.environ.get("PHOTOPLAY_METRICS_TOKEN", "")
        )
        studio.start()
        stop.listen()
        print(f"Photoplay: http://{settings.host}:{settings.port}{settings.root}", flush=True)
        serve(app, settings, stop)


def mount(inner: FastAPI, studio: Studio, settings: Settings, users: Users | None) -> None:
    """Put the page into the site. Gradio's own sign-in, API pages and history stay shut."""
    from ui.stubs import leave_out_stubs

    leave_out_stubs()
    import gradio as gr

    from server.sharing import SharePages
    from server.visitors import visitor_of
    from ui.layout import build
    from ui.page import Person
    from ui.runs import Runs
    from ui.shared import page_of
    from ui.theme import CSS, HEAD, theme

    def who(owner: str) -> Person:
        user = None if users is None else users.find(owner)
        if user is None:
            return Person("somebody who is gone", False) if users else Person("", True)
        return Person(user.display, user.admin)

    inner.router.routes += SharePages(studio.rooms, page_of).routes
    gr.mount_gradio_app(
        inner,
        build(studio, Runs(studio), who),
        path="/",
        auth_dependency=lambda request: visitor_of(request.scope).owner,
        root_path=settings.root or None,
        max_file_size=settings.upload_limit,
        footer_links=[],
        run_history=False,
        show_error=False,
        theme=theme(),
        css_paths=[CSS],
        head=HEAD,
    )


if __name__ == "__main__":
    code = main()
    from server.stop import leave

    leave(code)

"""Who may reach the app: this machine alone, unless visitors must sign in."""

from __future__ import annotations

import socket

import pytest

from app import check_free, main, sign_in
from pipeline.errors import PhotoplayError

PASSWORD = {"PHOTOPLAY_PASSWORD": "a long one"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost"])
def test_this_machine_needs_no_password(host: str) -> None:
    assert sign_in(host, {}) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.20", "studio.example"])
def test_other_machines_are_let_in_with_a_password_only(host: str) -> None:
    assert sign_in(host, PASSWORD) == "a long one"
    with pytest.raises(PhotoplayError, match=r"no password is set.*PHOTOPLAY_PASSWORD"):
        sign_in(host, {})
    with pytest.raises(PhotoplayError, match="no password is set"):
        sign_in(host, {"PHOTOPLAY_PASSWORD": ""})


def test_a_password_is_asked_for_on_this_machine_too() -> None:
    assert sign_in("127.0.0.1", PASSWORD) == "a long one"


def test_an_open_door_ends_the_program_with_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PHOTOPLAY_PASSWORD", raising=False)
    assert main(["--host", "0.0.0.0"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PhotoplayError, match=f"127.0.0.1:{port} cannot be used.*--port"):
            check_free("127.0.0.1", port)
    check_free("127.0.0.1", port)

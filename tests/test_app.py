"""Starting the app: refused in one sentence where it would be open to others, or where it cannot listen."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from app import check_free, main, who_signs_in
from pipeline.errors import PhotoplayError
from server.settings import Settings


def settings(home: Path, host: str = "127.0.0.1") -> Settings:
    return Settings(host, 7860, home, "", (), (), 1_000_000, "text")


@pytest.fixture(autouse=True)
def no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PHOTOPLAY_PASSWORD", raising=False)


def test_this_machine_alone_signs_nobody_in(tmp_path: Path) -> None:
    assert who_signs_in(settings(tmp_path)) is None


def test_a_password_is_asked_for_on_this_machine_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOPLAY_PASSWORD", "a long one")
    users = who_signs_in(settings(tmp_path))
    assert users is not None and users.verified("photoplay", "a long one") is not None


def test_a_short_password_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PHOTOPLAY_PASSWORD", "short")
    assert main(["--home", str(tmp_path)]) == 2
    assert "Choose one of 10" in capsys.readouterr().err


@pytest.mark.parametrize("options", [("--host", "0.0.0.0"), ("--behind-proxy", "127.0.0.1")])
def test_an_open_door_ends_the_program_with_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, str]
) -> None:
    assert main([*options, "--home", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PhotoplayError, match=f"127.0.0.1:{port} cannot be used.*--port"):
            check_free("127.0.0.1", port)
    check_free("127.0.0.1", port)

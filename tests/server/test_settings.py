"""The options of the server: what they mean, and which of them leave the door open."""

from __future__ import annotations

import argparse

import pytest

from pipeline.errors import PhotoplayError
from server.settings import Settings, add_options, check_guarded, settings_of


def settings(*arguments: str) -> Settings:
    top = argparse.ArgumentParser()
    add_options(top, {})
    return settings_of(top.parse_args(arguments))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machine_needs_no_users(host: str) -> None:
    check_guarded(settings("--host", host), False)


@pytest.mark.parametrize(
    "options",
    [
        ("--host", "0.0.0.0"),
        ("--host", "::"),
        ("--host", "192.168.1.20"),
        ("--host", "studio.example"),
        ("--behind-proxy", "127.0.0.1"),
        ("--allowed-host", "studio.example"),
    ],
)
def test_whatever_others_may_reach_needs_users(options: tuple[str, str]) -> None:
    check_guarded(settings(*options), True)
    with pytest.raises(PhotoplayError, match=r"no password is set.*users add NAME.*PHOTOPLAY_PASSWORD"):
        check_guarded(settings(*options), False)


def test_sizes_and_paths_are_read() -> None:
    read = settings("--root-path", "/studio/", "--upload-limit", "0.5", "--behind-proxy", "10.0.0.0/8")
    assert (read.root, read.upload_limit, read.proxies) == ("/studio", 500_000_000, ("10.0.0.0/8",))
    assert settings().upload_limit == 4_000_000_000


@pytest.mark.parametrize(
    "options",
    [
        ("--root-path", "studio"),
        ("--root-path", "/a b"),
        ("--root-path", '/"><script>'),
        ("--upload-limit", "much"),
        ("--upload-limit", "nan"),
        ("--upload-limit", "0"),
        ("--behind-proxy", "proxy.example"),
        ("--log-format", "xml"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        settings(*options)
    assert options[0] in capsys.readouterr().err

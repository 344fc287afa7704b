"""Sessions end when they should, and the file of them opens no door."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from server.sessions import IDLE, LONGEST, MOST, NOTED, Sessions
from server.users import User

AVA = User("a" * 32, "ava", "Ava", "hash one")
BOB = User("b" * 32, "bob", "Bob", "hash two")


class Clock:
    """A clock that is set by hand."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(tmp_path: Path, clock: Clock) -> Sessions:
    return Sessions(tmp_path / "sessions.sqlite", clock)


def test_a_session_is_its_users(sessions: Sessions) -> None:
    session = sessions.find(sessions.open(AVA))
    assert session is not None and session.is_of(AVA)
    assert not session.is_of(BOB) and not session.is_of(None)
    assert not session.is_of(replace(AVA, password="hash three")), "a new password ends it"
    assert sessions.find("nothing") is None and sessions.find("") is None and sessions.find("\udcff") is None


def test_the_file_holds_no_token(sessions: Sessions, tmp_path: Path) -> None:
    token = sessions.open(AVA)
    assert len(token) >= 43
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert AVA.id.encode() in held and token.encode() not in held and b"hash one" not in held
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())


def test_a_session_that_rests_ends(sessions: Sessions, clock: Clock) -> None:
    token = sessions.open(AVA)
    clock.now += IDLE - NOTED
    assert sessions.find(token) is not None
    clock.now += IDLE - NOTED
    assert sessions.find(token) is not None, "it was used in between"
    clock.now += IDLE + 1
    assert sessions.find(token) is None
    assert sessions.count() == 0


def test_a_session_ends_however_busy_it_is(sessions: Sessions, clock: Clock) -> None:
    token = sessions.open(AVA)
    for _ in range(int(LONGEST / IDLE * 2)):
        clock.now += IDLE / 2
        assert sessions.find(token) is not None
    clock.now += IDLE / 2
    assert sessions.find(token) is None


def test_ending_one_leaves_the_others(sessions: Sessions) -> None:
    first, second = sessions.open(AVA), sessions.open(AVA)
    sessions.end(first)
    assert sessions.find(first) is None and sessions.find(second) is not None


def test_a_user_has_so_many_and_no_more(sessions: Sessions) -> None:
    other = sessions.open(BOB)
    tokens = [sessions.open(AVA) for _ in range(MOST + 3)]
    assert [sessions.find(token) is not None for token in tokens] == [False] * 3 + [True] * MOST
    assert sessions.find(other) is not None and sessions.count() == MOST + 1


def test_sessions_outlast_the_program(sessions: Sessions, tmp_path: Path, clock: Clock) -> None:
    token = sessions.open(AVA)
    sessions.close()
    assert Sessions(tmp_path / "sessions.sqlite", clock).find(token) is not None

"""The commands for users: passwords come from standard input, never from the arguments, and appear nowhere."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from cli import main
from server.users import Users

LONG = "a long enough one"


class Desk:
    """`python cli.py users ...` with something typed: the exit code, and what was printed."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.home, self._monkeypatch, self._capsys = home, monkeypatch, capsys

    def __call__(self, *arguments: str, typed: str = "") -> tuple[int, str]:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main(["--home", str(self.home), "users", *arguments])
        said = self._capsys.readouterr()
        return code, said.out + said.err


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, monkeypatch, capsys)


def test_users_come_change_and_go(users: Desk) -> None:
    code, said = users("add", "ava", "--display", "Ava Machina", typed=f"{LONG}\n")
    assert code == 0 and "Ava Machina" in said and "started anew" in said
    assert "started anew" not in users("add", "bob", typed=LONG)[1]
    assert users("password", "ava", typed="another long one\n")[0] == 0
    known = Users(users.home / "users.json")
    assert known.verified("ava", LONG) is None and known.verified("ava", "another long one") is not None
    assert [row["name"] for row in json.loads(users("list", "--json")[1])] == ["ava", "bob"]
    assert users("remove", "ava")[0] == 0
    assert "Nobody is left" in users("remove", "bob")[1]
    events = [json.loads(line)["event"] for line in (users.home / "server" / "audit.jsonl").read_text().splitlines()]
    assert events == ["user added", "user added", "password changed", "user removed", "user removed"]


def test_nothing_secret_is_printed_or_noted(users: Desk) -> None:
    said = users("add", "ava", typed=LONG)[1] + users("list", "--json")[1]
    assert LONG not in said and "argon2" not in said
    assert LONG not in (users.home / "server" / "audit.jsonl").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("add", "Ava"), "cannot be a user's name"),
        (("add", "ava"), "has 0 characters"),
        (("remove", "ava"), "There is no user ava."),
        (("password", "ava"), "There is no user ava."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(users: Desk, arguments: tuple[str, ...], sentence: str) -> None:
    code, said = users(*arguments)
    assert code == 2 and sentence in said and said.count("\n") == 1

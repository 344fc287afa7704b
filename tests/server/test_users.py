"""The users' file: who is let in, what is written, and that it is written whole."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.users import UserError, Users, users_of

LONG = "a long enough one"


@pytest.fixture
def users(tmp_path: Path) -> Users:
    return Users(tmp_path / "users.json")


def test_a_user_is_known_by_their_password_alone(users: Users) -> None:
    ava = users.add("ava", LONG, "Ava Machina")
    assert users.verified("ava", LONG) == ava == users.find(ava.id)
    assert users.verified("ava", LONG + ".") is None
    assert users.verified("nobody", LONG) is None
    assert ava.display == "Ava Machina" and len(ava.id) == 32


def test_the_same_characters_are_the_same_password(users: Users) -> None:
    users.add("ava", "caf\u00e9 at the corner")
    assert users.verified("ava", "cafe\u0301 at the corner") is not None


def test_nothing_of_a_password_is_in_the_file_and_nobody_else_reads_it(users: Users, tmp_path: Path) -> None:
    users.add("ava", LONG)
    text = (tmp_path / "users.json").read_text()
    assert LONG not in text and "$argon2id$" in text
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("name", ["", "Ava", "../ava", "1ava", "ava machina", "a" * 33, "ava\n", "local/ava", "ävä"])
def test_names_are_plain(users: Users, name: str) -> None:
    with pytest.raises(UserError, match="cannot be a user's name"):
        users.add(name, LONG)


@pytest.mark.parametrize("display", ["a" * 65, "Ava\nMachina", "\u202eava"])
def test_what_is_shown_is_printable(users: Users, display: str) -> None:
    with pytest.raises(UserError, match="cannot be shown"):
        users.add("ava", LONG, display)


@pytest.mark.parametrize("password", ["", "nine char", "x" * 1025])
def test_passwords_have_a_length(users: Users, password: str) -> None:
    with pytest.raises(UserError, match="Choose one of 10 to 1024"):
        users.add("ava", password)
    assert users.all() == ()


def test_a_name_is_given_once(users: Users) -> None:
    users.add("ava", LONG)
    with pytest.raises(UserError, match="already"):
        users.add("ava", LONG)


def test_a_new_password_and_removal_keep_everybody_else(users: Users) -> None:
    ava, bob = users.add("ava", LONG), users.add("bob", LONG)
    users.set_password("ava", "another long one")
    assert users.verified("ava", LONG) is None
    known = users.verified("ava", "another long one")
    assert known is not None and known.id == ava.id
    users.remove("ava")
    assert users.all() == (bob,)
    with pytest.raises(UserError, match=r"There is no user ava\. There are: bob\."):
        users.remove("ava")


def test_changes_of_another_program_are_seen(users: Users, tmp_path: Path) -> None:
    users.add("ava", LONG)
    assert len(users.all()) == 1
    Users(tmp_path / "users.json").add("bob", LONG)
    assert [user.name for user in users.all()] == ["ava", "bob"]


def test_changes_at_the_same_time_are_all_kept(users: Users, tmp_path: Path) -> None:
    names = [f"user{number}" for number in range(4)]
    with ThreadPoolExecutor(4) as programs:
        list(programs.map(lambda name: Users(tmp_path / "users.json").add(name, LONG), names))
    assert {user.name for user in users.all()} == set(names)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', '{"schema": 1, "users": [{"id": "x"}]}'])
def test_a_spoilt_file_is_said(users: Users, tmp_path: Path, text: str) -> None:
    (tmp_path / "users.json").write_text(text)
    with pytest.raises(UserError, match="is not a file of users"):
        users.all()


def test_a_file_of_another_version_is_said(users: Users, tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text(json.dumps({"schema": 2, "users": []}))
    with pytest.raises(UserError, match="another version"):
        users.all()


def test_one_password_is_enough_for_one_user(tmp_path: Path) -> None:
    assert users_of(tmp_path, {}) is None
    assert users_of(tmp_path, {"PHOTOPLAY_PASSWORD": ""}) is None
    single = users_of(tmp_path, {"PHOTOPLAY_PASSWORD": LONG})
    again = users_of(tmp_path, {"PHOTOPLAY_PASSWORD": LONG})
    assert single is not None and again is not None
    assert single.all() == again.all(), "the same password keeps the same id and the same sessions"
    other = users_of(tmp_path, {"PHOTOPLAY_PASSWORD": "another long one"})
    assert other is not None and other.verified("photoplay", LONG) is None
    assert other.all()[0].id == single.all()[0].id


def test_the_file_of_users_goes_before_the_single_password(users: Users, tmp_path: Path) -> None:
    users.add("ava", LONG)
    found = users_of(tmp_path, {"PHOTOPLAY_PASSWORD": LONG})
    assert found is not None and [user.name for user in found.all()] == ["ava"]


def test_who_runs_the_server_is_said_when_they_are_added(users: Users, tmp_path: Path) -> None:
    users.add("ava", "a long enough one", admin=True)
    users.add("bob", "a long enough one")
    assert [user.admin for user in users.all()] == [True, False]
    users.set_password("ava", "another long one")
    assert users.named("ava").admin
    path = next(tmp_path.rglob("users.json"))
    older = json.loads(path.read_text())
    for user in older["users"]:
        del user["admin"]
    path.write_text(json.dumps(older))
    assert [user.admin for user in users.all()] == [False, False]

"""Guessing gets slower and slower, and remembering who guesses takes bounded memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.log import Audit
from server.sessions import Sessions
from server.throttle import CAPACITY, FORGOTTEN, Throttle, network_of
from server.users import Users
from server.visitors import FREE_TRIES, LONGEST_WAIT, LONGEST_WAIT_FOR_A_NAME, Accounts, SlowDown
from tests.server.test_sessions import Clock


def test_the_wait_doubles_up_to_the_longest() -> None:
    clock, waits = Clock(), list[float]()
    throttle = Throttle(3, 10.0, clock)
    assert [throttle.attempt("key") for _ in range(3)] == [0, 0, 0]
    for _ in range(6):
        waits.append(throttle.attempt("key"))
        clock.now += waits[-1]
        assert throttle.attempt("key") == 0
    assert waits == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_attempts_while_waiting_change_nothing() -> None:
    clock = Clock()
    throttle = Throttle(1, 100.0, clock)
    throttle.attempt("key")
    clock.now += 1
    throttle.attempt("key")
    assert [throttle.attempt("key") for _ in range(3)] == [2.0] * 3
    clock.now += 2
    assert throttle.attempt("key") == 0


def test_time_and_success_forget() -> None:
    clock = Clock()
    throttle = Throttle(1, 1e9, clock)
    throttle.attempt("late")
    throttle.attempt("right")
    assert throttle.attempt("late") > 0 and throttle.attempt("right") > 0
    throttle.forgive("right")
    assert throttle.attempt("right") == 0
    clock.now += FORGOTTEN + 1
    assert throttle.attempt("late") == 0


def test_memory_is_bounded() -> None:
    throttle = Throttle(1, 60.0, Clock())
    for number in range(CAPACITY + 50):
        throttle.attempt(str(number))
    assert len(vars(throttle)["_tries"]) == CAPACITY


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.168.1.20", "192.168.1.20"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("a socket", "a socket"),
    ],
)
def test_a_whole_network_of_one_subscriber_counts_as_one(address: str, network: str) -> None:
    assert network_of(address) == network


def accounts_in(folder: Path, clock: Clock) -> Accounts:
    users = Users(folder / "users.json")
    users.add("ava", "the right password")
    return Accounts(users, Sessions(folder / "sessions.sqlite"), Audit(folder / "audit.jsonl"), clock)


def failures(accounts: Accounts, name: str, address: str, count: int) -> None:
    for _ in range(count):
        assert accounts.sign_in(name, "a wrong password", address) is None


def test_guesses_from_one_address_are_slowed_whatever_the_name(tmp_path: Path) -> None:
    accounts = accounts_in(tmp_path, Clock())
    for number in range(FREE_TRIES):
        failures(accounts, f"name{number}", "192.0.2.7", 1)
    with pytest.raises(SlowDown, match=r"Wait \d+ s"):
        accounts.sign_in("ava", "the right password", "192.0.2.7")
    assert accounts.sign_in("ava", "the right password", "192.0.2.8") is not None
    assert '"sign-in limited"' in (tmp_path / "audit.jsonl").read_text()


def test_guesses_of_one_name_are_slowed_wherever_they_come_from_and_its_owner_waits_a_minute_at_most(
    tmp_path: Path,
) -> None:
    clock = Clock()
    accounts = accounts_in(tmp_path, clock)
    for number in range(FREE_TRIES + 7):
        failures(accounts, "ava", f"192.0.2.{number}", 1)
        clock.now += LONGEST_WAIT_FOR_A_NAME
    clock.now -= LONGEST_WAIT_FOR_A_NAME
    with pytest.raises(SlowDown) as slow:
        accounts.sign_in("AVA ", "the right password", "192.0.2.99")
    assert LONGEST_WAIT_FOR_A_NAME <= slow.value.seconds <= LONGEST_WAIT_FOR_A_NAME + 1 < LONGEST_WAIT
    clock.now += LONGEST_WAIT_FOR_A_NAME
    assert accounts.sign_in("ava", "the right password", "192.0.2.99") is not None

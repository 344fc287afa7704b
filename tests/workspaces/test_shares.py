"""Links to a comparison: found by their token alone, for as long as they last, and only their owner takes them back."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import FootageError, OverQuota
from workspaces import shares
from workspaces.home import Home
from workspaces.shares import DAY, LONGEST, Shares


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def links(tmp_path: Path, clock: Clock) -> Shares:
    return Shares(Home(tmp_path), clock)


def made(links: Shares, owner: str = "ava", days: float = 7) -> str:
    return links.open(owner, Path("/movie.mp4"), "{}", "plate and v001", days)


def test_a_token_opens_its_link_until_its_time_is_over(links: Shares, clock: Clock) -> None:
    token = made(links)
    share = links.find(token)
    assert share is not None and (share.owner, share.title) == ("ava", "plate and v001")
    clock.now += 7 * DAY - 1
    assert links.find(token) is not None
    clock.now += 2
    assert links.find(token) is None and links.of("ava") == {}


def test_the_token_is_not_kept_anywhere(links: Shares, tmp_path: Path) -> None:
    token = made(links)
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) == 1 and token not in kept[0].name and token not in kept[0].read_text()
    assert made(links) != token


@pytest.mark.parametrize("token", ["", "x" * 43, "../../users", "a/b", "%2e%2e", "\0" * 43, "ä" * 43])
def test_other_tokens_open_nothing(links: Shares, token: str) -> None:
    made(links)
    assert links.find(token) is None


def test_the_name_of_the_file_is_no_token(links: Shares) -> None:
    made(links)
    (link,) = links.of("ava")
    assert links.find(link) is None and links.find(link[:43]) is None


def test_only_the_owner_takes_a_link_back(links: Shares) -> None:
    token = made(links)
    (link,) = links.of("ava")
    assert links.of("bob") == {}
    for owner, named in (("bob", link), ("ava", "0" * 64), ("ava", "../x")):
        with pytest.raises(FootageError, match="There is no such link"):
            links.take_back(owner, named)
    assert links.find(token) is not None
    links.take_back("ava", link)
    assert links.find(token) is None and links.of("ava") == {}


def test_no_link_is_open_for_ever_and_nobody_has_too_many(
    links: Shares, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = made(links, days=100_000)
    clock.now += LONGEST * DAY + 1
    assert links.find(token) is None
    monkeypatch.setattr(shares, "MOST", 2)
    for _ in range(2):
        made(links)
    with pytest.raises(OverQuota):
        made(links)
    made(links, "bob")


def test_a_damaged_file_opens_nothing(links: Shares, tmp_path: Path) -> None:
    token = made(links)
    (path,) = (tmp_path / "shares").glob("*.json")
    for text in ("", "[]", '{"owner": "ava"}'):
        path.write_text(text)
        assert links.find(token) is None

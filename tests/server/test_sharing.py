"""A link tried by a stranger: it opens its comparison and nothing else, and what opens nothing gets one answer."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.server.conftest import House
from ui.player.component import Note, Shown
from ui.shared import kept

MOVIE = bytes(range(256)) * 8
PAGES = ("/share/{}/", "/share/{}/movie.mp4")


def shown() -> Shown:
    """What is compared, with what a page that is handed on must not hold."""
    return Shown(
        source="gradio_api/file=/srv/users/ava/shot/v001/compared/abc.mp4",
        rate=Fraction(24),
        first=40,
        count=4,
        tile=(640, 360),
        tiles=("plate", "v001 </script><script>alert(1)</script>"),
        start=0,
        curves=(),
        flags=(),
        notes=(Note(1, "an artist's own note"),),
        cuts=(),
        stills=("gradio_api/file=/srv/still.png",),
        still_frame=1,
    )


@pytest.fixture
def movie(house: House) -> Path:
    owner = house.users.named("ava").id
    path = house.studio.rooms.home.workspace(owner) / "shot" / "v001" / "compared" / "abc.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(MOVIE)
    return path


@pytest.fixture
def token(house: House, movie: Path) -> str:
    owner = house.users.named("ava").id
    return house.studio.rooms.shares.open(owner, movie, kept(shown()), "stairwell: <b>plate</b> and v001", 7)


@pytest.fixture
def stranger(house: House) -> TestClient:
    return house.visitor()


def test_a_stranger_with_the_link_sees_the_comparison(stranger: TestClient, token: str) -> None:
    page = stranger.get(f"/share/{token}/")
    assert page.status_code == 200 and 'class="player"' in page.text
    assert page.headers["cache-control"] == "no-store" and page.headers["x-robots-tag"] == "noindex"
    whole = stranger.get(f"/share/{token}/movie.mp4")
    assert whole.content == MOVIE and whole.headers["content-type"] == "video/mp4"
    part = stranger.get(f"/share/{token}/movie.mp4", headers={"Range": "bytes=256-511"})
    assert part.status_code == 206 and part.content == MOVIE[256:512]


def test_the_page_holds_no_notes_no_paths_and_no_script_of_others(stranger: TestClient, token: str) -> None:
    page = stranger.get(f"/share/{token}/")
    for word in ("own note", "/home", "gradio", "users", "<b>plate</b>", "<script>alert"):
        assert word not in page.text, word
    policy = page.headers["content-security-policy"]
    nonce = policy.partition("script-src 'nonce-")[2].partition("'")[0]
    assert nonce and "default-src 'none'" in policy and "unsafe-eval" not in policy and "connect-src" not in policy
    assert page.text.count("<script") == 2 and f'<script nonce="{nonce}">' in page.text
    value = page.text.partition('id="shown">')[2].partition("</script>")[0]
    assert json.loads(value)["source"] == "movie.mp4" and json.loads(value)["notes"] == []


@pytest.mark.parametrize("page", PAGES)
def test_what_opens_nothing_gets_one_answer(house: House, stranger: TestClient, movie: Path, page: str) -> None:
    owner, shares = house.users.named("ava").id, house.studio.rooms.shares
    never = stranger.get(page.format("x" * 43))
    assert never.status_code == 404 and "leads nowhere" in never.text

    def same(token: str) -> bool:
        answer = stranger.get(page.format(token))
        return (answer.status_code, answer.content) == (404, never.content)

    over = shares.open(owner, movie, "{}", "over", 0)
    assert same(over)
    elsewhere = shares.open(owner, house.home / "users.json", "{}", "what is not a version", 7)
    assert same(elsewhere)
    anothers = shares.open(house.users.named("bob").id, movie, "{}", "what is another's", 7)
    assert same(anothers)
    taken = shares.open(owner, movie, kept(shown()), "taken back", 7)
    assert not same(taken)
    shares.take_back(owner, next(iter(shares.of(owner))))
    assert same(taken)
    gone = shares.open(owner, movie, kept(shown()), "a version that is deleted", 7)
    movie.unlink()
    assert same(gone)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/config",
        "/share/",
        "/share/{token}",
        "/share/{token}/..",
        "/share/{token}/../../config",
        "/share/{token}/manifest.json",
        "/share/{token}/movie.mp4/",
        "/share/{token}/gradio_api/file={movie}",
        "/share/{short}/",
        "/gradio_api/file={movie}",
        "/gradio_api/queue/data?session_hash={token}",
    ],
)
def test_nothing_else_is_reachable_by_it(stranger: TestClient, token: str, movie: Path, path: str) -> None:
    stranger.get(f"/share/{token}/")
    answer = stranger.get(path.format(token=token, short=token[:-1], movie=movie))
    assert answer.status_code in (303, 401) and MOVIE not in answer.content
    assert (
        stranger.get(f"/gradio_api/file={movie}", headers={"Cookie": f"photoplay-session={token}"}).status_code == 401
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("page", PAGES)
def test_it_is_for_looking_alone(stranger: TestClient, token: str, method: str, page: str) -> None:
    assert stranger.request(method, page.format(token)).status_code == 401
    assert stranger.get(page.format(token)).status_code == 200


def test_another_user_has_no_more_by_it_than_a_stranger(house: House, token: str, movie: Path) -> None:
    bob = house.visitor("bob")
    assert bob.get(f"/share/{token}/").status_code == 200
    assert bob.get(f"/gradio_api/file={movie}").status_code == 403


def test_neither_log_nor_audit_trail_holds_the_token(
    house: House, stranger: TestClient, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        stranger.get(f"/share/{token}/")
        house.visitor("bob").post(f"/share/{token}/", json={})
        house.visitor("bob").get(f"/share/{token}/manifest.json")
    said = [str(vars(record)) for record in caplog.records if record.name.startswith("photoplay")]
    assert any("/share/-" in line for line in said)
    assert all(token not in line for line in said)
    assert token not in house.audit() and "/share/-" in house.audit()

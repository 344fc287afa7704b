"""Signing in and out over HTTP: the form, the cookie, what ends a session, and what other pages cannot do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.server.conftest import PASSWORDS, House, house_in

AVA = {"name": "ava", "password": PASSWORDS["ava"]}
HERE = "http://127.0.0.1:7860"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[House]:
    """A house for one test, which may spoil it."""
    with house_in(tmp_path / "own") as house:
        yield house


def comes_in(browser: TestClient) -> bool:
    """Whether the app's page opens."""
    return browser.get("/").status_code == 200


def test_the_form_leads_in_and_the_button_leads_out(house: House) -> None:
    browser = house.visitor()
    form = browser.get("/sign-in")
    assert form.status_code == 200 and "<script" not in form.text
    answer = browser.post("/sign-in", data=AVA)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert comes_in(browser)
    assert browser.get("/sign-in").status_code == 303
    token = browser.cookies["photoplay-session"]
    assert "Sign out" in browser.get("/sign-out").text and comes_in(browser)
    assert browser.post("/sign-out").headers["location"] == "/sign-in"
    assert not comes_in(browser)
    browser.cookies.set("photoplay-session", token)
    assert not comes_in(browser), "the token is dead, not only forgotten"


def test_the_cookie_is_for_this_app_and_no_script(house: House) -> None:
    cookie = house.visitor().post("/sign-in", data=AVA).headers["set-cookie"]
    assert re.fullmatch(r"photoplay-session=[\w-]{43}; HttpOnly; Max-Age=1209600; Path=/; SameSite=lax", cookie), cookie


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"name": "ava", "password": "wrong"}, 403),
        ({"name": "nobody", "password": PASSWORDS["ava"]}, 403),
        ({"name": "ava"}, 403),
        ({}, 403),
    ],
)
def test_wrong_ones_get_the_form_again(house: House, given: dict[str, str], status: int) -> None:
    browser = house.visitor()
    answer = browser.post("/sign-in", data=given)
    assert answer.status_code == status and "do not belong together" in answer.text
    assert "set-cookie" not in answer.headers and not comes_in(browser)
    assert comes_in(house.visitor("ava")), "a right one forgives"


def test_what_was_typed_is_shown_never_obeyed(own: House) -> None:
    answer = own.visitor().post("/sign-in", data={"name": '"><script>alert(1)</script>', "password": "x"})
    assert "<script" not in answer.text and "&lt;script&gt;" in answer.text


def test_guessing_is_answered_with_a_wait(own: House) -> None:
    browser = own.visitor()
    answers = [browser.post("/sign-in", data={"name": "ava", "password": "wrong"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_a_new_password_ends_the_users_sessions_and_nobody_elses(own: House) -> None:
    ava, bob = own.visitor("ava"), own.visitor("bob")
    own.users.set_password("ava", "a new and long one")
    assert not comes_in(ava) and comes_in(bob)
    own.users.remove("bob")
    assert not comes_in(bob)


def test_a_form_of_another_page_signs_nobody_in_or_out(house: House) -> None:
    browser = house.visitor("ava")
    for foreign in (
        {"origin": "https://example.org"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:7861"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
    ):
        assert browser.post("/sign-out", headers=foreign).status_code == 403
        assert browser.post("/sign-in", data=AVA, headers=foreign).status_code == 403
        assert browser.post("/gradio_api/queue/join", json={}, headers=foreign).status_code == 403
    assert comes_in(browser)
    assert browser.post("/sign-out", headers={"origin": HERE, "sec-fetch-site": "same-origin"}).status_code == 303


def test_other_pages_may_link_here_but_embed_nothing(house: House) -> None:
    browser = house.visitor("ava")
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert browser.get("/", headers=link).status_code == 200
    assert browser.get("/", headers=link | {"sec-fetch-dest": "iframe"}).status_code == 403
    picture = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}
    assert browser.get("/favicon.ico", headers=picture).status_code == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:7860", 303),
        ("localhost", 303),
        ("[::1]:7860", 303),
        ("127.8.9.10", 303),
        ("rebound.example", 421),
        ("192.168.1.20:7860", 421),
        ("localhost.example", 421),
        ("", 421),
        ("[::1", 421),
    ],
)
def test_bound_to_this_machine_it_answers_to_its_names_alone(house: House, host: str, status: int) -> None:
    assert house.visitor().get("/", headers={"host": host}).status_code == status


def test_bound_to_the_network_it_answers_to_addresses_and_the_names_it_was_told(tmp_path: Path) -> None:
    with house_in(tmp_path / "public", host="0.0.0.0", allowed=("Studio.Example",)) as house:
        answers = {
            host: house.visitor().get("/", headers={"host": host}).status_code
            for host in ("192.168.1.20:7860", "studio.example", "[2001:db8::1]", "rebound.example")
        }
    assert answers == {"192.168.1.20:7860": 303, "studio.example": 303, "[2001:db8::1]": 303, "rebound.example": 421}


def test_behind_a_proxy_the_visitor_is_who_the_proxy_says(tmp_path: Path) -> None:
    told = {"host": "studio.example", "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9"}
    behind = {"allowed": ("studio.example",), "root": "/photoplay"}
    with house_in(tmp_path / "behind", proxies=("127.0.0.0/8",), **behind) as house:
        browser = house.visitor()
        refused = browser.get("/", headers=told)
        assert refused.headers["location"] == "/photoplay/sign-in"
        assert "max-age" in refused.headers["strict-transport-security"]
        assert 'action="/photoplay/sign-in"' in browser.get("/sign-in", headers=told).text
        cookie = browser.post("/sign-in", data=AVA, headers=told).headers["set-cookie"]
        assert "; Path=/photoplay/;" in cookie and "; Secure" in cookie
        assert '"address": "203.0.113.9"' in house.audit()
    with house_in(tmp_path / "not", **behind) as house:
        cookie = house.visitor().post("/sign-in", data=AVA, headers=told).headers["set-cookie"]
        assert "Secure" not in cookie and "203.0.113.9" not in house.audit(), "anybody could say so"


def test_the_page_lets_its_own_scripts_run_and_no_others(house: House) -> None:
    first, second = (house.visitor("ava").get("/") for _ in range(2))
    policy = first.headers["content-security-policy"]
    nonce = re.search(r"'nonce-([\w-]{22})'", policy)
    assert nonce and f"'nonce-{nonce[1]}'" not in second.headers["content-security-policy"]
    scripts = re.findall(r"<script\b[^>]*>", first.text)
    assert scripts and all(f'nonce="{nonce[1]}"' in script for script in scripts)
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy


def test_every_answer_carries_the_headers(house: House) -> None:
    visitor, stranger = house.visitor("ava"), house.visitor()
    for answer in (visitor.get("/"), visitor.get("/nowhere"), visitor.get("/theme.css"), stranger.get("/x")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "content-security-policy" in answer.headers and "server" not in answer.headers

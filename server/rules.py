"""The doors of the web app: every route that may be used, and what is asked at each. What is not listed is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Ask = Literal["nothing", "visitor", "page", "session", "event", "upload", "progress", "file"]
"""What is asked of a request beyond being signed in.

nothing: not even that. visitor: that alone. page: no link into somebody's session. session: that the page's session,
named in the address, is the visitor's. event: the same for the session, event and files named in the body. upload: room
and measure. progress: that the upload is the visitor's. file: that the file is the visitor's to read.
"""


@dataclass(frozen=True)
class Rule:
    """One route. path: what the whole path must match; its group `name` is what the ask is about."""

    methods: tuple[str, ...]
    path: re.Pattern[str]
    ask: Ask


def _rule(methods: str, path: str, ask: Ask) -> Rule:
    return Rule(tuple(methods.split()), re.compile(path), ask)


API = "/gradio_api"
SHARED = r"/share/[A-Za-z0-9_-]{43}/"
"""Links for people who shall only look. Whoever has the token has the right; `server/sharing.py` knows the tokens."""
SESSION = r"(?P<name>[a-z0-9]{1,32})"
RULES = (
    _rule("GET HEAD POST", r"/sign-in", "nothing"),
    _rule("GET HEAD", r"/health", "nothing"),
    _rule("GET HEAD", r"/metrics", "nothing"),
    _rule("GET HEAD", SHARED, "nothing"),
    _rule("GET HEAD", rf"{SHARED}movie\.mp4", "nothing"),
    _rule("GET HEAD POST", r"/sign-out", "visitor"),
    _rule("GET HEAD", r"/", "page"),
    _rule("GET", r"/config", "page"),
    _rule("GET", r"/theme\.css", "visitor"),
    _rule("GET", rf"{API}/theme\.css", "visitor"),
    _rule("GET", r"/(assets|static|svelte)/[\w@./ +-]+", "visitor"),
    _rule("GET", r"/(favicon\.ico|manifest\.json|robots\.txt)", "visitor"),
    _rule("GET", rf"{API}/(startup-events|info|app_id|user|login_check)", "visitor"),
    _rule("GET", rf"{API}/heartbeat/{SESSION}", "session"),
    _rule("GET", rf"{API}/queue/data", "session"),
    _rule("POST", rf"{API}/queue/join", "event"),
    _rule("POST", rf"{API}/run/\w+", "event"),
    _rule("POST", rf"{API}/(cancel|reset|component_server)", "event"),
    _rule("POST", rf"{API}/upload", "upload"),
    _rule("GET", rf"{API}/upload_progress", "progress"),
    _rule("GET HEAD", rf"{API}/file=(?P<name>/.+)", "file"),
)
STREAMS = re.compile(rf"{API}/(heartbeat/.*|queue/data|upload_progress)")
"""Answers that last as long as the page is open."""


def rule_for(method: str, path: str) -> Rule | None:
    """The rule for a request; None when there is no such door."""
    return next((rule for rule in RULES if method in rule.methods and rule.path.fullmatch(path)), None)


def for_the_log(path: str) -> str:
    """The path of a request as logs may hold it: without the token of a link, which would open it."""
    return re.sub(r"^/share/+[^/]+", "/share/-", path)[:512]


def match_of(rule: Rule, path: str) -> str | None:
    """What the path of a request names: a session or a file."""
    match = rule.path.fullmatch(path)
    return None if match is None else match.groupdict().get("name")

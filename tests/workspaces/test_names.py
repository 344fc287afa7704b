"""Names from strangers: whatever they hold, nothing is written outside the workspace."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from pipeline.errors import RefusedFile
from workspaces.home import Home
from workspaces.names import LONGEST, checked_owner, clip_suffix, display_name, folder_name, unguessable

TRICKS = [
    "..",
    "../..",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "CON",
    "nul.mp4",
    "C:x",
    "~",
    "-rf",
    ".hidden",
    "a\0b",
    "\u202egpj.exe",
]
NAMES = some.one_of(
    some.text(max_size=400),
    some.text(some.characters(categories=["L", "M", "N", "Cf", "Zs", "Po"]), max_size=400),
    some.text(some.sampled_from(list("./\\\0\n\u202e\u2066 ~-:*?a")), max_size=60),
    some.builds(lambda trick, text: trick + text, some.sampled_from(TRICKS), some.text(max_size=300)),
    some.builds(lambda sign, count: sign * count, some.characters(exclude_categories=["Cs"]), some.integers(1, 5000)),
)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, database=None)
@given(NAMES)
def test_a_name_is_one_folder_inside_the_workspace(name: str) -> None:
    workspace = Home(Path("/studio")).workspace("ann")
    made = folder_name(name)
    assert 1 <= len(made.encode()) <= LONGEST
    assert made[0] not in ".-~" and all(sign.isalnum() or sign in "_-" for sign in made)
    folder = workspace / unguessable(name)
    assert folder.parent == workspace and ".." not in folder.parts
    assert len(folder.name.encode()) <= 255 - len(".new-")


@settings(max_examples=300, deadline=None, database=None)
@given(NAMES)
def test_a_shown_name_cannot_disguise_itself(name: str) -> None:
    shown = display_name(name)
    assert 1 <= len(shown) <= 120
    assert not any(unicodedata.category(sign)[0] == "C" for sign in shown)


@settings(max_examples=300, deadline=None, database=None)
@given(NAMES)
def test_a_stranger_does_not_choose_what_a_file_is_served_as(name: str) -> None:
    suffix = clip_suffix(Path("a" + name.replace("/", "").replace("\0", "")))
    assert suffix[1:].isalnum() and suffix not in (".html", ".svg", ".js", ".py", ".toml")


@pytest.mark.parametrize(
    ("name", "folder"), [("take 4", "take_4"), ("..", "shot"), ("büro-02", "büro-02"), ("a/b", "a_b"), ("-rf", "rf")]
)
def test_a_shots_name_makes_a_safe_folder(name: str, folder: str) -> None:
    assert folder_name(name) == folder


def test_folders_of_one_name_differ_by_64_bits_of_chance() -> None:
    made = {unguessable("take 4") for _ in range(1000)}
    assert len(made) == 1000 and all(len(name.removeprefix("take_4-")) == 16 for name in made)


@pytest.mark.parametrize("owner", ["", "..", "a/b", "a.b", "-a", "ann\n", "é", "a" * 65, "\0"])
def test_an_owner_who_names_no_folder_is_refused(owner: str) -> None:
    with pytest.raises(RefusedFile, match="not the id of a user"):
        checked_owner(owner)

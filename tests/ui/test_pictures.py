from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.still import decode_png
from ui.pictures import Pictures
from workspaces.handout import Exchange
from workspaces.home import Home


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    return Pictures(Exchange(Home(tmp_path), tmp_path / "samples"))


def test_a_picture_that_is_being_served_is_never_written_again(pictures: Pictures) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8)
    path = Path(pictures.keep("ann", picture))
    before = path.stat()
    assert pictures.keep("ann", picture.copy()) == str(path)
    assert path.stat().st_ino == before.st_ino
    assert (decode_png(path.read_bytes()) == picture).all()


def test_each_picture_has_a_file_of_its_own(pictures: Pictures) -> None:
    light, dark = (np.full((4, 4, 3), level, np.uint8) for level in (200, 20))
    assert pictures.keep("ann", light) != pictures.keep("ann", dark)


def test_the_same_picture_of_two_people_is_two_files(pictures: Pictures) -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    given = {owner: Path(pictures.keep(owner, picture)) for owner in ("ann", "bob")}
    assert given["ann"] != given["bob"]
    assert pictures.exchange.may_read("ann", given["ann"]) and not pictures.exchange.may_read("bob", given["ann"])


def test_what_is_given_out_keeps_its_name_and_takes_no_room(pictures: Pictures, tmp_path: Path) -> None:
    movie = tmp_path / "render.mp4"
    movie.write_bytes(b"picture")
    given = Path(pictures.give("ann", movie))
    assert given.name == "render.mp4" and given.samefile(movie)
    assert given.is_relative_to(tmp_path / "uploads"), "Gradio copies what lies elsewhere to where anyone may ask"
    given.unlink()
    assert movie.read_bytes() == b"picture"

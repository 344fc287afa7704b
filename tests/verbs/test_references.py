"""References: kept with the shot, seen frame by frame, and nobody else's."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.still import encode_png
from pipeline.compared import View, compared_key, picture_of, pictures_of
from pipeline.errors import RefusedFile
from pipeline.frames import FrameRange
from studio import LOCAL, SAMPLES
from tests.footage import clip, number_in
from verbs.references import References
from workspaces.home import Home
from workspaces.rooms import Rooms


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    return Rooms(Home(tmp_path / "home"), SAMPLES)


def sent(rooms: Rooms, owner: str, name: str, data: bytes) -> Path:
    """A file as the web server keeps an upload."""
    path = rooms.home.uploads / hashlib.sha256(data).hexdigest() / name
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    rooms.exchange.note_received(owner, path)
    return path


def test_a_still_is_every_frames_reference_with_bars_where_its_shape_differs(rooms: Rooms, interview: Path) -> None:
    from pipeline.clip.probe import probe

    shot, references = probe(interview), References(rooms)
    assert references.of(LOCAL, shot) is None
    still = np.full((100, 100, 3), 200, np.uint8)
    references.keep(LOCAL, shot, sent(rooms, LOCAL, "film.png", encode_png(still)))
    kept = references.of(LOCAL, shot)
    assert kept is not None and references.of("ann", shot) is None
    view = View("reference", reference=kept)
    pictures = list(pictures_of(view, shot, FrameRange(3, 6)))
    assert len(pictures) == 4 and pictures[0].shape == (360, 640, 3)
    assert (pictures[0][:, 320] == 200).all() and (pictures[0][:, :100] == 0).all()
    assert references.still(LOCAL, shot).is_file()  # pyright: ignore[reportOptionalMemberAccess]


def test_a_clip_runs_beside_the_shot_and_its_last_frame_is_held(rooms: Rooms, tmp_path: Path) -> None:
    from pipeline.clip.probe import probe

    shot, references = probe(clip(tmp_path / "plate.mp4", 12, 320, 180)), References(rooms)
    film = clip(tmp_path / "film.mp4", 5, 320, 180)
    references.keep(LOCAL, shot, sent(rooms, LOCAL, "film.mp4", film.read_bytes()))
    view = View("reference", reference=references.of(LOCAL, shot))
    assert [number_in(picture) for picture in pictures_of(view, shot, FrameRange(2, 7))] == [2, 3, 4, 4, 4, 4]
    assert number_in(picture_of(view, shot, 9)) == 4
    before = compared_key([view], shot, FrameRange(2, 7))
    references.keep(LOCAL, shot, sent(rooms, LOCAL, "other.png", encode_png(np.zeros((90, 90, 3), np.uint8))))
    now = View("reference", reference=references.of(LOCAL, shot))
    assert now.reference != view.reference and compared_key([now], shot, FrameRange(2, 7)) != before


def test_what_is_no_picture_is_refused(rooms: Rooms, interview: Path) -> None:
    from pipeline.clip.probe import probe

    references, shot = References(rooms), probe(interview)
    with pytest.raises(RefusedFile):
        references.keep(LOCAL, shot, sent(rooms, LOCAL, "film.png", b"Dear studio, here is the still."))
    assert references.of(LOCAL, shot) is None

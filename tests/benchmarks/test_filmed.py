"""The distance to film, on pictures whose difference is known, and the model's own autoencoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.filmed import MOST, Seen, coded, distances, figures, states
from pipeline.models.store import ModelStore
from tests.people.pictures import CLOSE_UP, frame, tinted

pytestmark = pytest.mark.slow
VAE = ModelStore(Path("models")).checkpoint("draft").folder / "vae"


@pytest.fixture(scope="module")
def seen() -> Seen:
    """A plate that is 6 too dark and 4 too red, and a render that has half of that left, all of it in the face."""
    film = frame(CLOSE_UP)
    face = np.zeros(film.shape[:2], np.float32)
    face[80:240, 240:400] = 1
    plate, half = tinted(film, -6, 4), tinted(film, -3, 2)
    return Seen(plate, np.where(face[..., None] > 0, half, plate), film, face)


def test_a_distance_is_what_was_added_and_only_where_it_is_looked_for(seen: Seen) -> None:
    whole, face = ([seen.cover(region)] for region in ("whole frame", "face"))
    far = distances([seen.plate], [seen.film], whole)
    assert far["light"] == pytest.approx(6, abs=0.5) and far["colour"] == pytest.approx(4, abs=0.7)
    assert distances([seen.render], [seen.film], face)["light"] == pytest.approx(3, abs=0.4)
    assert distances([seen.film], [seen.film], whole) == {"colour": 0, "light": 0, "texture": 0}


def test_one_cell_counts_no_more_than_the_most(seen: Seen) -> None:
    white, black = np.full_like(seen.film, 255), np.zeros_like(seen.film)
    assert distances([white], [black], [seen.cover("whole frame")])["light"] == MOST["light"]


def test_a_plate_that_is_right_already_does_not_decide(seen: Seen) -> None:
    right = Seen(seen.film, tinted(seen.film, 1, 0), seen.film, seen.face)
    assert figures([right], [states(right, VAE)])["whole frame"]["light"]["render"] == pytest.approx(2, abs=0.3)


def test_the_ratios_say_how_much_is_left(seen: Seen) -> None:
    found = figures([seen], [states(seen, VAE)])
    assert found["face"]["light"]["render"] == pytest.approx(0.5, abs=0.06)
    assert 0.9 < found["whole frame"]["light"]["render"] < 1
    assert found["whole frame"]["light"]["autoencoder"] < 0.3 < found["whole frame"]["light"]["plate coded"]


def test_the_face_goes_through_the_autoencoder_in_a_crop_of_its_own(seen: Seen) -> None:
    """It keeps more of its structure there than as a part of the whole picture."""
    nowhere = np.zeros_like(seen.face)
    nowhere[0, 0] = 1
    alone, together = (coded(seen.film, face, VAE) for face in (seen.face, nowhere))
    inside = seen.face > 0
    errors = [np.abs(made[inside].astype(int) - seen.film[inside]).mean() for made in (alone, together)]
    assert errors[0] < errors[1]
    assert np.array_equal(alone[40:60], together[40:60])

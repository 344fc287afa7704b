"""Caches that travel arrive as they left, and training goes on from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.draft.conftest import write_caches
from training.draft import denoiser
from training.draft.corpus import LOOKS
from training.draft.hints import hint_array
from training.draft.latents import latent_array, pairs_done
from training.draft.parcels import arrays_of, pack, unpack
from training.draft.shapes import CONTROLS


@pytest.fixture
def sent(data: Path, tmp_path: Path) -> tuple[Path, Path]:
    """(work folder that was packed, folder of the parcels)."""
    work = tmp_path / "here"
    work.mkdir()
    write_caches(work)
    normal = hint_array(work, "normal", 4)
    normal[2] = 90
    assert pack(data, work, tmp_path / "parcels", 0.2, ["normal"]) > 1
    return work, tmp_path / "parcels"


def test_what_arrives_is_what_left(sent: tuple[Path, Path], tmp_path: Path) -> None:
    work, parcels = sent
    there, notes = tmp_path / "there", tmp_path / "notes"
    there.mkdir()
    assert unpack(parcels, notes, there) == 4
    before, after = (arrays_of(folder, 4, ["normal"]) for folder in (work, there))
    sent_kinds = {*(f"hints-{kind}" for kind in (*CONTROLS, "normal")), *(f"latents-{look}" for look in LOOKS)}
    assert before.keys() == after.keys() == sent_kinds
    for name, array in before.items():
        if name.startswith("hints"):
            assert np.array_equal(array, after[name])
        else:
            assert np.abs(array.astype(float) - after[name]).max() < np.abs(array).max() / 127 / 2 + 0.003
    assert (there / "views.jsonl").read_text() == (work / "views.jsonl").read_text()
    assert pairs_done(latent_array(there, "film", 4)) == 4


def test_the_first_parcel_is_enough_to_begin(sent: tuple[Path, Path], tmp_path: Path) -> None:
    _, parcels = sent
    for late in sorted(parcels.iterdir())[1:]:
        late.unlink()
    there, notes = tmp_path / "there", tmp_path / "notes"
    there.mkdir()
    count = unpack(parcels, notes, there)
    assert 0 < count < 4
    assert len(denoiser.load_cache(notes, there).rows("train")) == count

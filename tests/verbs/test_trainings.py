"""From a folder of pictures to a LoRA in the store: at once, in line, stopped, refused, and shown on a frame."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open

from pipeline.clip.read import read_frame
from pipeline.errors import Cancelled, ModelMissing, NotWritable, RecipeError, RefusedFile, TrainingError
from pipeline.frames import FrameRange, Picture
from pipeline.progress import Progress, Step
from pipeline.render import Order
from studio import LOCAL, Studio
from tests.footage import write_clip
from tests.tiny import recipe
from tests.waiting import at
from training.characters.course import STAGE
from training.characters.settings import Training
from verbs.training_orders import training_from

pytestmark = pytest.mark.slow

SETTINGS = {
    "name": "ava",
    "trigger": "Ava",
    "base": "tiny",
    "steps": 6,
    "batch_size": 2,
    "rank": 2,
    "resolution": 64,
    "checkpoint_every": 2,
    "consent": "Ava, a digital character of ours",
}


def settings(**changes: object) -> Training:
    return training_from(SETTINGS | changes)


@pytest.fixture
def pictures(studio: Studio, interview: Path, tmp_path: Path) -> Path:
    """Three pictures with a face."""
    folder, shot = tmp_path / "pictures", studio.shot(interview)
    folder.mkdir()
    for number in (5, 40, 90):
        Image.fromarray(read_frame(shot, number).pixels).save(folder / f"{number}.png")
    return folder


def prepare(studio: Studio, source: Path, **changes: object) -> None:
    studio.trainings.prepare_pictures(LOCAL, source, settings(**changes), Progress())


def tensors(path: Path) -> dict[str, list[float]]:
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name).flatten().tolist() for name in file.keys()}  # noqa: SIM118


def test_pictures_become_a_lora_that_recipes_can_name(studio: Studio, pictures: Path, home: Path) -> None:
    prepare(studio, pictures)
    trained = studio.trainings.train(LOCAL, settings(), None, Progress())
    assert trained.name == "ava" and trained.loss is not None
    assert studio.models.weights("adapter", "ava").folder == home / "models" / "loras" / "ava"
    with safe_open(trained.file, "pt") as file:
        notes = file.metadata()
    assert notes["photoplay.consent"] == "Ava, a digital character of ours"
    assert notes["modelspec.trigger_phrase"] == "Ava" and json.loads(notes["photoplay.settings"])["steps"] == 6
    again = studio.trainings.train(LOCAL, settings(), None, Progress())
    assert again.loss is None, "nothing was left to do"


def test_stopped_and_taken_up_again_gives_the_same_lora(home: Path, studio: Studio, pictures: Path) -> None:
    """Once stopped by hand, once with the program that was carrying out the job; against a training left alone."""
    prepare(studio, pictures)
    stop = threading.Event()

    def listen(step: Step) -> None:
        if step.stage == STAGE and step.done == 3:
            stop.set()

    with pytest.raises(Cancelled):
        studio.trainings.train(LOCAL, settings(), None, Progress(listen, stop))
    job = studio.trainings.submit_training(LOCAL, settings())
    studio.start()
    studio.close()
    with Studio(home, "cpu") as later:
        later.start()
        done = at(later, job.id, "done", "failed")
        assert done.state == "done", done.reason
        prepare(later, pictures, name="other")
        other = later.trainings.train(LOCAL, settings(name="other"), None, Progress())
    made = home / "users" / LOCAL / "characters" / "ava" / "ava.safetensors"
    assert tensors(made) == tensors(other.file)


def test_the_lora_is_shown_on_the_artists_frame_while_it_trains(
    studio: Studio, pictures: Path, interview: Path, home: Path
) -> None:
    prepare(studio, pictures)
    order = Order(studio.shot(interview), recipe(), FrameRange(20, 20), home / "samples")
    shown: list[Picture] = []

    def listen(step: Step) -> None:
        if step.stage == STAGE and step.newest is not None:
            shown.append(step.newest)

    job = studio.trainings.submit_training(LOCAL, settings(rate=0.05), order)
    studio.trainings.carry_out(job, Progress(listen))
    assert [path.name for path in sorted(order.out.iterdir())] == ["000002.png", "000004.png", "000006.png"]
    assert len(shown) == 3 and not np.array_equal(shown[0], shown[2])
    assert [path.name for path in (home / "models" / "loras").iterdir()] == ["ava"], "the trials are gone again"


def test_a_full_disk_in_the_middle_loses_nothing(studio: Studio, pictures: Path, home: Path) -> None:
    """The log is on a disk that is full from the start, so that the first save fails; then there is room again."""
    prepare(studio, pictures)
    log = home / "users" / LOCAL / "characters" / "ava" / "loss.jsonl"
    log.symlink_to("/dev/full")
    with pytest.raises(NotWritable, match="The disk is full"):
        studio.trainings.train(LOCAL, settings(), None, Progress())
    log.unlink()
    assert studio.trainings.train(LOCAL, settings(), None, Progress()).loss is not None


def test_edited_captions_are_trained_on(studio: Studio, pictures: Path) -> None:
    prepare(studio, pictures)
    before = studio.trainings.captions(LOCAL, settings())
    assert [row.origin for row in before] == ["measured"] * 3
    edited = studio.trainings.edit_captions(LOCAL, settings(), {"5.png": "Ava at the table"})
    assert edited[0].caption == "Ava at the table" and edited[1:] == before[1:]
    trained = studio.trainings.train(LOCAL, settings(steps=1), None, Progress())
    assert "Ava at the table" in (trained.file.parent / "pictures" / "dataset.json").read_text()


def test_faces_need_a_word_about_whose_they_are(studio: Studio, pictures: Path) -> None:
    prepare(studio, pictures)
    with pytest.raises(TrainingError, match="say whose it is"):
        studio.trainings.submit_training(LOCAL, settings(consent=""))
    assert studio.jobs.jobs() == []


def test_a_name_is_taken_once(studio: Studio, pictures: Path) -> None:
    prepare(studio, pictures)
    studio.trainings.train(LOCAL, settings(), None, Progress())
    with pytest.raises(TrainingError, match="other pictures or settings"):
        studio.trainings.train(LOCAL, settings(steps=8), None, Progress())
    (studio.models.folder / "loras" / "ava").rename(studio.models.folder / "loras" / "eve")
    prepare(studio, pictures, name="eve")
    with pytest.raises(TrainingError, match="LoRA called eve already"):
        studio.trainings.train(LOCAL, settings(name="eve"), None, Progress())


def test_a_base_that_is_not_here_is_named_at_once(studio: Studio, pictures: Path) -> None:
    prepare(studio, pictures)
    with pytest.raises(ModelMissing, match="gone"):
        studio.trainings.submit_training(LOCAL, settings(base="gone"))


def test_zips_clips_and_other_files(studio: Studio, pictures: Path, interview: Path, tmp_path: Path) -> None:
    with ZipFile(tmp_path / "good.zip", "w") as archive, ZipFile(tmp_path / "bad.zip", "w") as bad:
        for path in pictures.iterdir():
            archive.write(path, f"set/{path.name}")
            bad.write(path, f"../{path.name}")
    told = studio.trainings.prepare_pictures(LOCAL, tmp_path / "good.zip", settings(), Progress())
    assert told.review.pictures == 3
    assert sorted(path.name for path in told.folder.glob("[!0]*")) == ["facts.json"], "what was unpacked is gone"
    with pytest.raises(RefusedFile, match="outside its folder"):
        prepare(studio, tmp_path / "bad.zip")
    (tmp_path / "notes.toml").write_text("a = 1")
    with pytest.raises(RefusedFile):
        prepare(studio, tmp_path / "notes.toml")
    shot = studio.shot(interview)
    short = write_clip(tmp_path / "clip.mp4", [read_frame(shot, number).pixels for number in (5, 90)])
    clip = studio.trainings.prepare_pictures(LOCAL, short, settings(name="clip"), Progress())
    assert clip.review.pictures == 2 and clip.review.faces


def test_a_stranger_reaches_no_folder_of_this_machine(studio: Studio, pictures: Path) -> None:
    for source in (pictures, pictures / "5.png"):
        with pytest.raises(RefusedFile, match="no such file"):
            studio.trainings.prepare_pictures("ann", source, settings(), Progress())


def test_settings_are_refused_with_every_fault() -> None:
    with pytest.raises(RecipeError) as refusal:
        training_from({"name": "../ava", "trigger": "Ava", "rang": 8})
    assert "`name`" in str(refusal.value) and "`rang`" in str(refusal.value) and "rank" in refusal.value.hint


def test_what_is_not_given_suits_the_base() -> None:
    draft, film = (training_from({"name": "a", "trigger": "b", "base": base}) for base in ("draft", "film"))
    assert (draft.resolution, draft.convolutions) == (256, True) and (film.resolution, film.convolutions) == (
        512,
        False,
    )
    assert draft.rate > film.rate == Training.model_fields["rate"].default
    assert training_from({"name": "a", "trigger": "b", "base": "draft", "rate": 1e-4}).rate == 1e-4

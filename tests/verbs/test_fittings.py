"""Variations of a LoRA, sheets to choose from, probes with and without: real trainings of a tiny model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jobs.job import Job
from pipeline.clip.read import read_frame
from pipeline.errors import ModelMissing, RecipeError, RefusedFile, TrainingError
from pipeline.frames import FrameRange, Picture
from pipeline.progress import Progress, Step
from pipeline.render import Order
from studio import LOCAL, Studio
from tests.tiny import recipe
from training.characters.settings import Training
from verbs.training_orders import training_from
from verbs.training_trials import Candidate, cells_of, probes_of, sheets_of
from verbs.variations import trigger_alone, variations

SETTINGS = {
    "name": "ava",
    "trigger": "Ava",
    "base": "tiny",
    "steps": 4,
    "batch_size": 1,
    "rank": 2,
    "alpha": 2,
    "rate": 0.05,
    "resolution": 64,
    "checkpoint_every": 2,
    "consent": "Ava, a digital character of ours",
}


def settings(**changes: object) -> Training:
    return training_from(SETTINGS | changes)


@pytest.fixture
def pictures(studio: Studio, interview: Path, tmp_path: Path) -> Path:
    """Two pictures with a face, prepared for Ava."""
    folder, shot = tmp_path / "pictures", studio.shot(interview)
    folder.mkdir()
    for number in (5, 90):
        Image.fromarray(read_frame(shot, number).pixels).save(folder / f"{number}.png")
    studio.trainings.prepare_pictures(LOCAL, folder, settings(), Progress())
    return folder


@pytest.fixture
def order(studio: Studio, interview: Path, tmp_path: Path) -> Order:
    return Order(studio.shot(interview), recipe(), FrameRange(20, 21), tmp_path / "out")


def trained(studio: Studio, **changes: object) -> None:
    studio.trainings.train(LOCAL, settings(**changes), None, Progress())


def test_variations_are_named_by_what_differs() -> None:
    found = variations(settings(), [2, 8], [0.05, 2.5e-4])
    assert [one.name for one in found] == ["ava", "ava-rate0_00025", "ava-r8", "ava-r8-rate0_00025"]
    assert [(one.rank, one.alpha, one.rate) for one in found][-1] == (8, 8, 2.5e-4)
    assert variations(settings(), [], []) == [settings()]
    assert trigger_alone(settings()).name == "ava-trigger"
    with pytest.raises(TrainingError, match="20 variations"):
        variations(settings(), range(1, 21), [])
    with pytest.raises(RecipeError, match="rank"):
        variations(settings(), [0], [])


def test_cells_are_every_lora_at_every_weight_with_every_seed() -> None:
    cells = cells_of([Candidate("ava", 2), Candidate("ava")], [0.5, 1], [1, 2])
    assert len(cells) == 8 and len({cell.file for cell in cells}) == 8
    assert [cell.label for cell in cells][:3] == [
        "ava at 2 · 0.5 · seed 1",
        "ava at 2 · 0.5 · seed 2",
        "ava at 2 · 1 · seed 1",
    ]
    for none in (([], [1], [1]), ([Candidate("ava")], [], [1])):
        with pytest.raises(TrainingError, match="nothing to try"):
            cells_of(*none)
    with pytest.raises(TrainingError, match="more than 64"):
        cells_of([Candidate("ava")], [1], range(65))


@pytest.mark.slow
def test_several_variations_train_on_the_same_pictures_with_captions_of_their_own(
    studio: Studio, pictures: Path, order: Order
) -> None:
    base = settings()
    others = [*variations(base, [2, 4], []), trigger_alone(base)]
    jobs = studio.trainings.submit_variations(LOCAL, base, others, order)
    assert [job.spec["training"]["name"] for job in jobs] == ["ava", "ava-r4", "ava-trigger"]  # pyright: ignore[reportArgumentType, reportCallIssue, reportIndexIssue, reportOptionalSubscript]
    words = {one.name: [row.caption for row in studio.trainings.captions(LOCAL, one)] for one in others}
    assert words["ava"] == words["ava-r4"] and words["ava-trigger"] == ["Ava", "Ava"] != words["ava"]
    for job in jobs:
        studio.trainings.carry_out(job, Progress())
    results = {result.name: result for result in studio.fittings.results(LOCAL)}
    assert set(results) == {"ava", "ava-r4", "ava-trigger"}
    for result in results.values():
        assert list(result.checkpoints) == [2, 4] == list(result.samples) and len(result.losses()) == 4
        assert result.settings is not None and result.settings.name == result.name
    assert results["ava"].lora.read_bytes() != results["ava-trigger"].lora.read_bytes()
    last = [np.asarray(Image.open(one.samples[4])) for one in results.values()]
    assert not np.array_equal(last[0], last[1]), "the same frame, worn differently"
    assert {lora.name: lora.trigger for lora in studio.fittings.loras(LOCAL)} == dict.fromkeys(results, "Ava")


@pytest.mark.slow
def test_a_sheet_shows_every_step_and_weight_and_goes_on_where_it_stopped(
    studio: Studio, pictures: Path, order: Order
) -> None:
    trained(studio)
    candidates = [Candidate("ava", 2), Candidate("ava")]
    job = studio.fittings.submit_sheet(LOCAL, candidates, [0.0001, 1], [1, 2], order)
    assert job.kind == "sheet"
    seen = carried_out(studio, job)
    assert [step.done for step in seen] == list(range(1, 9)) and all(step.newest is not None for step in seen)
    ((frame, cells),) = sheets_of(studio.fittings.result(LOCAL, "ava"))
    assert frame == 20 and len(cells) == 8
    shown: dict[str, Picture] = {cell.label: np.asarray(Image.open(path)) for cell, path in cells}
    assert not np.array_equal(shown["ava at 2 · 1 · seed 1"], shown["ava · 1 · seed 1"])
    assert not np.array_equal(shown["ava · 0.0001 · seed 1"], shown["ava · 1 · seed 1"])
    assert not np.array_equal(shown["ava · 1 · seed 1"], shown["ava · 1 · seed 2"])
    cells[3][1].unlink()
    again = carried_out(studio, job)
    assert [step.newest is not None for step in again] == [at == 3 for at in range(8)]
    assert np.array_equal(np.asarray(Image.open(cells[3][1])), shown[cells[3][0].label])
    assert [path.name for path in (studio.models.folder / "loras").iterdir()] == ["ava"], "nothing of it stays"


def carried_out(studio: Studio, job: Job) -> list[Step]:
    seen: list[Step] = []
    studio.fittings.carry_out_sheet(job, Progress(seen.append))
    return seen


@pytest.mark.slow
def test_a_chosen_step_can_be_named_in_a_prompt(studio: Studio, pictures: Path, order: Order) -> None:
    trained(studio)
    lora = studio.fittings.keep_step(LOCAL, Candidate("ava", 2))
    assert (lora.name, lora.trigger) == ("ava-at-2", "Ava")
    assert studio.fittings.keep_step(LOCAL, Candidate("ava")).name == "ava"
    assert "ava-at-2" in {one.name for one in studio.fittings.loras(LOCAL)}
    worn = recipe(prompt="Ava <lora:ava-at-2:0.8>")
    assert studio.models.missing(worn) == ()
    with pytest.raises(TrainingError, match=r"not saved at step 3.*2, 4"):
        studio.fittings.keep_step(LOCAL, Candidate("ava", 3))


@pytest.mark.slow
def test_a_probe_measures_the_frames_without_and_with(studio: Studio, pictures: Path, order: Order) -> None:
    trained(studio)
    lora = studio.fittings.lora(LOCAL, "ava")
    job = studio.fittings.submit_probe(LOCAL, Candidate("ava"), lora, 1.0, order)
    stages: list[str] = []
    studio.fittings.carry_out_probe(job, Progress(lambda step: stages.append(step.stage)))
    assert stages[0].startswith("without LoRA") and stages[-1].startswith("with LoRA")
    ((name, sides),) = probes_of(studio.fittings.result(LOCAL, "ava"))
    assert name == "v001" and set(sides) == {"without", "with"}
    flicker = [sides[side]["flicker"]["whole frame"]["ratio"]["value"] for side in ("without", "with")]
    assert flicker[0] != flicker[1]
    assert sides["with"]["likeness"]["to_plate"] == {"value": None, "ceiling": None, "reason": "no face model"}
    manifest = json.loads((Path(str(job.spec["out"])) / "with" / "manifest.json").read_text())
    assert [one["id"] for one in manifest["recipe"]["passes"][0]["adapters"]] == ["ava"]


@pytest.mark.slow
def test_nothing_of_anothers_is_listed_tried_or_chosen(
    studio: Studio, pictures: Path, order: Order, tmp_path: Path
) -> None:
    trained(studio)
    fittings = studio.fittings
    fittings.keep_step(LOCAL, Candidate("ava", 2))
    theirs = {"ava", "ava-at-2"}
    assert fittings.results("ann") == [] and fittings.loras("ann") == [] and fittings.of_others("ann") == theirs
    for name in theirs:
        worn = order.recipe.model_copy(update={"prompt": f"Ava <lora:{name}:0.8>"})
        for ask in (studio.renders.order, studio.renders.submit):
            assert ask(LOCAL, order.shot, worn, order.frames)
            with pytest.raises(ModelMissing, match=f"no LoRA {name} here"):
                ask("ann", order.shot, worn, order.frames)
    for job in studio.jobs.jobs():
        studio.jobs.cancel(job.id)
        studio.jobs.remove(job.id)
    for verb in (
        lambda: fittings.result("ann", "ava"),
        lambda: fittings.lora("ann", "ava"),
        lambda: fittings.keep_step("ann", Candidate("ava", 2)),
        lambda: fittings.submit_sheet("ann", [Candidate("ava")], [1], [1], order),
        lambda: fittings.submit_probe("ann", Candidate("ava"), fittings.loras(LOCAL)[0], 1.0, order),
    ):
        with pytest.raises(TrainingError, match="There is no"):
            verb()
    assert studio.jobs.jobs() == []


def test_uploaded_pictures_come_with_their_texts_and_are_used_up(studio: Studio, interview: Path) -> None:
    uploads, shot = studio.rooms.home.uploads, studio.shot(interview)
    sent: list[Path] = []
    for at, name in enumerate(("a.png", "a.txt", "a.png", "b.txt")):
        path = uploads / f"{at:064x}" / name
        path.parent.mkdir(parents=True)
        if name.endswith(".png"):
            Image.fromarray(read_frame(shot, 5 if at else 90).pixels).save(path)
        else:
            path.write_text("Ava at the table")
        studio.received("ann", path)
        sent.append(path)
    with pytest.raises(RefusedFile, match="no longer there"):
        studio.trainings.receive_pictures("bob", sent, settings(), Progress())
    made = studio.trainings.receive_pictures("ann", sent, settings(), Progress())
    assert made.review.pictures == 2
    captions = {row.source: row.caption for row in studio.trainings.captions("ann", settings())}
    assert captions["a.png"] == "Ava at the table" and len(captions) == 2
    assert not any(path.exists() for path in sent)
    assert studio.fittings.result("ann", "ava").settings == settings()

"""Real trainings of a tiny checkpoint."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from pipeline.engine.text import Prompts
from pipeline.errors import NotWritable, TrainingError
from pipeline.models.load import load_checkpoint
from pipeline.models.lora import LowRank
from pipeline.models.store import Checkpoint
from tests.engine.batches import drive
from tests.training.characters.conftest import dataset_in
from training.characters.cache import cache_latents, views
from training.characters.dataset import Dataset, Item
from training.characters.export import export, kohya_name
from training.characters.lora import Place, Reached, Watch, key_of_training, step_loss, train
from training.characters.network import with_lora
from training.characters.settings import Training
from training.characters.state import STATE, load, read_losses

CPU = torch.device("cpu")
QUICK = Training(
    name="ava",
    trigger="Ava",
    base="tiny",
    steps=12,
    batch_size=2,
    rank=4,
    alpha=4,
    rate=1e-3,
    resolution=64,
    checkpoint_every=4,
)


class Whole(NamedTuple):
    """What a training made, and where its losses lie."""

    lora: dict[str, LowRank]
    folder: Path


def carried_out(
    work: Generator[None, None, dict[str, LowRank]], stop_after: int | None = None
) -> dict[str, LowRank] | None:
    """The result of a training; or None when it is killed after so many turns at the accelerator."""
    turns = 0
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value
        turns += 1
        if stop_after is not None and turns >= stop_after:
            return None


def run(dataset: Dataset, checkpoint: Checkpoint, folder: Path, settings: Training = QUICK) -> dict[str, LowRank]:
    made = carried_out(train(dataset, settings, checkpoint, Place(folder, CPU), lambda reached: None))
    assert made is not None
    return made


@pytest.fixture(scope="module")
def whole(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """A training that nobody interrupts."""
    folder = tmp_path_factory.mktemp("whole")
    return Whole(run(dataset_in(folder / "pictures"), checkpoint, folder / "run"), folder / "run")


def same(a: dict[str, LowRank], b: dict[str, LowRank]) -> bool:
    return a.keys() == b.keys() and all(
        torch.equal(a[name].down, b[name].down) and torch.equal(a[name].up, b[name].up) for name in a
    )


def test_an_untrained_lora_changes_nothing(checkpoint: Checkpoint) -> None:
    plain, trained = load_checkpoint(checkpoint, CPU), with_lora(load_checkpoint(checkpoint, CPU), QUICK)
    x, times, text = torch.randn(1, 4, 8, 8), torch.tensor([500]), torch.randn(1, 77, 32)
    with torch.no_grad():
        outputs = [net(x, times, text, return_dict=False)[0] for net in (plain.unet, trained.networks.unet)]
    assert torch.equal(*outputs)
    assert all(not change.up.any() for change in trained.low_ranks().values())


@pytest.mark.slow
def test_training_lowers_the_loss_on_what_it_sees(dataset: Dataset, checkpoint: Checkpoint, tmp_path: Path) -> None:
    settings = QUICK.model_copy(
        update={"steps": 60, "rate": 2e-2, "checkpoint_every": 60, "drop_captions": 0.0, "carried": 0.0}
    )
    run(dataset, checkpoint, tmp_path / "run", settings)
    assert len(read_losses(tmp_path / "run")) == 60
    networks = load_checkpoint(checkpoint, CPU)
    latents = drive(cache_latents(dataset, settings, networks))
    trainee, prompts = with_lora(networks, settings), Prompts(networks.tokenizer, networks.text_encoder)

    def loss() -> float:
        with torch.no_grad():
            return sum(float(step_loss(draw, trainee, latents, prompts, settings)) for draw in range(12)) / 12

    before = loss()
    state = load(tmp_path / "run", key_of_training(dataset, settings, checkpoint))
    assert state is not None
    with torch.no_grad():
        for name, parameter in trainee.parameters().items():
            parameter.copy_(state.weights[name])
    assert loss() < 0.95 * before


def test_the_base_is_left_as_it_was(dataset: Dataset, checkpoint: Checkpoint, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in checkpoint.folder.rglob("*.safetensors")}
    made = run(dataset, checkpoint, tmp_path / "run")
    assert all(path.read_bytes() == data for path, data in before.items())
    assert any(change.up.any() for change in made.values())


@pytest.mark.parametrize("turns", [3, *(pytest.param(at, marks=pytest.mark.slow) for at in (16, 20, 23))])
def test_a_training_that_was_killed_goes_on_bit_for_bit(
    turns: int, whole: Whole, dataset: Dataset, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    killed = train(dataset, QUICK, checkpoint, Place(tmp_path / "killed", CPU), lambda reached: None)
    assert carried_out(killed, turns) is None
    assert same(run(dataset, checkpoint, tmp_path / "killed"), whole.lora)
    assert read_losses(tmp_path / "killed") == read_losses(whole.folder)


def test_everything_that_can_be_trained_is(dataset: Dataset, checkpoint: Checkpoint, tmp_path: Path) -> None:
    settings = QUICK.model_copy(
        update={
            "text_encoder": True,
            "convolutions": True,
            "masked": True,
            "noise_offset": 0.1,
            "accumulate": 2,
            "steps": 3,
        }
    )
    made = run(dataset, checkpoint, tmp_path / "run", settings)
    assert {"unet", "text_encoder"} == {name.split(".")[0] for name in made}
    assert any(change.down.dim() == 4 for change in made.values())
    assert all(change.up.any() for name, change in made.items() if name.startswith("text_encoder.layers.0"))


def test_carried_samples_start_from_other_colours(dataset: Dataset, checkpoint: Checkpoint) -> None:
    """With `carried` each picture has recoloured copies in its batch; without, the batch holds the picture twice."""
    networks = load_checkpoint(checkpoint, CPU)
    plain = drive(cache_latents(dataset, QUICK.model_copy(update={"carried": 0.0}), networks))
    drawn = plain.draw(np.random.default_rng(1), 4)
    assert torch.equal(drawn.latents, drawn.others)
    carried = drive(cache_latents(dataset, QUICK, networks)).draw(np.random.default_rng(1), 4)
    assert carried.parts.shape == (4, 2, *carried.latents.shape[2:])
    assert not torch.equal(carried.latents, carried.others)


def test_a_carried_head_is_seen_from_near_and_from_afar() -> None:
    """The whole, the whole at half the size, and a square round the face that stays inside the crop."""
    item = Item("a.png", "Ava", (0, 0, 400, 300), face=(300, 20, 90, 100))
    settings = QUICK.model_copy(update={"resolution": 256})
    (whole, size), (far, half), (near, square) = views(item, settings)
    assert whole == far == item
    assert (size, half, square) == ((320, 192), (128, 128), (256, 256))
    assert near.crop == (230, 0, 170, 170)
    assert list(views(item, settings.model_copy(update={"carried": 0.0}))) == [(item, size)]


def test_a_face_that_is_too_small_is_not_blown_up() -> None:
    item = Item("a.png", "Ava", (0, 0, 400, 300), face=(300, 20, 40, 50))
    assert len(list(views(item, QUICK.model_copy(update={"resolution": 256})))) == 2


def test_skin_and_hair_count_in_carried_samples_alone(dataset: Dataset, checkpoint: Checkpoint) -> None:
    networks = load_checkpoint(checkpoint, CPU)
    latents = drive(cache_latents(dataset, QUICK, networks))
    trainee, prompts = with_lora(networks, QUICK), Prompts(networks.tokenizer, networks.text_encoder)

    def loss(carried: float, colours: float) -> float:
        settings = QUICK.model_copy(update={"carried": carried, "colours": colours})
        with torch.no_grad():
            return float(step_loss(0, trainee, latents, prompts, settings))

    assert loss(1, 0) < loss(1, 1) < loss(1, 2)
    assert loss(0, 0) == loss(0, 2)


def test_every_step_is_told_and_states_carry_the_lora(dataset: Dataset, checkpoint: Checkpoint, tmp_path: Path) -> None:
    told: list[Reached] = []
    carried_out(train(dataset, QUICK, checkpoint, Place(tmp_path / "run", CPU), told.append))
    assert [one.step for one in told] == list(range(1, 13))
    assert [one.step for one in told if one.lora is not None] == [4, 8, 12]


def test_a_state_of_another_training_is_not_taken_up(dataset: Dataset, checkpoint: Checkpoint, tmp_path: Path) -> None:
    run(dataset, checkpoint, tmp_path / "run")
    with pytest.raises(TrainingError, match="other pictures or settings"):
        run(dataset, checkpoint, tmp_path / "run", QUICK.model_copy(update={"rank": 8}))


def test_a_damaged_state_is_named(dataset: Dataset, checkpoint: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / STATE).write_bytes(b"not a state")
    with pytest.raises(TrainingError, match="damaged"):
        run(dataset, checkpoint, tmp_path / "run")


@pytest.mark.slow
def test_a_rate_that_is_far_too_high_is_caught_and_the_last_state_kept(
    dataset: Dataset, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    settings = QUICK.model_copy(
        update={"rate": 0.1, "alpha": 256, "steps": 400, "schedule": "constant", "checkpoint_every": 10, "carried": 0.0}
    )
    with pytest.raises(TrainingError, match="learning rate"):
        run(dataset, checkpoint, tmp_path / "run", settings)
    kept = torch.load(tmp_path / "run" / STATE, weights_only=True)
    assert all(bool(value.isfinite().all()) for value in kept["weights"].values())


def test_no_number_is_no_loss() -> None:
    with pytest.raises(TrainingError, match="step 7"):
        Watch().see(7, float("nan"))


def test_a_folder_that_cannot_be_written_loses_nothing(
    dataset: Dataset, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    run(dataset, checkpoint, tmp_path / "run", QUICK.model_copy(update={"steps": 4}))
    data = (tmp_path / "run" / STATE).read_bytes()
    assert data
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    with pytest.raises((NotWritable, FileExistsError)):
        run(dataset, checkpoint, blocked)


def test_the_file_holds_kohyas_names_and_notes(dataset: Dataset, checkpoint: Checkpoint, tmp_path: Path) -> None:
    made, path = run(dataset, checkpoint, tmp_path / "run"), tmp_path / "ava.safetensors"
    export(made, QUICK, dataset, path)
    with safe_open(path, framework="pt") as file:
        notes, names = file.metadata(), set(file.keys())
        tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in names}
    assert notes["modelspec.trigger_phrase"] == "Ava"
    assert json.loads(notes["photoplay.settings"])["rank"] == 4
    assert notes["photoplay.dataset"] == dataset.key
    name = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q"
    assert {f"{name}.lora_down.weight", f"{name}.lora_up.weight", f"{name}.alpha"} <= names
    change = made["unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"]
    written = tensors[f"{name}.lora_up.weight"].float() @ tensors[f"{name}.lora_down.weight"].float()
    scale = float(tensors[f"{name}.alpha"]) / len(tensors[f"{name}.lora_down.weight"])
    assert torch.allclose((scale * written).flatten(), change.delta().flatten(), atol=1e-3)


def test_the_text_encoders_modules_are_called_as_kohya_does() -> None:
    assert (
        kohya_name("text_encoder.encoder.layers.3.self_attn.q_proj")
        == "lora_te_text_model_encoder_layers_3_self_attn_q_proj"
    )

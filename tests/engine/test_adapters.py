"""LoRAs in a render: the picture of the training they come from, whatever form they have, and nobody else's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from pipeline.engine.batch import Adapter, Batch
from pipeline.engine.img2img import denoised_latents
from pipeline.engine.residency import Residency, Resident
from pipeline.errors import ModelMissing
from pipeline.models.importing import import_model
from pipeline.models.load import load_checkpoint
from pipeline.models.lora import LowRank
from pipeline.models.store import ModelStore
from tests.engine.batches import drive, latents_of, make_batch, noise_pictures
from tests.tiny import make_models
from training.characters.dataset import Dataset, Item, write_dataset
from training.characters.export import export, kohya_tensors
from training.characters.lora import Place, train
from training.characters.network import with_lora
from training.characters.settings import Training

CPU = torch.device("cpu")
SETTINGS = Training(
    name="ava",
    trigger="Ava",
    base="tiny",
    steps=6,
    batch_size=2,
    rank=4,
    alpha=8,
    rate=0.02,
    resolution=64,
    text_encoder=True,
    convolutions=True,
)


@dataclass(frozen=True)
class Trained:
    """A folder of models with two LoRAs that were trained, exported and imported; and the first one as it was."""

    store: ModelStore
    lora: Mapping[str, LowRank]

    def adapter(self, id: str, weight: float = 1.0) -> Adapter:
        return Adapter(self.store.weights("adapter", id), weight, weight)

    def batch(self, *adapters: Adapter, **changes: Any) -> Batch:
        return make_batch(self.store, steps=5, adapters=adapters, **changes)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("trained")
    make_models(folder / "models")
    store = ModelStore(folder / "models")
    loras = []
    for number, name in enumerate(("ava", "ben")):
        pictures = folder / name
        pictures.mkdir()
        Image.fromarray(noise_pictures(1, seed=number)[0]).save(pictures / "a.png")
        dataset = Dataset(pictures, (Item("a.png", name, (0, 0, 64, 64), (16, 16, 32, 32), None),))
        write_dataset(dataset)
        settings = SETTINGS.model_copy(update={"name": name, "seed": number})
        place = Place(folder / f"{name}-run", CPU)
        loras.append(drive(train(dataset, settings, store.checkpoint("tiny"), place, lambda reached: None)))
        export(loras[-1], settings, dataset, folder / f"{name}.safetensors")
        import_model(folder / f"{name}.safetensors", store)
    diffusers = {f"{name}.lora_A.weight": change.down for name, change in loras[0].items()}
    diffusers |= {f"{name}.lora_B.weight": change.up * change.scale for name, change in loras[0].items()}
    save_file(diffusers, folder / "ava_diffusers.safetensors")
    import_model(folder / "ava_diffusers.safetensors", store)
    return Trained(store, loras[0])


@pytest.fixture(scope="module")
def own(trained: Trained) -> Residency:
    return Residency(CPU)


def trainee(trained: Trained) -> Residency:
    """The tiny checkpoint as it was at the end of the training, with PEFT's layers still in it."""
    checkpoint = trained.store.checkpoint("tiny")
    made = with_lora(load_checkpoint(checkpoint, CPU), SETTINGS)
    for name, parameter in made.parameters().items():
        module, part = name.removesuffix(".default.weight").rsplit(".", 1)
        change = trained.lora[module]
        parameter.data.copy_(change.down if part == "lora_A" else change.up)
    residency = Residency(CPU)
    residency._checkpoints[checkpoint.key] = Resident.of(made.networks, residency.graphs())
    return residency


@pytest.mark.slow
def test_a_render_with_the_exported_lora_is_one_by_the_trainee(trained: Trained, own: Residency) -> None:
    plain, worn = trained.batch(), trained.batch(trained.adapter("ava"))
    there, here = latents_of(plain, trainee(trained)), latents_of(worn, own)
    assert np.abs(here - latents_of(plain, own)).max() > 0.05
    assert np.abs(here - there).max() <= 1e-3


def test_the_form_of_the_file_does_not_matter(trained: Trained, own: Residency) -> None:
    kohya, diffusers = (latents_of(trained.batch(trained.adapter(id)), own) for id in ("ava", "ava_diffusers"))
    assert np.abs(kohya - diffusers).max() <= 1e-3


def test_no_weight_is_no_change_and_the_checkpoint_comes_back_to_the_bit(trained: Trained, own: Residency) -> None:
    bare = latents_of(trained.batch(), Residency(CPU))
    assert np.array_equal(latents_of(trained.batch(trained.adapter("ava", 0)), own), bare)
    latents_of(trained.batch(trained.adapter("ava", 0.7), trained.adapter("ben")), own)
    assert np.array_equal(latents_of(trained.batch(), own), bare)
    ours, fresh = (
        own.checkpoint(trained.store.checkpoint("tiny")).networks,
        load_checkpoint(trained.store.checkpoint("tiny"), CPU),
    )
    for part, other in ((ours.unet, fresh.unet), (ours.text_encoder, fresh.text_encoder)):
        weights, others = part.state_dict(), other.state_dict()
        assert all(torch.equal(weights[name], others[name]) for name in others)


def weights_under(trained: Trained, own: Residency, *adapters: Adapter) -> dict[str, Tensor]:
    resident = own.checkpoint(trained.store.checkpoint("tiny"))
    resident.outfit.wear(adapters)
    parts = {"unet": resident.networks.unet, "text": resident.networks.text_encoder}
    found = {f"{part}.{name}": value.clone() for part, net in parts.items() for name, value in net.state_dict().items()}
    resident.outfit.wear(())
    return found


def test_two_loras_add_up(trained: Trained, own: Residency) -> None:
    ava, ben = trained.adapter("ava", 0.6), trained.adapter("ben", -0.4)
    bare, one, other, both = (weights_under(trained, own, *worn) for worn in ((), (ava,), (ben,), (ava, ben)))
    moved = [name for name in bare if not torch.equal(bare[name], both[name])]
    assert {name.partition(".")[0] for name in moved} == {"unet", "text"}
    for name in moved:
        assert torch.allclose(both[name] - bare[name], one[name] + other[name] - 2 * bare[name], atol=1e-5)


def test_each_network_has_its_own_weight(trained: Trained, own: Residency) -> None:
    bare = weights_under(trained, own)
    unet = weights_under(trained, own, replace(trained.adapter("ava"), text_weight=0.0))
    moved = {name.partition(".")[0] for name in bare if not torch.equal(bare[name], unet[name])}
    assert moved == {"unet"}


def test_renders_that_take_turns_do_not_see_each_others_loras(trained: Trained, own: Residency) -> None:
    """Between any two steps of one, the other takes one, as a preview in a render does; the picture stays the same."""
    batches = [
        trained.batch(trained.adapter("ava")),
        trained.batch(trained.adapter("ben", 0.5), sampler="euler_a"),
        trained.batch(),
    ]
    alone = [latents_of(batch, Residency(CPU)) for batch in batches]
    works = {place: denoised_latents(batch, own) for place, batch in enumerate(batches)}
    finished: dict[int, np.ndarray] = {}
    while works:
        for place, work in list(works.items()):
            try:
                next(work)
            except StopIteration as end:
                finished[place] = end.value.numpy()
                del works[place]
    assert all(np.array_equal(finished[place], result) for place, result in enumerate(alone))
    assert not np.array_equal(alone[0], alone[2])


def test_a_lora_that_does_not_fit_leaves_nothing_on(trained: Trained, own: Residency, tmp_path: Path) -> None:
    name = next(name for name in trained.lora if name.startswith("unet.mid_block"))
    save_file(
        kohya_tensors({name: LowRank(torch.ones(2, 640), torch.ones(640, 2), None, 1.0)}), tmp_path / "w.safetensors"
    )
    import_model(tmp_path / "w.safetensors", trained.store)
    bare = latents_of(trained.batch(), own)
    with pytest.raises(ModelMissing, match="The LoRA w does not fit"):
        latents_of(trained.batch(trained.adapter("ava"), trained.adapter("w")), own)
    assert np.array_equal(latents_of(trained.batch(), own), bare)

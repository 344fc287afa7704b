"""AnimateDiff's motion modules, told by their tensors, arrive as diffusers' own converter would have them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from diffusers.loaders.single_file_utils import convert_animatediff_checkpoint_to_diffusers
from diffusers.models.embeddings import SinusoidalPositionalEmbedding
from torch import Tensor

from pipeline.errors import RefusedFile
from pipeline.models.importing import Wish, import_model
from pipeline.models.load import load_motion
from pipeline.models.store import ModelStore
from tests import tiny
from tests.models import siblings
from tests.models.siblings import Shapes, linear, norm
from tests.models.test_import import as_pickle, as_safetensors

CPU = torch.device("cpu")
FRAMES = 24


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def module(name: str, width: int) -> Shapes:
    """One motion module under the original's names, as they stand in mm_sd_v15_v2.ckpt."""
    own = f"{name}.temporal_transformer"
    block = f"{own}.transformer_blocks.0"
    shapes = (
        norm(f"{own}.norm", width) | linear(f"{own}.proj_in", width, width) | linear(f"{own}.proj_out", width, width)
    )
    for number in (0, 1):
        shapes |= norm(f"{block}.norms.{number}", width)
        attention = f"{block}.attention_blocks.{number}"
        for part in ("to_q", "to_k", "to_v"):
            shapes |= linear(f"{attention}.{part}", width, width, bias=False)
        shapes |= linear(f"{attention}.to_out.0", width, width) | {f"{attention}.pos_encoder.pe": (1, FRAMES, width)}
    feed = linear(f"{block}.ff.net.0.proj", width, 8 * width) | linear(f"{block}.ff.net.2", 4 * width, width)
    return shapes | norm(f"{block}.ff_norm", width) | feed


def names(mid: bool) -> Iterator[tuple[str, int]]:
    for level, width in enumerate(siblings.WIDTHS):
        yield from ((f"down_blocks.{level}.motion_modules.{at}", width) for at in range(2))
    for level, width in enumerate(reversed(siblings.WIDTHS)):
        yield from ((f"up_blocks.{level}.motion_modules.{at}", width) for at in range(3))
    if mid:
        yield "mid_block.motion_modules.0", siblings.WIDTHS[-1]


def original(mid: bool = True) -> dict[str, Tensor]:
    shapes: Shapes = {}
    for name, width in names(mid):
        shapes |= module(name, width)
    weights = siblings.random(shapes, 3)
    tables = {
        name: SinusoidalPositionalEmbedding(t.shape[2], t.shape[1]).get_buffer("pe")
        for name, t in weights.items()
        if "pe" in name.split(".")
    }
    return weights | tables


@pytest.mark.parametrize("mid", [True, False])
@pytest.mark.parametrize("write", [as_safetensors, as_pickle])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_the_original_form(
    store: ModelStore, tmp_path: Path, write: Callable[[dict[str, Tensor], Path], Path], mid: bool, prefix: str
) -> None:
    weights = original(mid)
    done = import_model(write(siblings.prefixed(prefix, weights), tmp_path / "mm_sd_v15_v2"), store)
    assert (done.record.kind, done.record.form, done.record.id) == ("motion", "LDM", "mm_sd_v15_v2")
    config = json.loads((done.folder / "config.json").read_text())
    assert tuple(config["block_out_channels"]) == siblings.WIDTHS and config["motion_max_seq_length"] == FRAMES
    assert config["use_motion_mid_block"] is mid and config["motion_layers_per_block"] == 2
    state = load_motion(store.weights("motion", done.record.id), CPU).state_dict()
    theirs = convert_animatediff_checkpoint_to_diffusers(weights)
    assert {name for name in state if not name.endswith("pos_embed.pe")} == set(theirs)
    assert all(torch.equal(state[name], tensor.float()) for name, tensor in theirs.items())
    table = state["down_blocks.1.motion_modules.0.transformer_blocks.0.pos_embed.pe"]
    assert torch.allclose(table, SinusoidalPositionalEmbedding(64, FRAMES).get_buffer("pe"), atol=1e-3)


def test_the_diffusers_form_with_and_without_its_tables(store: ModelStore, tmp_path: Path) -> None:
    adapter = tiny.motion_adapter()
    adapter.save_pretrained(tmp_path / "theirs")
    expected = adapter.state_dict()
    without = {name: tensor for name, tensor in expected.items() if not name.endswith("pos_embed.pe")}
    for name, source in (
        ("folder", tmp_path / "theirs"),
        ("file", as_safetensors(dict(expected), tmp_path / "file")),
        ("bare", as_safetensors(without, tmp_path / "bare")),
    ):
        done = import_model(source, store, Wish(name))
        assert done.record.kind == "motion"
        state = load_motion(store.weights("motion", name), CPU).state_dict()
        tables = {n: tensor for n, tensor in expected.items() if n not in without}
        assert tables and all(torch.equal(state[n][:, : tensor.shape[1]], tensor) for n, tensor in tables.items())
        assert all(torch.equal(state[n], tensor) for n, tensor in without.items())


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"conv_in.weight": (32, 9, 3, 3)}, "PIA"),
        ({"down_blocks.0.motion_modules.0.processor.to_q_lora.down.weight": (4, 32)}, "motion LoRA"),
    ],
)
def test_relatives_are_refused_by_name(store: ModelStore, tmp_path: Path, extra: Shapes, words: str) -> None:
    weights = original() | siblings.random(extra, 1)
    with pytest.raises(RefusedFile, match=words):
        import_model(as_safetensors(weights, tmp_path / "odd"), store)


def test_an_adapter_of_another_base_is_refused(store: ModelStore, tmp_path: Path) -> None:
    shapes = module("down_blocks.0.motion_modules.0", 32) | module("down_blocks.2.motion_modules.0", 1280)
    with pytest.raises(RefusedFile, match="Stable Diffusion XL"):
        import_model(as_safetensors(siblings.random(shapes, 1), tmp_path / "xl"), store)


def test_an_adapter_that_is_not_whole_is_refused(store: ModelStore, tmp_path: Path) -> None:
    weights = original()
    del weights["up_blocks.1.motion_modules.2.temporal_transformer.proj_out.weight"]
    with pytest.raises(RefusedFile, match="lacks 1 of the"):
        import_model(as_safetensors(weights, tmp_path / "cut"), store)

"""The engine as its callers see it: from several threads, stopped, failing, and alone on its machine."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch import nn
from torch.nn.modules.module import register_module_forward_hook

from pipeline.engine.engine import Engine, Priority
from pipeline.errors import Cancelled, RecipeError
from pipeline.models.store import ModelStore
from tests.engine.batches import make_batch, make_hint, with_hints


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine("cpu") as engine:
        yield engine


def test_a_preview_in_the_middle_of_a_render_ends_first_and_changes_neither(store: ModelStore, engine: Engine) -> None:
    render = make_batch(store, count=3, steps=10)
    render = with_hints(render, make_hint(store, "tiny-canny", render))
    preview = make_batch(store, count=1, steps=6, prompt="preview", sampler="euler_a")
    render_alone = engine.img2img(render, Priority.RENDER)
    preview_alone = engine.img2img(preview, Priority.PREVIEW)

    frames: list[int] = []
    third_step = threading.Event()

    def watch(module: nn.Module, inputs: tuple, output: object) -> None:
        """Note how many frames each UNet call has; hold the render's third until the preview is in line."""
        if type(module).__name__ == "UNet2DConditionModel":
            frames.append(len(inputs[0]) // 2)
            if len(frames) == 3:
                third_step.set()
                while len(engine._lease._line) < 2:
                    time.sleep(0.001)

    hook = register_module_forward_hook(watch)
    with ThreadPoolExecutor() as pool:
        rendered = pool.submit(engine.img2img, render, Priority.RENDER)
        third_step.wait(30)
        previewed = engine.img2img(preview, Priority.PREVIEW)
    hook.remove()
    assert frames == [3] * 3 + [1] * 4 + [3] * 4
    assert np.array_equal(previewed, preview_alone)
    assert np.array_equal(rendered.result(), render_alone)


def test_a_render_stops_between_two_steps(store: ModelStore, engine: Engine) -> None:
    calls, stop = [], threading.Event()

    def stop_at_the_second(module: nn.Module, inputs: object, output: object) -> None:
        if type(module).__name__ == "UNet2DConditionModel":
            calls.append(module)
            if len(calls) == 2:
                stop.set()

    hook = register_module_forward_hook(stop_at_the_second)
    with pytest.raises(Cancelled):
        engine.img2img(make_batch(store, steps=10), Priority.RENDER, stop)
    hook.remove()
    assert len(calls) == 2


def test_an_error_reaches_the_caller_and_the_engine_lives_on(store: ModelStore, engine: Engine) -> None:
    batch = make_batch(store, steps=2)
    with pytest.raises(RecipeError, match="Clip skip 9"):
        engine.img2img(replace(batch, sampling=replace(batch.sampling, clip_skip=9)), Priority.RENDER)
    assert engine.img2img(batch, Priority.RENDER).shape == (2, 64, 64, 3)


def test_two_engines_agree_to_the_bit(store: ModelStore, engine: Engine) -> None:
    batch = make_batch(store, steps=3)
    with Engine("cpu") as other:
        assert np.array_equal(engine.img2img(batch, Priority.RENDER), other.img2img(batch, Priority.RENDER))


def test_a_closed_engine_takes_no_work(store: ModelStore) -> None:
    engine = Engine("cpu")
    engine.close()
    with pytest.raises(Cancelled):
        engine.img2img(make_batch(store), Priority.RENDER)


BARE_MACHINE = """
import sys
from pathlib import Path
import pipeline.models.store, pipeline.models.catalogue
print(*sys.modules)
from pipeline.engine.engine import Engine
print(*sys.modules)
import torch
from pipeline.models.load import load_checkpoint, load_control
store = pipeline.models.store.ModelStore(Path(sys.argv[1]))
load_checkpoint(store.checkpoint("tiny"), torch.device("cpu"))
load_control(store.control("tiny-canny"), torch.device("cpu"))
print(*sys.modules)
"""


@pytest.mark.slow
def test_the_engine_needs_no_package_of_the_other_stages(store: ModelStore) -> None:
    """It must run on a bare GPU machine; and nothing heavy comes in before it is used."""
    result = subprocess.run(
        [sys.executable, "-c", BARE_MACHINE, str(store.folder)],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    finding, importing, loading = (
        {name.partition(".")[0] for name in line.split()} for line in result.stdout.splitlines()
    )
    assert not finding & {"torch", "numpy"}
    assert "torch" in importing and not importing & {"diffusers", "transformers", "torchvision"}
    assert {"diffusers", "transformers"} <= loading
    assert not loading & {"cv2", "av", "mediapipe", "controlnet_aux", "gradio", "imageio_ffmpeg"}

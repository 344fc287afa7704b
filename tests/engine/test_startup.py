"""A second render in the same process starts at once: what was loaded for the first is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.engine import residency
from pipeline.engine.engine import Engine, Priority
from pipeline.models.store import ModelStore
from tests.engine.batches import counted_calls, make_batch, make_hint, with_hints


def test_a_second_render_loads_nothing_and_encodes_no_prompt(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: Counter[str] = Counter()

    def counting(name: str, load: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*inputs: Any) -> Any:
            loaded[name] += 1
            return load(*inputs)

        return counted

    for name in ("load_checkpoint", "load_control"):
        monkeypatch.setattr(residency, name, counting(name, getattr(residency, name)))
    batch = make_batch(store, steps=2)
    batch = with_hints(batch, make_hint(store, "tiny-canny", batch), make_hint(store, "tiny-openpose", batch))
    with Engine("cpu") as engine:
        engine.img2img(batch, Priority.RENDER)
        assert loaded == {"load_checkpoint": 1, "load_control": 2}
        with counted_calls() as calls:
            engine.img2img(batch, Priority.PREVIEW)
    assert loaded == {"load_checkpoint": 1, "load_control": 2}
    assert calls["CLIPTextModel"] == 0 and calls["UNet2DConditionModel"] > 0

"""What a render is done with is let go of at once."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from av.video.frame import VideoFrame

from tests.render.conftest import Bench, tiny_recipe

LITTLE = 4096
"""Bytes of an array that may wait for the garbage collector."""
FILTERS = (
    'prepare=[{kind="local_deflicker", reach=2}, {kind="clarity"}]',
    'finish=[{kind="stabilise", reach=2}]',
)


@contextmanager
def uncollected() -> Iterator[list[str]]:
    """At the end of the block: the pictures that only the garbage collector lets go of."""
    waiting = list[str]()
    gc.collect()
    gc.disable()
    try:
        yield waiting
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        held = pictures_in(gc.garbage)
        gc.set_debug(0)
        gc.garbage.clear()
        gc.collect()
        waiting.extend(name for name, picture in held if picture is None or picture() is None)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def pictures_in(garbage: Iterable[Any]) -> list[tuple[str, weakref.ref[Any] | None]]:
    """Decoded frames among these objects, and large arrays that they refer to, some of which others may hold too."""
    found = list[tuple[str, weakref.ref[Any] | None]]()
    for holder in garbage:
        if type(holder) is VideoFrame:
            found.append((f"frame {holder}", None))
        for array in gc.get_referents(holder):
            if isinstance(array, np.ndarray | torch.Tensor) and array.nbytes > LITTLE:
                found.append((f"{tuple(array.shape)} in {type(holder).__qualname__}", weakref.ref(array)))
    return found


@pytest.mark.slow
def test_no_picture_waits_for_the_garbage_collector(bench: Bench) -> None:
    """It passes over what is old: of a thousand frames 42 waited for it, with all the memory of the decoder."""
    with uncollected() as waiting:
        bench.render(tiny_recipe(*FILTERS), "60-63", "out")
    assert waiting == []

"""The movie as it goes out: another rate, another speed, another size, and its sound, in whole renders."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.errors import ModelMissing
from pipeline.frames import FrameRange
from tests.footage import Clip, click_time, click_wav, clip, number_in, sound_packets
from tests.models.test_import import esrgan
from tests.render.conftest import Bench, tiny_recipe

pytestmark = pytest.mark.slow

OFF = ("passes.body.denoising_strength=0", "passes.face.enabled=false", "final.guard=1")


@pytest.fixture
def clicked(bench_of: Callable[[Path], Bench], tmp_path: Path) -> Bench:
    """Two seconds at 24 frames a second, with a click at the start of frame 24."""
    sound = click_wav(tmp_path / "click.wav", 1.0, 2.0)
    return bench_of(clip(tmp_path / "plate.mp4", 48, 128, 96, Clip(sound=sound)))


def test_at_sixty_frames_a_second_the_length_and_the_sound_stay(clicked: Bench) -> None:
    done = clicked.render(tiny_recipe(*OFF, 'final.rate="60"'), "0-47", "sixty")
    final = probe(done.out.final)
    assert (final.rate, len(final.frames)) == (Fraction(60), 120)
    assert sound_packets(done.out.final) == sound_packets(done.out.render), "bit by bit"
    assert len(probe(done.out.render).frames) == 48
    pictures = [frame.pixels for frame in read_frames(final, final.frames)]
    assert [number_in(pictures[5 * at]) for at in range(24)] == [2 * at for at in range(24)]


def test_in_slow_motion_the_click_stays_with_its_frame(clicked: Bench) -> None:
    done = clicked.render(tiny_recipe(*OFF, "final.speed=0.5"), "0-47", "slow")
    final = probe(done.out.final)
    assert (final.rate, len(final.frames)) == (Fraction(24), 96)
    shown = next(frame for frame in read_frames(final, FrameRange(48, 48)))
    assert number_in(shown.pixels) == 24
    assert click_time(done.out.final, 2.0) == pytest.approx(2.0, abs=1 / 24)
    assert click_time(done.out.render, 1.0) == pytest.approx(1.0, abs=0.01), "the render itself is as it was"


def test_twice_as_large_by_lanczos_and_by_a_network(clicked: Bench) -> None:
    plain = clicked.render(tiny_recipe(*OFF, "final.scale=2"), "0-1", "plain")
    size = probe(plain.out.final)
    assert (size.width, size.height) == (256, 192)
    with pytest.raises(ModelMissing, match="sharp"):
        clicked.render(tiny_recipe(*OFF, "final.scale=2", 'final.upscaler="sharp"'), "0-1", "missing")
    assert not (clicked.folder / "missing").exists()


def test_an_imported_upscaler_is_used_and_named_in_the_manifest(
    clicked: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own" / "upscalers" / "sharp"
    folder.mkdir(parents=True)
    torch.manual_seed(1)
    save_file({name: 0.1 * tensor for name, tensor in esrgan().items()}, folder / "upscaler.safetensors")
    for place in ("checkpoints", "controlnets"):
        (tmp_path / "own" / place).symlink_to(clicked.tools.models.folder / place)
    models = type(clicked.tools.models)(tmp_path / "own")
    tools = type(clicked.tools)(clicked.tools.engine, models, clicked.tools.cache)
    bench = Bench(clicked.shot, tools, clicked.folder)
    done = bench.render(tiny_recipe(*OFF, "final.scale=2", 'final.upscaler="sharp"', "final.faces=1"), "0-0", "network")
    assert done.version.models["sharp"] == models.weights("upscaler", "sharp").key
    plain = bench.render(tiny_recipe(*OFF, "final.scale=2"), "0-0", "plain")
    one, other = (next(read_frames(probe(d.out.final), FrameRange(0, 0))).pixels for d in (done, plain))
    assert one.shape == other.shape == (192, 256, 3)
    assert abs(one.astype(float) - other).mean() > 5

"""Masters: what each form keeps of the pictures, the sound, the transparency and the layers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.clip.exr import read_parts
from pipeline.clip.master import MOVIES, MasterFrame, check_master, write_master
from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.values import read_values
from pipeline.errors import OutputError
from pipeline.frames import FrameRange, Layer
from pipeline.recipe.recipe import Master
from tests.footage import Clip, click_wav, clip, number_in, numbered

WIDTH, HEIGHT, COUNT = 256, 144, 6
CODECS = {
    "h265": "hevc",
    "av1": "av1",
    "prores_422": "prores",
    "prores_4444": "prores",
    "dnxhr": "dnxhd",
    "ffv1": "ffv1",
}


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> Shot:
    folder = tmp_path_factory.mktemp("plate")
    wav = click_wav(folder / "click.wav", 0.05, 0.25)
    return probe(clip(folder / "plate.mp4", COUNT, WIDTH, HEIGHT, Clip(sound=wav)))


def frames(alpha: float | None = None) -> Iterator[MasterFrame]:
    for number in range(COUNT):
        pixels = numbered(number, WIDTH, HEIGHT).astype(np.float32) / 255
        clear = None if alpha is None else np.full((HEIGHT, WIDTH), alpha, np.float32)
        yield MasterFrame(number, pixels if alpha is None else pixels * np.float32(alpha), clear)


@pytest.mark.parametrize("kind", CODECS)
def test_movies_keep_pictures_rate_and_sound(shot: Shot, tmp_path: Path, kind: Master) -> None:
    path = write_master(tmp_path, kind, frames(), shot, shot.frames)
    made = probe(path)
    assert (made.frames, made.rate, made.sound, made.notes) == (shot.frames, shot.rate, True, ())
    assert (made.width, made.height) == (WIDTH, HEIGHT)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.codec.canonical_name == CODECS[kind]
        assert max(component.bits for component in stream.format.components) >= 10
        sound = container.streams.audio[0].codec_context.codec.canonical_name
        assert sound == ("pcm_s24le" if path.suffix == ".mov" else "aac")
    shown = [frame.pixels for frame in read_frames(made, made.frames)]
    assert [number_in(picture) for picture in shown] == list(range(COUNT))
    assert np.abs(shown[3] - numbered(3, WIDTH, HEIGHT).astype(float)).mean() < 1.5


@pytest.mark.parametrize("kind", ["prores_4444", "ffv1", "png", "tiff"])
def test_transparency_is_kept(shot: Shot, tmp_path: Path, kind: Master) -> None:
    made = probe(write_master(tmp_path, kind, frames(0.5), shot, None))
    assert any("alpha" in note for note in made.notes)
    over_black = next(read_frames(made, FrameRange(2, 2))).pixels
    assert np.abs(over_black - numbered(2, WIDTH, HEIGHT) / 2).mean() < 2


@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_stills_have_sixteen_bits(shot: Shot, tmp_path: Path, kind: Master) -> None:
    ramp = np.repeat(np.linspace(0, 1, WIDTH * HEIGHT, dtype=np.float32).reshape(HEIGHT, WIDTH, 1), 3, axis=2)
    path = write_master(tmp_path, kind, [MasterFrame(1001, ramp)], shot, None)
    assert path.name == f"plate_001001.{'png' if kind == 'png' else 'tif'}"
    assert np.abs(read_values(path).scaled - ramp).max() <= 0.5 / 65535 + 1e-6


def test_exr_is_linear_with_layers_and_mattes_by_name(shot: Shot, tmp_path: Path) -> None:
    grey, half = np.full((HEIGHT, WIDTH, 3), 0.5, np.float32), np.full((HEIGHT, WIDTH), 0.5, np.float32)
    layer = Layer(0, "face", grey * half[..., None], half)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:10] = 255
    path = write_master(tmp_path, "exr", [MasterFrame(0, grey, None, (layer,), {"face": mask})], shot, None)
    (part,) = read_parts(path)
    layers = {f"{layer}{name}" for layer in ("", "face.") for name in "RGBA"}
    assert set(part.channels) == {*layers, "matte.face"}
    assert part.rate == shot.rate
    assert part.channels["G"][0, 0] == pytest.approx(0.2140, abs=1e-3)  # sRGB 0.5 as linear light
    assert part.channels["face.G"][0, 0] == pytest.approx(0.1070, abs=1e-3)
    assert part.channels["face.A"][0, 0] == 0.5
    assert np.array_equal(part.channels["matte.face"] > 0.5, mask > 0)
    assert set(np.unique(next(read_frames(probe(path), FrameRange(0, 0))).pixels)) <= {127, 128}


@pytest.mark.parametrize(("kind", "start"), [("gif", b"GIF89a"), ("webp", b"RIFF")])
def test_previews_move_and_are_small(shot: Shot, tmp_path: Path, kind: Master, start: bytes) -> None:
    path = write_master(tmp_path, kind, frames(), shot, None)
    data = path.read_bytes()
    assert data.startswith(start)
    assert b"NETSCAPE2.0" in data if kind == "gif" else data.count(b"ANMF") >= 3


def test_the_same_frames_give_the_same_bytes(shot: Shot, tmp_path: Path) -> None:
    kinds: tuple[Master, ...] = ("prores_4444", "ffv1", "exr")
    for kind in kinds:
        made = [write_master(tmp_path / name, kind, frames(), shot, shot.frames).read_bytes() for name in ("a", "b")]
        assert made[0] == made[1]


def test_a_size_that_a_codec_cannot_hold_is_refused_before_anything_is_rendered() -> None:
    sizes: list[tuple[Master, tuple[int, int]]] = [("h265", (255, 144)), ("dnxhr", (254, 144)), ("av1", (48, 48))]
    for kind, size in sizes:
        with pytest.raises(OutputError, match=f"A master of the kind {kind} cannot hold pictures of"):
            check_master(kind, *size)
    for kind in MOVIES:
        check_master(kind, WIDTH, HEIGHT)
    check_master("exr", 1, 1)


def test_no_frames_are_refused(shot: Shot, tmp_path: Path) -> None:
    kinds: tuple[Master, ...] = ("exr", "ffv1")
    for kind in kinds:
        with pytest.raises(OutputError, match="there are no frames"):
            write_master(tmp_path, kind, [], shot, None)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]

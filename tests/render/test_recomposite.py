"""Versions put together anew from their files, and where two views of a shot differ."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import cli
from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.clip.still import decode_png
from pipeline.composite.surround import Rim, rim_of
from pipeline.errors import FootageError
from pipeline.frames import FrameRange, Layer
from pipeline.progress import Progress
from pipeline.recomposite import LayerEdit, recomposite
from tests.render.conftest import Bench, tiny_recipe

pytestmark = pytest.mark.slow

FRAMES = "20-21"


def pictures(path: Path) -> np.ndarray:
    shot = probe(path)
    return np.array([frame.pixels for frame in read_frames(shot, shot.frames)]).astype(float)


def test_layers_give_back_the_render_and_follow_their_edits(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    done = bench.render(tiny_recipe(), FRAMES, "version")
    out = bench.folder / "again.mp4"
    both = [LayerEdit("body"), LayerEdit("face")]
    recomposite(done.out.path, bench.shot, both, out, Progress())
    assert np.abs(pictures(out) - pictures(done.out.render)).mean() < 1.0
    plate = np.array([f.pixels for f in read_frames(bench.shot, FrameRange(20, 21))]).astype(float)
    recomposite(done.out.path, bench.shot, [LayerEdit("body", opacity=0)], out, Progress())
    assert np.abs(pictures(out) - plate).mean() < 1.5
    recomposite(done.out.path, bench.shot, [LayerEdit("face", erode=12, feather=3)], out, Progress())
    small = np.abs(pictures(out) - plate).mean(axis=(0, 3)) > 12
    recomposite(done.out.path, bench.shot, [LayerEdit("face")], out, Progress())
    large = np.abs(pictures(out) - plate).mean(axis=(0, 3)) > 12
    assert 0 < small.sum() < 0.9 * large.sum() and (small & ~large).sum() < 0.02 * small.sum()
    with pytest.raises(FootageError, match="no layer hands"):
        recomposite(done.out.path, bench.shot, [LayerEdit("hands")], out, Progress())
    with pytest.raises(FootageError, match="no delivered version"):
        recomposite(bench.folder, bench.shot, both, out, Progress())
    manifest = json.loads(done.out.manifest.read_text())
    done.out.manifest.write_text(json.dumps(manifest | {"plate": "0" * 64}))
    with pytest.raises(FootageError, match="another clip"):
        recomposite(done.out.path, bench.shot, both, out, Progress())
    done.out.manifest.write_text(json.dumps(manifest))
    matte = bench.folder / "difference"
    folder = str(done.out.path)
    assert cli.main(["difference", str(bench.shot.plate), "plate", f"{folder}:face", "--out", str(matte)]) == 0
    assert sorted(path.name for path in matte.iterdir()) == ["000020.png", "000021.png"]
    assert decode_png((matte / "000020.png").read_bytes()).mean() > 100, "a layer over grey is not the plate"
    assert cli.main(["recomposite", str(bench.shot.plate), folder, str(out), "--layer", "face,opacity=much"]) != 0
    assert "face,opacity=much" in capsys.readouterr().err


def test_a_face_graded_to_its_surround_in_the_render_or_afterwards_is_the_same(bench: Bench) -> None:
    plain = bench.render(tiny_recipe(), FRAMES, "plain")
    graded = bench.render(tiny_recipe("passes.face.match=1"), FRAMES, "graded")
    assert plain.version.keys == graded.version.keys, "no model has run again"
    out = bench.folder / "again.mp4"
    recomposite(plain.out.path, bench.shot, [LayerEdit("body"), LayerEdit("face", match=1)], out, Progress())
    before, after, again = (pictures(path) for path in (plain.out.render, graded.out.render, out))
    face = decode_png(graded.out.matte("face", 20).read_bytes()) > 0
    assert np.abs(after - before)[0, face].mean() > 4
    assert np.abs(again - after)[0, face].mean() < 0.2 * np.abs(after - before)[0, face].mean()
    assert np.abs(after - before)[0, ~face].mean() < 1
    body, own, was = (
        decode_png(done.out.layer(name, 20).read_bytes()).astype(np.float32) / 255
        for done, name in ((plain, "body"), (graded, "face"), (plain, "face"))
    )
    here, there = (rim_of(Layer(20, "face", x[..., :3] * x[..., 3:], x[..., 3]), body[..., :3]) for x in (own, was))
    assert here is not None and there is not None
    assert apart(here) < 0.2 * apart(there)


def apart(rim: Rim) -> float:
    """How far a layer's mean and spread are from those that it covers, in units of Lab."""
    return float(sum(np.abs(own - below).sum() for own, below in zip(rim.own, rim.below, strict=True)))

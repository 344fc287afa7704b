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
from pipeline.errors import FootageError
from pipeline.frames import FrameRange
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

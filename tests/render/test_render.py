"""The whole flow on real footage with tiny models: what is delivered, reused, resumed and refused."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame, read_frames
from pipeline.clip.still import decode_png, encode_png
from pipeline.engine.engine import Engine
from pipeline.errors import Cancelled, FootageError, ModelMissing, OutputError
from pipeline.frames import FrameRange
from pipeline.models.store import ModelStore
from pipeline.plan import plan_render
from pipeline.progress import Progress, Step
from pipeline.render import Order, preview, render, write_preview
from tests import footage
from tests.render.conftest import Bench, files_in, tiny_recipe

ACROSS_THE_CUT = "62-66"
KEPT = ("render.mp4", "before-after.mp4", "mattes", "layers", "measurements.json", "report.html", "manifest.json")


def without_engine(bench: Bench) -> Bench:
    """The same bench with an engine that refuses all work: what still succeeds has asked no model."""
    closed = Engine("cpu")
    closed.close()
    return dataclasses.replace(bench, tools=dataclasses.replace(bench.tools, engine=closed))


def test_a_render_delivers_everything_at_the_plates_size_and_rate(bench: Bench) -> None:
    done = bench.render(tiny_recipe(), ACROSS_THE_CUT, "out")
    out = bench.folder / "out"
    rendered = probe(out / "render.mp4")
    assert (rendered.width, rendered.height, rendered.rate) == (640, 360, bench.shot.rate)
    assert rendered.sound
    assert len(rendered.frames) == 5
    assert len(probe(out / "before-after.mp4").frames) == 5
    for number in range(62, 67):
        assert decode_png((out / "layers" / "body" / f"{number:06d}.png").read_bytes()).shape == (360, 640, 4)
        assert decode_png((out / "layers" / "face" / f"{number:06d}.png").read_bytes()).shape == (360, 640, 4)
        matte = decode_png((out / "mattes" / "face" / f"{number:06d}.png").read_bytes())
        assert matte.shape == (360, 640)
        assert set(np.unique(matte)) == {0, 255}
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["frames"] == [62, 66]
    assert manifest["plate"] == bench.shot.key
    assert set(manifest["keys"]) == {"pass.body", "pass.face", "matte.face"}
    assert set(manifest["models"]) == {"tiny", "tiny-canny", "tiny-mediapipe_face"}
    measured = json.loads((out / "measurements.json").read_text())
    assert manifest["measurements"] == measured == json.loads(json.dumps(done.report.to_json()))


def test_the_delivered_frame_is_the_layers_over_each_other(bench: Bench) -> None:
    bench.render(tiny_recipe("delivery.crf=0"), "62", "out")
    out = bench.folder / "out"
    body, face = (
        decode_png((out / "layers" / name / "000062.png").read_bytes()).astype(np.float32) / 255
        for name in ("body", "face")
    )
    expected = face[..., :3] * face[..., 3:] + (1 - face[..., 3:]) * body[..., :3]
    delivered = read_frame(probe(out / "render.mp4"), 0).pixels / 255
    assert np.abs(delivered - expected).mean() < 2 / 255


def test_the_face_pass_never_sees_the_body_layer(bench: Bench) -> None:
    recipe = tiny_recipe()
    bench.render(recipe, "62-63", "first")
    body, face = plan_render(bench.shot, recipe, bench.tools.models, bench.tools.cache).passes
    noise = np.random.default_rng(1)
    for number in (62, 63):
        shape = decode_png(body.frames.read(number)).shape
        body.frames.write(number, encode_png(noise.integers(0, 256, shape, np.uint8)))
        face.frames.path(number).unlink()
    bench.render(recipe, "62-63", "second")
    first, second = (files_in(bench.folder / out, ["layers/face"]) for out in ("first", "second"))
    assert first == second
    assert files_in(bench.folder / "first", ["layers/body"]) != files_in(bench.folder / "second", ["layers/body"])


def test_a_face_pass_may_read_what_lies_below_it(bench: Bench) -> None:
    bench.render(tiny_recipe(), "62", "plate")
    bench.render(tiny_recipe("passes.face.source=below"), "62", "below")
    plate, below = (files_in(bench.folder / out, ["layers/face"]) for out in ("plate", "below"))
    assert plate != below


def test_feather_and_erode_touch_no_model(bench: Bench) -> None:
    bench.render(tiny_recipe(), ACROSS_THE_CUT, "first")
    changed = tiny_recipe("passes.face.feather=12.0", "passes.face.erode=2", "delivery.crf=20")
    without_engine(bench).render(changed, ACROSS_THE_CUT, "second")
    first, second = (files_in(bench.folder / out, ["layers/face"]) for out in ("first", "second"))
    assert first != second
    with pytest.raises(Cancelled):
        without_engine(bench).render(tiny_recipe("passes.face.steps=4"), ACROSS_THE_CUT, "third")


def test_changing_the_face_redoes_the_face_alone(bench: Bench) -> None:
    def keys(*changes: str) -> dict[str, str]:
        return dict(plan_render(bench.shot, tiny_recipe(*changes), bench.tools.models, bench.tools.cache).keys)

    before = keys()
    stronger = keys("passes.face.denoising_strength=0.45")
    assert stronger["pass.body"] == before["pass.body"]
    assert stronger["pass.face"] != before["pass.face"]
    assert stronger["matte.face"] == before["matte.face"]
    assert keys("passes.face.region.minimum_size=40")["matte.face"] != before["matte.face"]
    assert keys("passes.face.feather=3") == before
    assert keys("seed=9")["pass.body"] != before["pass.body"]
    below = keys("passes.face.source=below")
    assert keys("passes.face.source=below", "passes.body.steps=5")["pass.face"] != below["pass.face"]


def test_openposes_own_weights_change_the_passes_that_see_a_pose(bench: Bench, tmp_path: Path) -> None:
    shutil.copytree(bench.tools.models.folder, tmp_path / "models")
    store = ModelStore(tmp_path / "models")
    recipe = tiny_recipe("passes.body.controls.canny.model=tiny-openpose", "passes.body.controls.canny.kind=openpose")
    before = plan_render(bench.shot, recipe, store, bench.tools.cache)
    weights = tmp_path / "models" / "annotators" / "openpose" / "body_pose_model.pth"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"weights")
    after = plan_render(bench.shot, recipe, store, bench.tools.cache)
    assert after.keys["pass.body"] != before.keys["pass.body"]
    assert after.keys["pass.face"] == before.keys["pass.face"]
    assert set(after.models) - set(before.models) == {"openpose"}


def test_a_part_of_the_shot_equals_the_same_part_of_a_longer_render(bench: Bench, tmp_path: Path) -> None:
    bench.render(tiny_recipe(), "60-67", "long")
    fresh = dataclasses.replace(bench, tools=dataclasses.replace(bench.tools, cache=tmp_path / "other"))
    fresh.render(tiny_recipe(), "63-65", "short")
    for name in ("body", "face"):
        for number in (63, 64, 65):
            path = f"layers/{name}/{number:06d}.png"
            assert (bench.folder / "long" / path).read_bytes() == (bench.folder / "short" / path).read_bytes()


def test_a_stopped_render_keeps_its_batches_and_goes_on_to_the_same_bytes(bench: Bench, tmp_path: Path) -> None:
    bench.render(tiny_recipe(), "60-67", "whole")
    fresh = dataclasses.replace(bench, tools=dataclasses.replace(bench.tools, cache=tmp_path / "other"))
    stop, news = Event(), []

    def listen(step: Step) -> None:
        news.append(step)
        if step.stage == "passes" and step.done == 4:
            stop.set()

    order = Order(bench.shot, tiny_recipe(), FrameRange(60, 67), tmp_path / "stopped")
    with pytest.raises(Cancelled):
        render(order, fresh.tools, Progress(listen, stop))
    news.clear()
    render(order, fresh.tools, Progress(news.append))
    assert [(s.done, s.reused) for s in news if s.stage == "passes"] == [(0, 0), (4, 4), (8, 4)]
    assert files_in(tmp_path / "stopped", KEPT) == files_in(bench.folder / "whole", KEPT)


def test_no_face_means_body_alone_with_a_warning(bench_of: Callable[[Path], Bench], tmp_path: Path) -> None:
    bench = bench_of(footage.clip(tmp_path / "numbers.mp4", count=5))
    done = bench.render(tiny_recipe(), "0-4", "out")
    assert any("No face was found in the shot" in warning for warning in done.version.warnings)
    assert not (bench.folder / "out" / "layers" / "face").exists()
    assert len(list((bench.folder / "out" / "layers" / "body").iterdir())) == 5


@pytest.mark.parametrize(
    ("count", "width", "height", "changes"),
    [
        (1, 128, 96, []),
        (3, 96, 160, ["passes.body.denoising_strength=0"]),
        (2, 129, 97, ["passes.body.denoising_strength=1", "passes.body.steps=1"]),
        (2, 64, 64, ["passes.body.sampler=euler_a", "passes.body.noise=per_frame"]),
        (2, 160, 96, ["passes.body.guidance_scale=1", "crop_and_resize=[64, 64]"]),
    ],
)
def test_odd_clips_and_extreme_settings_work(
    bench_of: Callable[[Path], Bench], tmp_path: Path, count: int, width: int, height: int, changes: list[str]
) -> None:
    any_size = footage.Clip(codec=(*footage.H264, "-pix_fmt", "yuv444p"))
    bench = bench_of(footage.clip(tmp_path / "numbers.mp4", count, width, height, any_size))
    bench.render(tiny_recipe(*changes), f"0-{count - 1}", "out")
    rendered = probe(bench.folder / "out" / "render.mp4")
    assert (rendered.width, rendered.height, len(rendered.frames)) == (width, height, count)


def test_two_faces_are_one_matte_and_one_layer(bench: Bench, bench_of: Callable[[Path], Bench], tmp_path: Path) -> None:
    frame = read_frame(bench.shot, 20).pixels
    clip = footage.write_clip(tmp_path / "two.mp4", [np.hstack((frame, frame[:, ::-1]))] * 2)
    two = bench_of(clip)
    two.render(tiny_recipe(), "0-1", "two")
    matte = decode_png((tmp_path / "two" / "mattes" / "face" / "000000.png").read_bytes())
    assert matte[:, :640].any()
    assert matte[:, 640:].any()


def test_frames_the_shot_does_not_have_are_refused_before_anything_is_written(bench: Bench) -> None:
    with pytest.raises(FootageError, match="0-115"):
        bench.render(tiny_recipe(), "100-200", "out")
    assert not (bench.folder / "out").exists()


def test_a_folder_of_another_render_is_refused(bench: Bench) -> None:
    bench.render(tiny_recipe(), "62", "out")
    for recipe, frames in ((tiny_recipe("seed=2"), "62"), (tiny_recipe(), "63"), (tiny_recipe("delivery.crf=3"), "62")):
        with pytest.raises(OutputError, match="another render"):
            bench.render(recipe, frames, "out")
    bench.render(tiny_recipe(), "62", "out")


def test_a_folder_that_is_not_ours_is_refused(bench: Bench) -> None:
    mine = bench.folder / "mine"
    mine.mkdir()
    (mine / "render.mp4").write_bytes(b"holiday")
    with pytest.raises(OutputError, match="did not"):
        bench.render(tiny_recipe(), "62", "mine")
    assert (mine / "render.mp4").read_bytes() == b"holiday"
    (bench.folder / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        bench.render(tiny_recipe(), "62", "file")


def test_two_renders_do_not_share_a_folder(bench: Bench) -> None:
    out = bench.folder / "out"
    out.mkdir()
    with (out / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match="Another render is writing"):
            bench.render(tiny_recipe(), "62", "out")
    assert [p.name for p in out.iterdir()] == [".lock"]


def test_a_missing_model_is_named_and_nothing_is_left_out(bench: Bench) -> None:
    recipe = tiny_recipe("passes.body.controls.canny.model=control_v11p_sd15_canny")
    with pytest.raises(ModelMissing, match="control_v11p_sd15_canny"):
        bench.render(recipe, "62", "out")
    bench.render(tiny_recipe(), "62", "out")
    off = tiny_recipe("passes.body.controls.canny.model=control_v11p_sd15_canny", "passes.body.controls.canny.weight=0")
    bench.render(off, "62", "off")


def test_a_preview_shows_everything_and_is_what_the_render_will_be(bench: Bench, tmp_path: Path) -> None:
    recipe = tiny_recipe("batch_size=1", "delivery.crf=0")
    order = Order(bench.shot, recipe, FrameRange(62, 62), tmp_path / "out")
    made = preview(order, bench.tools, Progress())
    assert set(made.layers) == {"body", "face"}
    assert set(made.mattes) == {"face"}
    assert set(made.controls["body"]) == {"canny", "mediapipe_face"}
    assert made.controls["face"]["mediapipe_face"].any()
    bench.render(recipe, "62", "out")
    assert encode_png(made.layers["face"]) == (tmp_path / "out" / "layers" / "face" / "000062.png").read_bytes()
    files = write_preview(made, tmp_path / "preview")
    assert (decode_png(files["result"].read_bytes()) == made.result).all()
    assert len(files) == 2 + 2 + 1 + 3


def test_frames_of_the_delivery_follow_the_plate(bench_of: Callable[[Path], Bench], tmp_path: Path) -> None:
    """With strength 0 the numbers written into the plate's frames come back in the same order."""
    bench = bench_of(footage.clip(tmp_path / "numbers.mp4", count=10, width=256, height=192))
    bench.render(tiny_recipe("passes.body.denoising_strength=0", "working_size=192"), "3-8", "out")
    rendered = probe(bench.folder / "out" / "render.mp4")
    numbers = [footage.number_in(f.pixels) for f in read_frames(rendered, rendered.frames)]
    assert numbers == [3, 4, 5, 6, 7, 8]

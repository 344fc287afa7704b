"""The whole flow on real footage with tiny models: what is delivered, reused, resumed and refused."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import NamedTuple

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
from pipeline.render import Order, Rendered, Tools, people_in, preview, render, write_preview
from tests import footage
from tests.render.conftest import Bench, files_in, tiny_recipe

ACROSS_THE_CUT = "62-66"
TempPaths = pytest.TempPathFactory
KEPT = ("render.mp4", "before-after.mp4", "mattes", "layers", "measurements.json", "report.html", "manifest.json")


class Done(NamedTuple):
    """A bench, and what was rendered on it."""

    bench: Bench
    rendered: Rendered


def without_engine(bench: Bench) -> Bench:
    """The same bench with an engine that refuses all work: what still succeeds has asked no model."""
    closed = Engine("cpu")
    closed.close()
    return dataclasses.replace(bench, tools=dataclasses.replace(bench.tools, engine=closed))


@pytest.fixture(scope="module")
def done(bench_in: Callable[[Path], Bench], tmp_path_factory: TempPaths) -> Done:
    """The tiny recipe across the cut, rendered once. What a test adds must go into a folder of its own name."""
    bench = bench_in(tmp_path_factory.mktemp("done"))
    return Done(bench, bench.render(tiny_recipe(), ACROSS_THE_CUT, "out"))


def test_a_render_delivers_everything_at_the_plates_size_and_rate(done: Done) -> None:
    bench, out = done.bench, done.rendered.out.path
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
    assert set(manifest["keys"]) == {"pass.body", "pass.face", "tracks"}
    assert set(manifest["models"]) == {"tiny", "tiny-canny", "tiny-mediapipe_face"}
    measured = json.loads((out / "measurements.json").read_text())
    assert manifest["measurements"] == measured == json.loads(json.dumps(done.rendered.report.to_json()))


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


@pytest.mark.slow
def test_the_face_pass_never_sees_the_body_layer(bench: Bench) -> None:
    recipe = tiny_recipe()
    bench.render(recipe, "62-63", "first")
    body, face = plan_render(bench.shot, recipe, bench.tools.models, bench.tools.cache).passes
    noise = np.random.default_rng(1)
    for number in (62, 63):
        shape = decode_png(body.frames.read(number)).shape
        body.frames.write(number, encode_png(noise.integers(0, 256, shape, np.uint8)))
        face.of(1).frames.path(number).unlink()
    bench.render(recipe, "62-63", "second")
    first, second = (files_in(bench.folder / out, ["layers/face"]) for out in ("first", "second"))
    assert first == second
    assert files_in(bench.folder / "first", ["layers/body"]) != files_in(bench.folder / "second", ["layers/body"])


@pytest.mark.slow
def test_a_face_pass_may_read_what_lies_below_it(bench: Bench) -> None:
    bench.render(tiny_recipe(), "62", "plate")
    bench.render(tiny_recipe("passes.face.source=below"), "62", "below")
    plate, below = (files_in(bench.folder / out, ["layers/face"]) for out in ("plate", "below"))
    assert plate != below


@pytest.mark.slow
def test_noise_may_keep_to_the_face(bench: Bench, tmp_path: Path) -> None:
    recipe = tiny_recipe("passes.face.noise=face_space", "passes.body.enabled=false")
    bench.render(tiny_recipe("passes.body.enabled=false"), "62-63", "fixed")
    bench.render(recipe, "62-63", "face")
    other = dataclasses.replace(bench, tools=dataclasses.replace(bench.tools, cache=tmp_path / "other"))
    shutil.copytree(bench.tools.cache, tmp_path / "other", ignore=shutil.ignore_patterns("*.png"))
    other.render(recipe, "63", "part")
    fixed, face, part = (files_in(bench.folder / out, ["layers/face"]) for out in ("fixed", "face", "part"))
    assert all(face[name] != fixed[name] for name in face)
    assert part.items() <= face.items()


def test_feather_and_erode_touch_no_model(done: Done) -> None:
    bench = done.bench
    changed = tiny_recipe("passes.face.feather=12.0", "passes.face.erode=2", "delivery.crf=20")
    without_engine(bench).render(changed, ACROSS_THE_CUT, "second")
    first, second = (files_in(bench.folder / out, ["layers/face"]) for out in ("out", "second"))
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
    assert stronger["tracks"] == before["tracks"]
    larger = keys("passes.face.region.minimum_size=40")
    assert larger["tracks"] == before["tracks"] and larger["pass.face"] != before["pass.face"]
    alone, larger = (
        keys("passes.face.region.follow=frame", f"passes.face.region.minimum_size={least}") for least in (30, 40)
    )
    assert alone["matte.face"] != larger["matte.face"] and "tracks" not in alone
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


@pytest.mark.slow
def test_a_part_of_the_shot_equals_the_same_part_of_a_longer_render(
    bench: Bench, looked_at: Path, tmp_path: Path
) -> None:
    bench.render(tiny_recipe(), "60-67", "long")
    fresh = dataclasses.replace(bench, tools=dataclasses.replace(bench.tools, cache=tmp_path / "other"))
    shutil.copytree(looked_at, fresh.tools.cache)
    fresh.render(tiny_recipe(), "63-65", "short")
    for name in ("body", "face"):
        for number in (63, 64, 65):
            path = f"layers/{name}/{number:06d}.png"
            assert (bench.folder / "long" / path).read_bytes() == (bench.folder / "short" / path).read_bytes()


@pytest.mark.slow
def test_a_stopped_render_keeps_its_batches_and_goes_on_to_the_same_bytes(
    bench: Bench, looked_at: Path, tmp_path: Path
) -> None:
    recipe, frames = tiny_recipe("batch_size=2"), FrameRange(62, 65)
    bench.render(recipe, "62-65", "whole")
    fresh = dataclasses.replace(bench, tools=dataclasses.replace(bench.tools, cache=tmp_path / "other"))
    shutil.copytree(looked_at, fresh.tools.cache)
    stop, news = Event(), []

    def listen(step: Step) -> None:
        news.append(step)
        if step.stage == "passes" and step.done == 2:
            stop.set()

    order = Order(bench.shot, recipe, frames, tmp_path / "stopped")
    with pytest.raises(Cancelled):
        render(order, fresh.tools, Progress(listen, stop))
    news.clear()
    render(order, fresh.tools, Progress(news.append))
    assert [(s.done, s.reused) for s in news if s.stage == "passes"] == [(0, 0), (2, 2), (4, 2)]
    assert files_in(tmp_path / "stopped", KEPT) == files_in(bench.folder / "whole", KEPT)


@pytest.fixture
def numbers(bench_of: Callable[[Path], Bench], tmp_path: Path) -> Bench:
    """A clip of five frames without a face."""
    return bench_of(footage.clip(tmp_path / "numbers.mp4", count=5))


def test_no_face_means_body_alone_with_a_warning(numbers: Bench) -> None:
    done = numbers.render(tiny_recipe(), "0-4", "out")
    assert any("No face was found in the shot" in warning for warning in done.version.warnings)
    assert not (numbers.folder / "out" / "layers" / "face").exists()
    assert len(list((numbers.folder / "out" / "layers" / "body").iterdir())) == 5


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


@pytest.fixture(scope="module")
def two(interview: Path, models: ModelStore, engine: Engine, tmp_path_factory: TempPaths) -> Bench:
    """A shot of two frames with a woman on the left and another one, her mirror image, on the right: in `plain`
    the tiny recipe, rendered once."""
    folder, frame = tmp_path_factory.mktemp("two"), read_frame(probe(interview), 20).pixels
    clip = footage.write_clip(folder / "two.mp4", [np.hstack((frame, frame[:, ::-1]))] * 2)
    bench = Bench(probe(clip), Tools(engine, models, folder / "cache"), folder)
    bench.render(tiny_recipe(), "0-1", "plain")
    return bench


@pytest.mark.slow
def test_two_people_are_one_layer_and_a_matte_each(two: Bench) -> None:
    out = two.folder / "plain"
    both, left, right = (
        decode_png((out / "mattes" / name / "000000.png").read_bytes()) for name in ("face", "face.1", "face.2")
    )
    assert left[:, :640].any() and not left[:, 640:].any()
    assert right[:, 640:].any() and not right[:, :640].any()
    assert (both == np.maximum(left, right)).all()
    layer = decode_png((out / "layers" / "face" / "000000.png").read_bytes())
    assert layer[:, :640, 3].any() and layer[:, 640:, 3].any()


def test_two_faces_are_one_matte_when_every_frame_is_looked_at_alone(two: Bench) -> None:
    two.render(tiny_recipe("passes.face.region.follow=frame"), "0", "alone")
    matte = decode_png((two.folder / "alone" / "mattes" / "face" / "000000.png").read_bytes())
    assert matte[:, :640].any()
    assert matte[:, 640:].any()
    assert [folder.name for folder in (two.folder / "alone" / "mattes").iterdir()] == ["face"]


def test_the_people_of_a_shot_are_listed(two: Bench) -> None:
    left, right = people_in(two.shot, two.tools, Progress())
    assert (left.person, right.person) == (1, 2)
    assert left.box.right < 640 < right.box.x
    assert left.frames == right.frames == FrameRange(0, 1) and left.seen == right.seen == 2


@pytest.mark.slow
def test_changing_one_person_redoes_that_person_alone(two: Bench) -> None:
    pictures = {path: path.read_bytes() for path in two.tools.cache.rglob("*.png")}
    two.render(tiny_recipe("passes.face.people=[{person=2, denoising_strength=0.9}]"), "0-1", "after")
    new = set(two.tools.cache.rglob("*.png")) - set(pictures)
    assert len(new) == 2 and len({path.parent for path in new}) == 1, "two frames of person 2"
    assert all(path.read_bytes() == data for path, data in pictures.items())
    before, after = (
        decode_png((two.folder / out / "layers" / "face" / "000001.png").read_bytes()) for out in ("plain", "after")
    )
    assert (before[:, :640] == after[:, :640]).all()
    assert (before[:, 640:] != after[:, 640:]).any()


def test_a_person_may_be_left_alone(two: Bench) -> None:
    two.render(tiny_recipe("passes.face.people=[{person=1, enabled=false}]"), "0", "without")
    layer = decode_png((two.folder / "without" / "layers" / "face" / "000000.png").read_bytes())
    assert not layer[:, :640].any() and layer[:, 640:].any()


def test_frames_the_shot_does_not_have_are_refused_before_anything_is_written(bench: Bench) -> None:
    with pytest.raises(FootageError, match="0-115"):
        bench.render(tiny_recipe(), "100-200", "out")
    assert not (bench.folder / "out").exists()


def test_a_folder_of_another_render_is_refused(numbers: Bench) -> None:
    numbers.render(tiny_recipe(), "2", "out")
    for recipe, frames in ((tiny_recipe("seed=2"), "2"), (tiny_recipe(), "3"), (tiny_recipe("delivery.crf=3"), "2")):
        with pytest.raises(OutputError, match="another render"):
            numbers.render(recipe, frames, "out")
    numbers.render(tiny_recipe(), "2", "out")


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


def test_a_missing_model_is_named_and_nothing_is_left_out(numbers: Bench) -> None:
    recipe = tiny_recipe("passes.body.controls.canny.model=control_v11p_sd15_canny")
    with pytest.raises(ModelMissing, match="control_v11p_sd15_canny"):
        numbers.render(recipe, "2", "out")
    numbers.render(tiny_recipe(), "2", "out")
    off = tiny_recipe("passes.body.controls.canny.model=control_v11p_sd15_canny", "passes.body.controls.canny.weight=0")
    numbers.render(off, "2", "off")


def test_a_preview_shows_everything_and_is_what_the_render_will_be(bench: Bench, tmp_path: Path) -> None:
    recipe = tiny_recipe("batch_size=1", "delivery.crf=0")
    order = Order(bench.shot, recipe, FrameRange(62, 62), tmp_path / "out")
    made = preview(order, bench.tools, Progress())
    assert set(made.layers) == {"body", "face"}
    assert set(made.mattes) == {"face", "face.1"}, "there is someone else after the cut"
    assert set(made.controls["body"]) == {"canny", "mediapipe_face"}
    assert made.controls["face"]["mediapipe_face"].any()
    bench.render(recipe, "62", "out")
    rendered = decode_png((tmp_path / "out" / "layers" / "face" / "000062.png").read_bytes())
    assert (made.layers["face"] == rendered).all()
    files = write_preview(made, tmp_path / "preview")
    assert (decode_png(files["result"].read_bytes()) == made.result).all()
    assert len(files) == 2 + 2 + 2 + 3 + 1
    (woman,) = made.people
    assert woman.person == 1 and woman.box.clipped(640, 360) == woman.box


def test_frames_of_the_delivery_follow_the_plate(bench_of: Callable[[Path], Bench], tmp_path: Path) -> None:
    """With strength 0 the numbers written into the plate's frames come back in the same order."""
    bench = bench_of(footage.clip(tmp_path / "numbers.mp4", count=10, width=256, height=192))
    bench.render(tiny_recipe("passes.body.denoising_strength=0", "working_size=192"), "3-8", "out")
    rendered = probe(bench.folder / "out" / "render.mp4")
    numbers = [footage.number_in(f.pixels) for f in read_frames(rendered, rendered.frames)]
    assert numbers == [3, 4, 5, 6, 7, 8]

"""The door: what is taken comes in, and what is hostile stays out without having done anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Thread
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from pipeline.clip.probe import probe
from pipeline.errors import FootageError, RefusedFile
from tests import footage
from workspaces.intake.door import check_file
from workspaces.intake.kinds import kind_of
from workspaces.limits import Limits

ROOT = Path(__file__).parents[2]


def picture(path: Path, size: tuple[int, int] = (64, 48)) -> Path:
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), np.uint8)).save(path)
    return path


@pytest.fixture
def good(tmp_path: Path, clip: Path) -> dict[str, Path]:
    """A file of every kind that is taken."""
    with ZipFile(tmp_path / "shot.zip", "w") as archive:
        for number in range(3):
            archive.write(picture(tmp_path / "frame.png"), f"shot/frame.{number:04d}.png")
    save_file({"a": np.zeros((4, 4), np.float16), "b": np.ones(3, np.float32)}, tmp_path / "lora.safetensors")
    return {
        "video": clip,
        "picture": picture(tmp_path / "still.jpg"),
        "archive": tmp_path / "shot.zip",
        "preset": ROOT / "presets" / "draft.toml",
        "weights": tmp_path / "lora.safetensors",
    }


def test_every_kind_comes_in_whatever_it_is_called(good: dict[str, Path], tmp_path: Path) -> None:
    for kind, path in good.items():
        assert check_file(path, Limits()) == kind
        if kind != "preset":
            disguised = tmp_path / f"{kind}.exe"
            disguised.write_bytes(path.read_bytes())
            assert kind_of(disguised) == kind


@pytest.mark.parametrize("suffix", ["mov", "mkv", "avi", "webm", "ts", "mxf", "mpg"])
def test_clips_of_all_containers_are_known_by_their_content(tmp_path: Path, suffix: str) -> None:
    codec = {"webm": ("-c:v", "libvpx"), "mxf": ("-c:v", "mpeg2video"), "mpg": ("-c:v", "mpeg2video")}
    chosen = codec.get(suffix, footage.Clip().codec)
    made = footage.clip(tmp_path / f"clip.{suffix}", 3, settings=footage.Clip(codec=chosen))
    assert kind_of(made.rename(tmp_path / "unknown")) == "video"


@pytest.mark.parametrize(
    ("limits", "kind", "words"),
    [
        (Limits(upload_gigabytes=1e-9), "video", "is larger than 1e-09 GB"),
        (Limits(frames=5), "video", "has 6 frames; 5 may be"),
        (Limits(seconds=0.1), "video", "0.1 s may be"),
        (Limits(megapixels=0.001), "video", "more than 0.001 million pixels"),
        (Limits(megapixels=0.001), "picture", "more than 0.001 million pixels"),
        (Limits(archive_files=2), "archive", "more files than a zip may hold here, 2"),
        (Limits(archive_gigabytes=1e-6), "archive", "larger than 1e-06 GB once unpacked"),
        (Limits(check_seconds=0.001), "video", "takes too long to read"),
    ],
)
def test_each_limit_is_kept_to(good: dict[str, Path], limits: Limits, kind: str, words: str) -> None:
    with pytest.raises(RefusedFile, match=words):
        check_file(good[kind], limits)


def test_a_link_is_not_followed(good: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "link.mp4").symlink_to(good["video"])
    with pytest.raises(RefusedFile, match="is not a file"):
        check_file(tmp_path / "link.mp4", Limits())


def test_the_command_line_opens_no_other_file_either(tmp_path: Path) -> None:
    """A list of files under a clip's name, looked at by the decoder itself without the door before it."""
    secret = tmp_path / "secret"
    os.mkfifo(secret)
    opened: list[bool] = []
    listed = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n"
    scripts = {
        "list": listed,
        "script": f"ffconcat version 1.0\nfile '{secret}'\n",
        "pattern": str(tmp_path / "%d.png"),
    }
    watch = Thread(target=lambda: opened.append(bool(secret.open("wb").close()) or True), daemon=True)
    watch.start()
    for name, text in scripts.items():
        (tmp_path / f"{name}.mp4").write_text(text)
        with pytest.raises(FootageError, match="is not a video"):
            probe(tmp_path / f"{name}.mp4")
    assert opened == []
    secret.open("rb").close()
    watch.join(10)
    assert opened == [True], "the watch would have seen it"


@pytest.mark.slow
def test_hostile_files_are_refused_and_do_nothing(tmp_path: Path) -> None:
    """The short form of `make reliability`: two files of each kind."""
    report = tmp_path / "report.json"
    command = [sys.executable, "benchmarks/reliability/hostile.py", "--each", "2", "--report", str(report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    tally = json.loads(report.read_text())
    assert (tally["files"], tally["refused"]) == (10, 10), done.stdout + done.stderr
    assert (tally["run"], tally["other_files_opened"], tally["addresses_asked"]) == (0, 0, 0)
    assert tally["broken"] == [] and tally["largest_megabytes"] < 1024

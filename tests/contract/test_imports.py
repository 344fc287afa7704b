"""Importing a module of ours is quick and touches nothing: no GPU, no network, no environment, no other program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.bare import INTERPRETER, bare_environment
from tests.contract.checkout import ROOT, sources

HEAVY = ("torch", "diffusers", "transformers", "peft", "cv2", "av", "mediapipe", "controlnet_aux", "gradio", "PIL")

WATCHED_IMPORTS = """
import importlib, json, os, sys

root, *modules = sys.argv[1:]
standard_library = os.path.dirname(os.__file__)
connections = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname")
changes = ("os.putenv", "os.unsetenv", "os.mkdir", "socket.bind", "subprocess.Popen")
touched = []

def asked_for_by_us():
    frame = sys._getframe(2)
    while frame and frame.f_code.co_filename.startswith(("<frozen", standard_library)):
        frame = frame.f_back
    file = frame.f_code.co_filename if frame else ""
    return file.startswith(root + "/") and "/site-packages/" not in file

def watch(event, arguments):
    if event in connections or (event in changes and asked_for_by_us()):
        touched.append(event)

sys.addaudithook(watch)
for module in modules:
    importlib.import_module(module)
torch = sys.modules.get("torch")
loaded = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"touched": touched, "cuda": bool(torch and torch.cuda.is_initialized()), "loaded": loaded}))
"""


def imported(*modules: str) -> dict[str, list[str]]:
    """What a fresh interpreter has touched and loaded once it has imported these modules."""
    command = [sys.executable, "-c", WATCHED_IMPORTS, str(ROOT), *modules]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_importing_touches_nothing() -> None:
    facts = imported(*(source.module for source in sources()))
    assert facts["touched"] == []
    assert not facts["cuda"]


def test_the_watch_sees_what_it_watches_for() -> None:
    facts = imported("tests.contract.touching")
    assert facts["touched"] == ["os.putenv", "socket.connect"]


def test_the_command_line_answers_before_anything_heavy_is_loaded() -> None:
    assert set(imported("cli")["loaded"]).isdisjoint({*HEAVY, "numpy", "pydantic"})


def test_settings_keys_and_stages_need_nothing_heavy() -> None:
    light = [s.module for s in sources() if s.name.startswith("pipeline/recipe/")]
    facts = imported("pipeline.keys", "pipeline.stage", "pipeline.progress", "pipeline.models.catalogue", *light)
    assert set(facts["loaded"]).isdisjoint(HEAVY)


def test_starting_the_studio_loads_no_model_library() -> None:
    assert set(imported("studio")["loaded"]).isdisjoint(
        {"diffusers", "transformers", "peft", "mediapipe", "controlnet_aux", "gradio"}
    )


@pytest.mark.slow
def test_the_page_is_built_without_the_models_libraries() -> None:
    """A person waits for it: what renders, finds faces or trains is imported when it is first asked for."""
    loaded = set(imported("app", "server.site", "ui.layout", "ui.runs", "ui.shared", "ui.theme")["loaded"])
    assert loaded.isdisjoint({"torch", "diffusers", "transformers", "peft", "mediapipe", "scipy", "scenedetect"})


BARE = ("pipeline/engine/", "pipeline/models/", "training/characters/")
ABSENT = ("cv2", "av", "mediapipe", "gradio", "controlnet_aux", "imageio_ffmpeg", "OpenEXR")


def test_engine_models_and_training_import_on_a_bare_machine(tmp_path: Path) -> None:
    """Only torch, diffusers, transformers, peft, numpy, pydantic and what these need are there at all."""
    modules = [s.module for s in sources() if s.name.startswith(BARE)]
    modules += [f"benchmarks.gpu_parts.{path.stem}" for path in (ROOT / "benchmarks" / "gpu_parts").glob("[!_]*.py")]
    program = f"""
import importlib, importlib.util
present = [name for name in {ABSENT!r} if importlib.util.find_spec(name)]
assert not present, present
for module in {modules!r}:
    importlib.import_module(module)
"""
    environment = bare_environment(tmp_path / "libraries")
    done = subprocess.run([*INTERPRETER, "-c", program], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

"""Homes, and uploads as the web server leaves them: in one folder for all, under the hash of their content."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import footage
from workspaces.home import Home
from workspaces.rooms import Rooms

Upload = Callable[[str, Path, str], Path]
"""An owner, a file and its name -> where the server has put it, after the studio was told whose it is."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def rooms(home: Home, tmp_path: Path) -> Rooms:
    return Rooms(home, tmp_path / "samples")


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of six frames, 128x96."""
    return footage.clip(tmp_path_factory.mktemp("clip") / "walk.mp4", 6)


def sent(rooms: Rooms, file: Path, name: str) -> Path:
    """Where a file lies once the server has it; nobody was told yet."""
    folder = rooms.home.uploads / hashlib.sha256(file.read_bytes()).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    part = rooms.home.uploads / "arriving"
    shutil.copyfile(file, part)
    part.replace(folder / name)
    return folder / name


@pytest.fixture
def upload(rooms: Rooms) -> Upload:
    def arrive(owner: str, file: Path, name: str) -> Path:
        path = sent(rooms, file, name)
        rooms.exchange.note_received(owner, path)
        return path

    return arrive

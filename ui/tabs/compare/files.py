"""The files of a version that one takes along."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

from pipeline.files import atomic
from pipeline.version import OutFolder

PACKED = ("mattes", "layers", "master")
"""Folders of pictures, each packed into one archive when it is asked for."""


def ready(out: OutFolder) -> list[Path]:
    """What is there: the shot, a master that is a movie, before and after, report, manifest, and what was packed."""
    files = [out.render, out.before_after, out.report, out.manifest, out.measurements]
    masters = sorted(path for path in out.path.glob("master.*") if path.suffix != ".zip")
    archives = [out.path / f"{name}.zip" for name in PACKED]
    return [path for path in (*files, *masters, *archives) if path.is_file()]


def pack(out: OutFolder) -> None:
    """Pack the pictures of a version, folder by folder, if that is not done yet. Raises OutputError."""
    for name in PACKED:
        archive, pictures = out.path / f"{name}.zip", sorted((out.path / name).rglob("*.*"))
        if pictures and not archive.exists():
            with atomic(archive) as part, ZipFile(part, "w", ZIP_STORED) as zipped:
                for picture in pictures:
                    zipped.write(picture, picture.relative_to(out.path))

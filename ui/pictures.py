"""Pictures on their way to the browser. Gradio would write the same picture again over a file that is being served."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pipeline.clip.still import encode_png
from pipeline.files import atomic
from pipeline.frames import Picture


@dataclass(frozen=True)
class Pictures:
    """Picture files in a folder. A file is written once, whole, and never changes: its name says what is in it."""

    folder: Path

    def keep(self, picture: Picture) -> str:
        """The path of a PNG with this picture, without loss. Raises OutputError when it cannot be written."""
        data = encode_png(picture)
        path = self.folder / f"{hashlib.sha256(data).hexdigest()}.png"
        if not path.exists():
            with atomic(path) as part:
                part.write_bytes(data)
        return str(path)

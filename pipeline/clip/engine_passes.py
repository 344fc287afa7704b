"""Recognising what an engine rendered beside the plate, by the names Unity Recorder and its like give their files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.clip.exr import read_headers
from pipeline.clip.numbered import NumberedFiles, grouped
from pipeline.errors import FootageError

PassKind = Literal["depth", "normal", "motion", "object_id", "material_id", "matte"]

WORDS: dict[str, PassKind] = {
    **dict.fromkeys(("depth", "depthstencil", "lineardepth", "zdepth", "z"), "depth"),
    **dict.fromkeys(("normal", "normals", "worldnormal", "worldnormals", "normalws"), "normal"),
    **dict.fromkeys(("motion", "motionvector", "motionvectors", "velocity"), "motion"),
    **dict.fromkeys(("objectid", "objectids", "objid", "id", "ids"), "object_id"),
    **dict.fromkeys(("materialid", "materialids", "matid"), "material_id"),
    **dict.fromkeys(("matte", "mattes", "mask", "masks"), "matte"),
}
"""Words of file, part and layer names, in small letters and without separators -> what the pass holds."""

OTHERS = frozenset({"beauty", "color", "colour", "output", "albedo", "diffuse", "specular", "emissive", "alpha"})
"""Words of passes that are known and of no use here; a plate rendered as EXR is one of them."""

CAMERAS, NAMES = "cameras.json", "ids.json"
"""What the Unity script of docs/unity writes beside the pictures."""

MOST_TOKENS = 3
"""So many words in a row may make one name: World-Space-Normals."""


@dataclass(frozen=True)
class EnginePass:
    """One recognised pass.

    label: as shown to the artist; no two passes of a folder have the same. name: what is left of the file's or part's
    name without the word for the kind; it names the regions of a matte. part, layer: where in a multi-part EXR, or
    behind which prefix of the channel names, it lies; None and "" for a sequence of its own.
    """

    kind: PassKind
    label: str
    name: str
    files: NumberedFiles
    part: str | None = None
    layer: str = ""


@dataclass(frozen=True)
class EnginePasses:
    """What a folder holds. unrecognised: sequences and other files that were left alone, by name."""

    folder: Path
    found: tuple[EnginePass, ...]
    unrecognised: tuple[str, ...]
    cameras: Path | None
    names: Path | None

    def table(self) -> str:
        """What was recognised and what was not, one line each, for the artist."""
        rows = [f"{found.kind:12} {found.label}: {_span(found.files)}" for found in self.found]
        rows += [f"{'cameras':12} {self.cameras.name}"] if self.cameras else []
        rows += [f"{'names':12} {self.names.name}"] if self.names else []
        return "\n".join([*rows, *(f"{'not used':12} {name}" for name in self.unrecognised)])


def find_passes(folder: Path) -> EnginePasses:
    """The passes in a folder and the folders right below it, as Recorder's `<AOV>` wildcard makes them.

    A sequence is recognised by a word of its name or of its folder; an EXR sequence by the names of its parts or layers
    too. Raises FootageError when there is no such folder, nothing is recognised, a header is damaged, or two sequences
    claim to be the same pass.
    """
    if not folder.is_dir():
        raise FootageError(f"There is no folder at {folder}.", "Give the folder that Unity Recorder wrote into.")
    files = [path for path in _below(folder) if not path.name.startswith(".")]
    sequences = grouped(files)
    found: list[EnginePass] = []
    strangers: list[str] = []
    for sequence in sequences:
        passes = list(_recognised(sequence, folder))
        found += passes
        strangers += [] if passes else [sequence.label]
    numbered = {path for sequence in sequences for path in sequence.files.values()}
    strangers += [path.name for path in files if path not in numbered and path.name not in (CAMERAS, NAMES)]
    if not found:
        raise FootageError(
            f"No engine passes were recognised in {folder.name}.",
            "Name them as Unity Recorder does: Shot_Depth_0001.exr, Shot_MotionVectors_0001.exr and so on.",
        )
    _check_single(found)
    cameras, names = (next((path for path in files if path.name == name), None) for name in (CAMERAS, NAMES))
    return EnginePasses(folder, tuple(found), tuple(strangers), cameras, names)


def kind_of(name: str) -> tuple[PassKind | None, str]:
    """What a name says the pass is, and what is left of the name without that word. The last word that says it counts.

    `Shot01_MotionVectors_` is motion and leaves `Shot01`; (None, name) for a name that says nothing, or that says it is
    a picture (`Beauty`).
    """
    tokens = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
    for end in range(len(tokens), 0, -1):
        for start in range(max(end - MOST_TOKENS, 0), end):
            word = "".join(tokens[start:end]).lower()
            if word in OTHERS:
                return None, name
            if word in WORDS:
                return WORDS[word], " ".join(tokens[:start] + tokens[end:])
    return None, name


def _recognised(sequence: NumberedFiles, folder: Path) -> Iterator[EnginePass]:
    """The passes in one sequence: mostly one; several in a multi-part file; none in a sequence of something else."""
    label = (sequence.folder.relative_to(folder) / sequence.label).as_posix()
    kind, rest = kind_of(f"{sequence.stem} {sequence.tail}")
    if kind is None and sequence.folder != folder:
        kind, rest = kind_of(sequence.folder.name)
    if sequence.suffix.lower() == ".exr":
        inside = list(_inside(sequence, label))
        if len(inside) > 1 or (kind is None and inside):
            yield from inside
            return
    if kind is not None:
        yield EnginePass(kind, label, rest, sequence)


def _inside(sequence: NumberedFiles, label: str) -> Iterator[EnginePass]:
    """The passes that the parts and layers of a sequence's first file are named after."""
    for header in read_headers(sequence.files[sequence.first]):
        named, rest = kind_of(header.name)
        if named is not None:
            yield EnginePass(named, f"{label}, part {header.name}", rest, sequence, header.name)
            continue
        for layer in sorted({name.rpartition(".")[0] for name in header.channels} - {""}):
            kind, rest = kind_of(layer)
            if kind is not None:
                yield EnginePass(kind, f"{label}, layer {layer}", rest, sequence, header.name or None, layer)


def _check_single(found: Iterable[EnginePass]) -> None:
    known: dict[str, EnginePass] = {}
    for each in found:
        if each.kind == "matte":
            continue
        if each.kind in known:
            words = each.kind.replace("_", " ")
            raise FootageError(
                f"Two sequences look like the {words} pass: {known[each.kind].label} and {each.label}.",
                "Keep one of them in the folder.",
            )
        known[each.kind] = each


def _below(folder: Path) -> list[Path]:
    inner = [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    return [path for place in (folder, *inner) for path in sorted(place.iterdir()) if path.is_file()]


def _span(files: NumberedFiles) -> str:
    gaps = f", {len(files.gaps)} missing" if files.gaps else ""
    return f"{len(files.files)} frames, {files.first}-{files.last}{gaps}"

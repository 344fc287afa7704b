"""Writes the page of all models from the catalogue; `make docs` runs it."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.models.catalogue import KINDS, Entry, Kind, entries

HEAD = """# Models

Every model that Photoplay knows by name. This page is written by `make docs` from `pipeline/models/catalogue.toml`; do
not change it by hand. What is not known (a size, a revision) is left empty: such a file is taken as it comes the first
time, and its sha256 is written down beside it. Nothing here is part of Photoplay but the draft model.

| command | does |
|---|---|
| `python cli.py models list` | shows the catalogue, and what is here |
| `python cli.py models fetch NAME` | fetches a model and checks it; goes on where it broke off |
| `python cli.py models fetch --preset NAME` | fetches just what a preset lacks |
| `python cli.py models import FILE` | brings in a file or folder you have; what it is, is found inside |
| `python cli.py models import FILE --vae NAME` | the same, with this autoencoder for the checkpoint |
| `python cli.py models verify` | reads every file again and compares it with what came |
| `python cli.py models remove NAME` | removes a model from the disk |

Fetching goes through `HTTPS_PROXY`, to the mirror that `HF_ENDPOINT` names, and with the key in `HF_TOKEN` where a
model wants an account. A licence that forbids commerce or derivatives is shown first and must be accepted with
`--accept`.

## What can be imported

Told by the tensors inside, never by the file's name:

- checkpoints in one file: half or full precision, pruned or with running averages, with an autoencoder or without;
- folders in the diffusers layout;
- ControlNets, `.pth` or `.safetensors`, under their original or their diffusers names;
- LoRAs: kohya's with alpha, LoCon, diffusers, PEFT;
- embeddings: `.pt`, `.bin`, `.safetensors`, up to 75 vectors;
- autoencoders, and upscalers of every architecture that spandrel knows.

Pickles are read weights-only or not at all. Stable Diffusion 2, XL and 3, Flux, inpainting and v-prediction
checkpoints, LoHa, LoKr, DoRA and T2I-Adapters are recognised and refused by name.

The file itself stays where it was; what is imported is a copy in the diffusers layout with the same numbers, and
beside it `import.json` with the file's name, its sha256, its hashes as Auto1111 shows them, and the sha256 of every
stored file.
"""

TITLES: dict[Kind, str] = {
    "checkpoint": "Checkpoints",
    "control": "ControlNets",
    "vae": "Autoencoders (VAE)",
    "adapter": "LoRAs",
    "embedding": "Embeddings",
    "upscaler": "Upscalers",
    "motion": "Motion adapters",
    "estimator": "Estimators",
}
COLUMNS = (
    "name",
    "what it is for",
    "from",
    "revision",
    "size",
    "sha256 or hash",
    "licence",
    "graphics memory",
    "trigger",
)
MB = 1_000_000


def page() -> str:
    """The page as Markdown."""
    return "\n".join([HEAD, *(table(kind) for kind in KINDS)])


def table(kind: Kind) -> str:
    """All models of one kind."""
    rows = [" | ".join(cells(entry)) for entry in entries() if entry.kind == kind]
    lines = [f"## {TITLES[kind]}", "", f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    return "\n".join([*lines, *(f"| {row} |" for row in rows)]) + "\n"


def cells(entry: Entry) -> tuple[str, ...]:
    """One model, a cell for each column."""
    weights = [sha256 for name, sha256 in entry.stored.items() if name.endswith(".safetensors")]
    whole = [file.sha256 for file in entry.files if file.sha256] or weights or entry.hashes
    known = [digits[:12] for digits in whole]
    terms = f" (**{' and '.join(entry.terms)}**)" if entry.terms else ""
    names = ", ".join(f"`{file.name}`" for file in entry.files)
    return (
        f"`{entry.id}`",
        entry.what,
        entry.source if entry.embedded or not names else f"{entry.page or entry.source}: {names}",
        entry.revision[:8] if entry.revision else "",
        f"{entry.bytes / MB:.0f} MB" if entry.bytes else "",
        ", ".join(f"`{digits}`" for digits in known),
        entry.licence + terms,
        f"{entry.memory_gb:g} GB" if entry.memory_gb else "",
        ", ".join(f"`{word}`" for word in entry.trigger_words),
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")

"""Folders in the diffusers layout: what they are, and the way from an artist's folder to ours, every weight checked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from pipeline import torchvision_ops
from pipeline.errors import RefusedFile
from pipeline.models.catalogue import Kind
from pipeline.models.networks import TEXT_WEIGHTS, WEIGHTS, Source, fill, plain
from pipeline.models.recognise import OURS, refuse_channels, refuse_other_bases
from pipeline.models.tensors import opened
from pipeline.models.vocabulary import ENTRIES, write_tokenizer

SUFFIXES = (".safetensors", ".bin", ".pt", ".pth", ".ckpt")
"""Of weights, best first."""
TOKENIZER_FILES = ("vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
CLASSES: dict[str, Kind] = {
    "ControlNetModel": "control",
    "AutoencoderKL": "vae",
    "AutoencoderTiny": "vae",
    "MotionAdapter": "motion",
}
"""What a folder's config calls itself -> what it is."""
TEXT_ENCODER = "CLIPTextModel"
AGAIN = "Get the folder again, whole."


def kind_of(folder: Path) -> Kind | None:
    """What a folder in the diffusers layout holds; None when it is not one. Raises RefusedFile for other bases."""
    if (folder / "unet").is_dir():
        return "checkpoint"
    if any((folder / part).is_dir() for part in ("transformer", "text_encoder_2", "prior")):
        raise RefusedFile(f"{folder.name} is of another base than Stable Diffusion 1.5.", OURS)
    if not (folder / "config.json").is_file():
        return None
    name = str(_config(folder).get("_class_name"))
    if name not in CLASSES:
        raise RefusedFile(f"{folder.name} holds a {name}, which is no model of a kind that is known here.", OURS)
    return CLASSES[name]


def convert_folder(source: Path, kind: Kind, folder: Path) -> None:
    """Write the model in `source` into `folder`, which must not exist. Raises RefusedFile with the reason."""
    if kind != "checkpoint":
        _write_part(source, str(_config(source)["_class_name"]), folder)
        return
    _refuse_prediction(source)
    for part, name in (("unet", "UNet2DConditionModel"), ("text_encoder", TEXT_ENCODER)):
        _write_part(source / part, name, folder / part)
    vae = str(_config(source / "vae").get("_class_name"))
    _write_part(source / "vae", "AutoencoderTiny" if vae == "AutoencoderTiny" else "AutoencoderKL", folder / "vae")
    _write_tokenizer(source, folder)


def weights_in(folder: Path) -> Path:
    """The file with a part's weights: safetensors before pickles, full before half precision. Raises RefusedFile."""
    files = [path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file()]
    if not files:
        pieces = any(folder.glob("*.index.json"))
        raise RefusedFile(f"{folder.name} has no weights" + (" in one piece." if pieces else "."), AGAIN)
    return min(
        files, key=lambda path: (SUFFIXES.index(path.suffix), "ema" in path.name, ".fp16" in path.name, path.name)
    )


def _config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RefusedFile(f"{folder.name} has no config.json that can be read.", AGAIN) from error
    if not isinstance(config, dict):
        raise RefusedFile(f"{folder.name} has no config.json that can be read.", AGAIN)
    return config


def _write_part(source: Path, name: str, folder: Path) -> None:
    """One network, its config as it is, its weights under the names that the libraries use now."""
    config = _config(source)
    if name == "UNet2DConditionModel":
        refuse_channels(int(config.get("in_channels", 4)), source.parent.name)
    try:
        network = _empty(name, config)
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError, NotImplementedError) as error:
        raise RefusedFile(f"The config of {source.parent.name}/{source.name} describes no network.", AGAIN) from error
    with opened(weights_in(source)) as tensors:
        refuse_other_bases(tensors)
        weights = fill(network, Source(tensors, plain))
        folder.mkdir(parents=True)
        shutil.copyfile(source / "config.json", folder / "config.json")
        save_file(weights, folder / (TEXT_WEIGHTS if name == TEXT_ENCODER else WEIGHTS), {"format": "pt"})


def _empty(name: str, config: dict[str, Any]) -> Any:
    """The network that a config describes, without memory for its weights."""
    torchvision_ops.declare()
    import diffusers
    import torch
    from transformers import CLIPTextConfig, CLIPTextModel

    with torch.device("meta"):
        if name == TEXT_ENCODER:
            return CLIPTextModel(CLIPTextConfig(**config))
        return getattr(diffusers, name).from_config(config)


def _refuse_prediction(source: Path) -> None:
    """Raise RefusedFile for a checkpoint whose scheduler says that it predicts something else than noise."""
    file = source / "scheduler" / "scheduler_config.json"
    try:
        said = (
            json.loads(file.read_text(encoding="utf-8")).get("prediction_type", "epsilon")
            if file.is_file()
            else "epsilon"
        )
    except (ValueError, AttributeError) as error:
        raise RefusedFile(f"The scheduler of {source.name} cannot be read.", AGAIN) from error
    if said != "epsilon":
        raise RefusedFile(f"{source.name} predicts {said}, which the samplers here do not.", OURS)


def _write_tokenizer(source: Path, folder: Path) -> None:
    """The folder's own tokenizer, and CLIP's where it has none. Raises RefusedFile when it does not fit."""
    torchvision_ops.declare()
    from transformers import CLIPTokenizer

    own, entries = source / "tokenizer", int(_config(source / "text_encoder").get("vocab_size", ENTRIES))
    present = [name for name in TOKENIZER_FILES if (own / name).is_file()]
    if present:
        (folder / "tokenizer").mkdir()
        for name in present:
            shutil.copyfile(own / name, folder / "tokenizer" / name)
    else:
        write_tokenizer(folder / "tokenizer")
    try:
        there = len(CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RefusedFile(f"The tokenizer of {source.name} cannot be read.", AGAIN) from error
    if there != entries:
        raise RefusedFile(f"The tokenizer of {source.name} has {there} entries and its text encoder {entries}.", AGAIN)

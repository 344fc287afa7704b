"""Make the draft tokenizer: `python -m training.draft.tokenizer --data DATA --out FOLDER`.

Byte-level BPE in CLIP's form: every one of the 256 bytes is a token, plain and at a word's end, so that no text is
ever unknown; then merges learnt from the captions, the words of our prompts and plain English; the start and end
tokens come last.
"""

from __future__ import annotations

import argparse
import json
import pydoc_data.topics
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from training.draft.asked import WORK
from training.draft.corpus import mirrored, read_pairs

VOCABULARY = 4096
POSITIONS = 77
WORD_END = "</w>"
START, END = "<|startoftext|>", "<|endoftext|>"
CAPTION_WEIGHT = 3
WORD = Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")  # CLIP's rule
PROMPT_WORDS = (
    "film still, 35 mm photograph, portrait, cinematic lighting, shallow depth of field, film grain, natural skin "
    "texture, subsurface, pores, detailed eyes, wet eyes, catchlight, photographic, photorealistic, realistic, raw "
    "photo, analog, Kodak, Fujifilm, anamorphic, bokeh, golden hour, soft light, rim light, key light, colour "
    "grade, low contrast, engine render, game engine, video game, CGI, 3d render, unreal, unity, computer graphics, "
    "plastic skin, cartoon, painting, drawing, illustration, blurry, lowres, bad anatomy, deformed, disfigured, "
    "extra fingers, watermark, text, jpeg artifacts, worst quality, low quality, best quality, masterpiece, close- "
    "up, medium shot, wide shot, interview, stairwell, office, kitchen, street, night, day, window, sunset, "
    "interior, exterior, man, woman, boy, girl, person, actor, actress, face, skin, hair, eyes, teeth, lips, beard, "
    "stubble, freckles, wrinkles, smile, laughing, talking, crying, angry, sad, happy, surprised, disgusted, "
    "frowning, smirking, looking at the camera, head turned left, right"
)


def sentences(captions: Iterable[str]) -> Iterator[str]:
    """The text the merges are learnt from: captions both ways round, prompt words, and Python's own help as English."""
    for caption in captions:
        for look in ("film still", "engine render"):
            for _ in range(CAPTION_WEIGHT):
                yield f"{look}, {caption}"
            yield f"{look}, {mirrored(caption)}"
    for _ in range(50):
        yield PROMPT_WORDS
    for topic in sorted(pydoc_data.topics.topics):
        yield pydoc_data.topics.topics[topic]


def learnt_merges(text: Iterable[str]) -> list[tuple[str, str]]:
    """Byte-pair merges in the order they were learnt; the text is cut into words as CLIP cuts it, in lower case.

    The bytes are named as special tokens because only those have fixed numbers in training, and numbers break ties.
    """
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix=WORD_END))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    words = pre_tokenizers.Split(WORD, behavior="removed", invert=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=2,
        show_progress=False,
        special_tokens=alphabet(),
        end_of_word_suffix=WORD_END,
    )
    tokenizer.train_from_iterator(text, trainer)
    return [(left, right) for left, right in json.loads(tokenizer.to_str())["model"]["merges"]]


def alphabet() -> list[str]:
    """One character for each of the 256 bytes, sorted; then the same at a word's end."""
    plain = sorted(pre_tokenizers.ByteLevel.alphabet())
    return plain + [byte + WORD_END for byte in plain]


def vocabulary(merges: list[tuple[str, str]]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """(token -> number, the merges that lead to those tokens): the bytes, merged tokens, start, end."""
    tokens = dict.fromkeys(alphabet())
    kept = []
    for left, right in merges:
        if len(tokens) == VOCABULARY - 2:
            break
        if left in tokens and right in tokens:
            tokens[left + right] = None
            kept.append((left, right))
    if len(tokens) != VOCABULARY - 2:
        raise ValueError(f"the text yields {len(tokens) + 2} tokens, {VOCABULARY} are needed: give it more text")
    return {token: number for number, token in enumerate([*tokens, START, END])}, kept


def write(folder: Path, captions: Iterable[str]) -> None:
    """Write vocab.json, merges.txt and tokenizer_config.json, as transformers' CLIPTokenizer reads them."""
    numbers, merges = vocabulary(learnt_merges(sentences(captions)))
    config = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": POSITIONS,
        "do_lower_case": True,
        "bos_token": START,
        "eos_token": END,
        "pad_token": END,
        "unk_token": END,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(numbers, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Command line entry."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=WORK / "tokenizer")
    arguments = parser.parse_args()
    write(arguments.out, [pair.caption for pair in read_pairs(arguments.data)])


if __name__ == "__main__":
    main()

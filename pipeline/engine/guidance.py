"""What the UNet is told at each step, and how its answers to the prompts become one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from pipeline.engine.prompt.composed import parts_of
from pipeline.engine.prompt.editing import edited

if TYPE_CHECKING:
    from pipeline.engine.batch import Batch
    from pipeline.engine.prompt.chunks import Embedding
    from pipeline.engine.text import Prompts


@dataclass(frozen=True, eq=False)
class Guidance:
    """The prompts of n frames, step by step.

    texts: for each step [parts * n, tokens, width]; the negative prompt's n first, unless it is not asked, then those
        of each part of the prompt that AND joins. weights: how much each of these counts.
    """

    texts: tuple[Tensor, ...]
    weights: tuple[float, ...]
    scale: float

    @classmethod
    def of(cls, batch: Batch, prompts: Prompts, embeddings: tuple[Embedding, ...], steps: int) -> Guidance:
        """Encode a batch's prompts for each of so many steps. Raises RecipeError."""
        parts, sampling = parts_of(batch.prompt), batch.sampling
        written = [part.text for part in parts]
        if times_seen(batch) > 1:
            written.insert(0, batch.negative_prompt)
        texts = [edited(text, sampling.steps) for text in written]
        asked = [range(len(texts)) if guided(batch, step, steps) else (len(texts) - 1,) for step in range(steps)]
        rows = [tuple(texts[which].at(step) for which in whom) for step, whom in enumerate(asked)]
        distinct = tuple(dict.fromkeys(text for row in rows for text in row))
        encoded = dict(zip(distinct, prompts.encode(distinct, sampling.clip_skip, embeddings), strict=True))
        count = len(batch.frames)
        told = {row: torch.stack([encoded[text] for text in row]).repeat_interleave(count, 0) for row in set(rows)}
        return cls(tuple(told[row] for row in rows), tuple(part.weight for part in parts), sampling.guidance_scale)

    def joined(self, noise: Tensor, count: int) -> Tensor:
        """The noise [count, ...] to go by: away from the negative prompt, past each part of the prompt.

        noise: [parts * count, ...] as `texts`. negative + sum of weight * scale * (part - negative).
        """
        if len(noise) == count:
            return noise
        negative, *parts = noise.split(count)
        return negative + sum(
            self.scale * weight * (part - negative) for weight, part in zip(self.weights, parts, strict=True)
        )


def times_seen(batch: Batch) -> int:
    """How often the networks see each frame of a batch at a step.

    With guidance scale 1 and one prompt the negative prompt cancels out, so only the prompt is run.
    """
    return 1 if batch.sampling.guidance_scale == 1 and one_prompt(batch) else 1 + len(parts_of(batch.prompt))


def guided(batch: Batch, step: int, steps: int) -> bool:
    """Whether the negative prompt is still asked at a step; with several prompts it always is."""
    return step / steps < batch.sampling.guidance_end or not one_prompt(batch)


def one_prompt(batch: Batch) -> bool:
    """Whether the prompt is one, in full."""
    parts = parts_of(batch.prompt)
    return len(parts) == 1 and parts[0].weight == 1

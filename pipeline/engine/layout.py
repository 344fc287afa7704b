"""Which networks stay on the device, and which come when they are called: decided from sizes alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.keys import Key

Role = Literal["unet", "control", "vae", "text_encoder"]
CALLED: tuple[Role, ...] = ("unet", "control", "vae", "text_encoder")
"""By how often a render calls them: at every step, at most steps, twice a batch, once a shot."""
EVERY_STEP: tuple[Role, ...] = ("unet", "control")
WORK = 3 << 29
"""Bytes that are left free for the pictures themselves: 1.5 GiB.

Decoding is the most: the full autoencoder holds some 800 numbers for each pixel, in float16 0.75 GB for one frame of
912x512. More frames at once are tried, and done in halves where they do not fit (`memory.stepping_down`).
"""


@dataclass(frozen=True)
class Network:
    """A network that is loaded. key: of the files that it came from. needed: by the batch that was begun last."""

    key: Key
    role: Role
    bytes: int
    needed: bool


@dataclass(frozen=True)
class Layout:
    """staying: what stays on the device. sliced: whether attention and autoencoder take one frame after the other."""

    staying: frozenset[tuple[Key, Role]]
    sliced: bool


def decide(networks: Sequence[Network], room: int | None, sparing: bool = False) -> Layout:
    """What stays where `room` bytes may be used, WORK among them; None = everything stays.

    Whatever does not stay comes when it is called and goes when another one comes, so beside what stays there must be
    room for the largest that does not. What is called least goes first; of equals, what the batch at work does not
    need, and then the largest. sparing: what not every step calls does not stay in any case.
    """
    order = sorted(networks, key=lambda one: (not one.needed, CALLED.index(one.role), one.bytes))
    staying = [one for one in order if not sparing or (one.needed and one.role in EVERY_STEP)]
    while room is not None and staying and _taken(staying, networks) > room - WORK:
        staying.pop()
    kept = frozenset[tuple[Key, Role]]((one.key, one.role) for one in staying)
    return Layout(kept, sliced=len(kept) < len(networks))


def _taken(staying: Sequence[Network], networks: Sequence[Network]) -> int:
    """Bytes on the device while the largest of those that do not stay is there."""
    others = [one.bytes for one in networks if one not in staying]
    return sum(one.bytes for one in staying) + max(others, default=0)

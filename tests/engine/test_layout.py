"""Which networks stay on a card of which size: the sizes are Stable Diffusion 1.5's."""

from __future__ import annotations

import pytest

from pipeline.engine.layout import WORK, Network, Role, decide
from pipeline.keys import Key

MB = 10**6
SIZES: dict[str, tuple[Role, int]] = {
    "film-unet": ("unet", 1720 * MB),
    "film-vae": ("vae", 167 * MB),
    "film-text": ("text_encoder", 246 * MB),
    "openpose": ("control", 722 * MB),
    "canny": ("control", 722 * MB),
    "face": ("control", 722 * MB),
}
ALL = sum(size for _, size in SIZES.values())


def networks(*needed: str) -> list[Network]:
    return [Network(Key(name), role, size, not needed or name in needed) for name, (role, size) in SIZES.items()]


def staying(room: int | None, *needed: str, sparing: bool = False) -> set[str]:
    return {str(key) for key, _ in decide(networks(*needed), room, sparing).staying}


@pytest.mark.parametrize("room", [None, ALL + WORK, 8_000 * MB, 80_000 * MB])
def test_everything_stays_where_there_is_room(room: int | None) -> None:
    layout = decide(networks(), room)
    assert len(layout.staying) == len(SIZES) and not layout.sliced


def test_one_byte_less_and_what_is_called_least_goes() -> None:
    assert staying(ALL + WORK - 1) == set(SIZES) - {"film-text", "film-vae"}


def test_with_less_and_less_room_controls_go_and_the_unet_last() -> None:
    left = [len(staying(room * MB + WORK)) for room in range(0, 4400, 20)]
    assert left == sorted(left) and left[0] == 0
    assert staying(1720 * MB + 722 * MB + WORK) == {"film-unet"}
    assert staying(1720 * MB + 721 * MB + WORK) == set()


@pytest.mark.parametrize("room", [0, 1, 500 * MB, 2000 * MB, 3000 * MB, 4000 * MB, 5000 * MB])
def test_what_stays_leaves_room_for_the_largest_guest(room: int) -> None:
    kept = staying(room)
    guests = [size for name, (_, size) in SIZES.items() if name not in kept]
    assert not kept or sum(SIZES[name][1] for name in kept) + max(guests, default=0) + WORK <= room


def test_what_the_batch_does_not_need_goes_first() -> None:
    needed = ("film-unet", "film-vae", "film-text", "face")
    assert staying(ALL - 722 * MB + WORK, *needed) == {*needed}
    assert decide(networks(*needed), ALL - 722 * MB + WORK).sliced


def test_to_be_sparing_is_to_keep_what_every_step_calls() -> None:
    assert staying(None, sparing=True) == {"film-unet", "openpose", "canny", "face"}

"""Inversion: the check values of a toy whose noise is known, and the tiny networks."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.engine.batch import Climb, Inverted
from pipeline.engine.invert import as_noise, climbed, invert, rises, started
from pipeline.engine.latents import encode
from pipeline.engine.noise import START, draw
from pipeline.engine.residency import Residency
from pipeline.engine.samplers import Schedule, top_sigma
from pipeline.models.store import ModelStore
from tests.engine.batches import counted_calls, drive, latents_of, make_batch, make_hint, with_hints

ONE = torch.ones(1, 1, 1, 1, dtype=torch.float64)


def toy(x: Tensor, sigma: float) -> Tensor:
    """The exact noise in data that is standard normal: with sigma added, its variance is 1 + sigma^2."""
    return x * sigma / (1 + sigma**2)


def climb_of_toy(steps: int, climb: Climb) -> Tensor:
    return drive(climbed(ONE, lambda x, step, rise: toy(x, rise.seen), rises(steps, climb)))


def back(steps: int, strength: float, climb: Climb) -> float:
    """The toy inverted and denoised again with Euler, both in so many steps."""
    schedule = Schedule.for_strength(steps, strength)
    noise = as_noise(climb_of_toy(steps, climb), ONE, climb)
    x = ONE + schedule.sigmas[0] * started(ONE, noise, ONE, 0.0)
    for sigma, after in itertools.pairwise(schedule.sigmas):
        x = x + toy(x, sigma) * (after - sigma)
    return float(x)


@pytest.mark.parametrize(("steps", "expected"), [(25, 0.946928), (50, 0.974009), (200, 0.994784)])
def test_the_toys_noise_with_sigma_adjustment(steps: int, expected: float) -> None:
    climb = Climb(adjusted=True)
    assert float(as_noise(climb_of_toy(steps, climb), ONE, climb)) == pytest.approx(expected, abs=1e-6)


def test_the_toy_without_sigma_adjustment() -> None:
    assert float(climb_of_toy(25, Climb(adjusted=False))) == pytest.approx(10.854686, abs=1e-6)


@pytest.mark.parametrize(("strength", "expected"), [(1.0, 0.8925), (0.65, 1.0964), (0.63, 1.1284)])
def test_the_toys_way_back_by_auto1111s_rule(strength: float, expected: float) -> None:
    assert back(25, strength, Climb(adjusted=True)) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(("strength", "expected"), [(1.0, 0.8925), (0.65, 0.9008), (0.63, 0.9031), (0.5, 0.9122)])
def test_the_toys_way_back_from_the_stored_state(strength: float, expected: float) -> None:
    climb = Climb(adjusted=True, until=Schedule.for_strength(25, strength).sigmas[0])
    assert back(25, strength, climb) == pytest.approx(expected, abs=5e-5)


def test_more_steps_heal_the_stored_state_and_not_auto1111s_rule() -> None:
    until = Schedule.for_strength(200, 0.65).sigmas[0]
    assert back(200, 0.65, Climb(adjusted=True)) == pytest.approx(1.20, abs=0.005)
    assert 0.98 < back(200, 0.65, Climb(adjusted=True, until=until)) < 1


@pytest.mark.parametrize("adjusted", [True, False])
def test_the_steps_climb_without_a_gap(adjusted: bool) -> None:
    path = rises(25, Climb(adjusted))
    assert path[0].start == (pytest.approx(0.029167, rel=3e-5) if adjusted else 0.0)
    assert path[-1].end == pytest.approx(14.614641, rel=3e-5) and len(path) == (24 if adjusted else 25)
    assert all(low.end == high.start for low, high in itertools.pairwise(path))
    assert all(rise.seen == (rise.start if adjusted else rise.end) for rise in path)


def test_a_climb_stops_between_two_levels_where_it_is_told_to() -> None:
    last = rises(25, Climb(adjusted=True, until=1.0))[-1]
    assert (last.start, last.end, last.seen) == pytest.approx((0.9324, 1.0, 0.9324), rel=1e-4)
    assert rises(25, Climb(adjusted=True, until=0.01)) == ()


def inverted(store: ModelStore, residency: Residency, climb: Climb, **changes: Any) -> np.ndarray:
    settings: dict[str, Any] = {"steps": 8, "guidance_scale": 1.0} | changes
    return drive(invert(make_batch(store, **settings), climb, residency))


def test_models_that_an_inversion_loads_can_wear_a_lora_later(store: ModelStore) -> None:
    """Weights that are loaded in inference mode could not be changed outside of it."""
    fresh = Residency(torch.device("cpu"))
    batch = make_batch(store, steps=2)
    batch = with_hints(batch, make_hint(store, "tiny-canny", batch))
    drive(invert(batch, Climb(adjusted=True), fresh))
    networks, net = (
        fresh.checkpoint(batch.checkpoint).networks,
        fresh.control(batch.hints[0].control, batch.checkpoint).net,
    )
    for network in (networks.unet, networks.vae, networks.text_encoder, net):
        assert not any(parameter.is_inference() for parameter in network.parameters())


def test_one_call_a_step_and_no_text_of_what_does_not_count(store: ModelStore, residency: Residency) -> None:
    with counted_calls() as calls:
        noise = inverted(store, residency, Climb(adjusted=True), count=1, prompt="a shot nobody has seen")
    assert (calls["UNet2DConditionModel"], calls["CLIPTextModel"], calls["Encoder"]) == (7, 1, 1)
    assert calls["Decoder"] == 0 and noise.shape == (1, 4, 8, 8) and noise.dtype == np.float32


def test_without_sigma_adjustment_each_frame_has_a_deviation_of_one(store: ModelStore, residency: Residency) -> None:
    noise = torch.from_numpy(inverted(store, residency, Climb(adjusted=False), count=3))
    assert torch.allclose(noise.std(dim=(1, 2, 3)), torch.ones(3), atol=1e-5)


def test_the_steps_are_those_of_auto1111_written_out(store: ModelStore, residency: Residency) -> None:
    """The two branches as the script has them, with its scalings, against the climb."""
    networks = residency.checkpoint(store.checkpoint("tiny")).networks
    batch = make_batch(store, steps=6, guidance_scale=1.8)
    text = residency.checkpoint(batch.checkpoint).prompts.encode((batch.negative_prompt, batch.prompt), 1)
    full = Schedule.full(6)
    sigmas, times = (0.0, *full.sigmas[:-1][::-1]), (0.0, *full.timesteps[::-1])
    for adjusted in (False, True):
        x = encode(networks.vae, batch.pictures)
        for i in range(1, len(sigmas)):
            at = i - 1 if adjusted else i
            time, step = times[max(at, 1)], sigmas[i] - sigmas[i - 1]
            seen = torch.cat([x, x]) / (sigmas[at] ** 2 + 1) ** 0.5
            with torch.no_grad():
                said = networks.unet(seen, time, text.repeat_interleave(2, 0), return_dict=False)[0]
            negative, positive = (torch.cat([x, x]) - sigmas[at] * said).chunk(2)
            denoised = negative + 1.8 * (positive - negative)
            x = x + (x - denoised) / (2 * sigmas[i] if adjusted and i == 1 else sigmas[at]) * step
        expected = x / sigmas[-1] if adjusted else x / x.std(dim=(1, 2, 3), keepdim=True)
        ours = drive(invert(batch, Climb(adjusted), residency))
        assert np.abs(ours - expected.detach().numpy()).max() <= 1e-4


def test_prompt_guidance_and_controls_count_and_the_rest_does_not(store: ModelStore, residency: Residency) -> None:
    climb = Climb(adjusted=True)
    batch = make_batch(store, steps=6, guidance_scale=1.5)
    base = drive(invert(batch, climb, residency))

    def moved(**changes: Any) -> float:
        return float(np.abs(drive(invert(replace(batch, **changes), climb, residency)) - base).max())

    hints = with_hints(batch, make_hint(store, "tiny-canny", batch)).hints
    assert min(moved(prompt="a car"), moved(negative_prompt="a car"), moved(hints=hints)) > 1e-4
    assert moved(sampling=replace(batch.sampling, strength=0.2, sampler="euler_a")) == 0
    assert moved(masks=np.full((2, 64, 64), 255, np.uint8)) == 0


def test_prompts_are_taken_as_they_are(store: ModelStore, residency: Residency) -> None:
    """Auto1111 encodes the original prompt without its scheduler: AND is a word, and nothing changes on the way."""
    with counted_calls() as calls:
        inverted(store, residency, Climb(adjusted=True), prompt="a woman AND [light:dark:0.5]")
    assert calls["CLIPTextModel"] == 1 and calls["UNet2DConditionModel"] == 7


def test_a_frame_is_inverted_the_same_among_others(store: ModelStore, residency: Residency) -> None:
    batch = make_batch(store, count=3, steps=6, guidance_scale=1.5)
    together, others = invert(batch, Climb(False), residency), invert(batch.at([1, 1, 0]), Climb(False), residency)
    together, others = drive(together), drive(others)
    assert np.array_equal(together[1], others[1]) or np.abs(together[1] - others[1]).max() < 1e-5


def test_a_frame_starts_from_its_noise_on_auto1111s_line(store: ModelStore, residency: Residency) -> None:
    """x0 (1 - sigma / S) + n sigma, and at full strength exactly n S."""
    clean, noise = torch.randn(2, 4, 8, 8), torch.randn(2, 4, 8, 8)
    sigma, top = 2.9183, top_sigma()
    start = clean + sigma * started(clean, noise, torch.zeros(1), 0.0)
    assert torch.allclose(start, clean * (1 - sigma / top) + noise * sigma, atol=1e-5)
    assert torch.allclose(clean + top * started(clean, noise, torch.zeros(1), 0.0), noise * top, atol=1e-5)


def test_randomness_mixes_drawn_noise_in_and_keeps_the_deviation(store: ModelStore, residency: Residency) -> None:
    batch = make_batch(store, steps=6, strength=1.0)
    drawn = draw(batch.noise, START, batch.frames, (4, 8, 8))
    read = torch.randn(2, 4, 64, 64)
    mixed = started(torch.zeros(1), read, torch.randn(2, 4, 64, 64), 0.4)
    assert float(mixed.std()) == pytest.approx(1, abs=0.02)
    alone = latents_of(replace(batch, inverted=Inverted(read[..., :8, :8].numpy(), 1.0)), residency)
    other = latents_of(replace(batch, inverted=Inverted(drawn.numpy(), 0.0)), residency)
    assert np.abs(alone - other).max() < 1e-5


def test_part_of_a_batch_keeps_its_own_noise(store: ModelStore, residency: Residency) -> None:
    batch = make_batch(store, count=3, steps=4)
    batch = replace(batch, inverted=Inverted(np.random.default_rng(1).normal(size=(3, 4, 8, 8)).astype("f4"), 0.0))
    assert np.abs(latents_of(batch, residency)[1] - latents_of(batch.part(1, 2), residency)[0]).max() < 1e-4

"""The autoencoder's channels: some say colours, some are held, and a model with fewer of them grows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny

from training.draft import shapes
from training.draft.vae import COLOUR_MEAN, COLOUR_SPREAD, begun_with, colour_of, corner, loss_of
from training.draft.views import View
from training.draft.warm import grow, warm


def eight_channels() -> AutoencoderTiny:
    """An autoencoder as ours, with eight latent channels."""
    config = {**shapes.autoencoder().config, "latent_channels": 8}
    del config["block_out_channels"]
    model = AutoencoderTiny.from_config(config)
    assert isinstance(model, AutoencoderTiny)
    return model.eval()


@pytest.mark.parametrize(
    ("rgb", "grey", "red_less_green", "yellow_less_blue"),
    [((1, 1, 1), 1.0, 0.0, 0.0), ((1, 0, 0), 0.3, 1.0, 0.5), ((0, 0, 1), 0.11, 0.0, -1.0)],
)
def test_colour_channels_say_the_mean_colour(
    rgb: tuple[int, int, int], grey: float, red_less_green: float, yellow_less_blue: float
) -> None:
    """Also of a cell that is half black."""
    picture = torch.tensor(rgb, dtype=torch.float32)[None, :, None, None].expand(1, 3, 16, 8).clone()
    picture[:, :, 8:12] = 0
    said = colour_of(picture) * torch.tensor(COLOUR_SPREAD)[:, None, None] + torch.tensor(COLOUR_MEAN)[:, None, None]
    whole = torch.tensor((grey, red_less_green, yellow_less_blue))
    torch.testing.assert_close(said[0, :, 0, 0], whole)
    torch.testing.assert_close(said[0, :, 1, 0], whole / 2)


def test_windows_stay_inside_and_lie_on_the_face() -> None:
    rng = np.random.default_rng(0)
    face = View(150, 20, 100, mirrored=False)
    for side in (80, 192):
        anywhere = [corner(None, side, rng) for _ in range(200)]
        on_it = [corner(face, side, rng) for _ in range(200)]
        assert all(0 <= x <= 256 - side and 0 <= y <= 256 - side for x, y in anywhere + on_it)
        assert all(x + side > face.x + 30 and y < face.y + 70 for x, y in on_it)
    assert min(x for x, _ in anywhere) == 0


def test_a_model_with_fewer_channels_grows_without_forgetting() -> None:
    """The old channels come out as before, and the decoder does not listen to the new ones yet."""
    old, new = eight_channels(), shapes.autoencoder().eval()
    grow(new, old)
    picture = torch.rand(1, 3, 32, 32) * 2 - 1
    with torch.no_grad():
        latents = old.encoder(picture)
        grown = new.encoder(picture)
        torch.testing.assert_close(grown[:, :8], latents)
        torch.testing.assert_close(new.decoder(grown), old.decoder(latents))


def test_a_model_does_not_shrink() -> None:
    with pytest.raises(RuntimeError, match="cannot grow"):
        grow(eight_channels(), shapes.autoencoder())


def test_channels_that_were_there_are_held(tmp_path: Path) -> None:
    """With the model that training began with beside it, moving away from its latents costs something."""
    old, new = eight_channels(), shapes.autoencoder().eval()
    grow(new, old)
    picture = torch.rand(2, 3, 32, 32)
    moved = shapes.autoencoder().eval()
    moved.load_state_dict(new.state_dict())
    with torch.no_grad():
        *_, bias = moved.encoder.parameters()
        bias[:8] += 1.0
    costs = []
    for model in (new, moved):
        torch.manual_seed(0)
        free = loss_of(model, picture, None)[0]
        torch.manual_seed(0)
        costs.append(float(loss_of(model, picture, old)[0] - free))
    assert abs(costs[0]) < 1e-6
    assert costs[1] > 0.05


def test_what_a_training_began_with_is_kept_beside_it(tmp_path: Path) -> None:
    assert begun_with(tmp_path) is None
    warm(Path("pipeline/models/draft"), tmp_path)
    began = begun_with(tmp_path)
    assert began is not None
    assert not any(parameter.requires_grad for parameter in began.parameters())

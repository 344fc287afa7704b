"""The shapes of the draft networks: Stable Diffusion's parts, small enough to ship and to run on two CPU cores."""

from __future__ import annotations

from diffusers import AutoencoderTiny, ControlNetModel, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

from training.draft.tokenizer import POSITIONS, VOCABULARY

LATENT_CHANNELS = 16
COLOUR = slice(8, 11)
"""The latent channels that say the mean colour of their 8x8 pixels, see `training/draft/vae.py`."""
TEXT_WIDTH = 128
CONTROLS = ("canny", "openpose", "mediapipe_face")


def autoencoder() -> AutoencoderTiny:
    """A TAESD-shaped autoencoder: eight times smaller on a side, sixteen channels, nothing heavy at full size."""
    return AutoencoderTiny(
        encoder_block_out_channels=(48, 48, 48, 48),
        decoder_block_out_channels=(48, 48, 48, 48),
        num_encoder_blocks=(0, 2, 3, 3),
        num_decoder_blocks=(4, 4, 2, 0),
        latent_channels=LATENT_CHANNELS,
    )


def text_encoder() -> CLIPTextModel:
    """A CLIP text encoder of three layers; `VOCABULARY` includes the start and end tokens, which come last."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=VOCABULARY,
            hidden_size=TEXT_WIDTH,
            intermediate_size=TEXT_WIDTH * 3,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=POSITIONS,
            bos_token_id=VOCABULARY - 2,
            eos_token_id=VOCABULARY - 1,
            pad_token_id=VOCABULARY - 1,
            projection_dim=TEXT_WIDTH,
        )
    )


def unet() -> UNet2DConditionModel:
    """Convolutions alone at the top level and cross-attention below: a 448x256 picture costs a fifth of it that way."""
    return UNet2DConditionModel(
        sample_size=32,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(48, 96, 160),
        layers_per_block=1,
        attention_head_dim=4,
        norm_num_groups=16,
        cross_attention_dim=TEXT_WIDTH,
    )


def controlnet(unet_model: UNet2DConditionModel) -> ControlNetModel:
    """A ControlNet that starts as a copy of the UNet's encoder, with a hint embedding of its own size."""
    return ControlNetModel.from_unet(
        unet_model, conditioning_embedding_out_channels=(8, 16, 32, 64), load_weights_from_unet=True
    )

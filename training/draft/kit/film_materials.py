"""Materials of the film look, as Blender's shader nodes: skin that light enters, clear corneas, cloth with a sheen."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from training.draft.kit.extras import library as optional
from training.draft.kit.palette import Values

Socket = Any
"""A socket of a Blender node; bpy has no types."""
GLOW = 1.6
ROUGHNESS = {"paint": 0.55, "wood": 0.42, "metal": 0.3, "fabric": 0.95}

_serial = itertools.count()


def image_of(name: str, pixels: Values, data: bool = False) -> Any:
    """A new Blender image of uint8 rgba, top row first. New each time: Cycles keeps old pixels of a reused one.

    data: numbers and no colours.
    """
    height, width = pixels.shape[:2]
    image = optional("bpy").data.images.new(f"{name}#{next(_serial)}", width, height, alpha=True)
    image.colorspace_settings.name = "Non-Color" if data else "sRGB"
    image.alpha_mode = "CHANNEL_PACKED"
    image.pixels.foreach_set((pixels[::-1].astype(np.float32) / 255).ravel())
    image.update()
    return image


class Surface:
    """One material about a principled shader."""

    def __init__(self, name: str) -> None:
        materials = optional("bpy").data.materials
        if name in materials:
            materials.remove(materials[name])
        self.material = materials.new(name)
        self.material.use_nodes = True
        self._tree = self.material.node_tree
        self.shader = self._tree.nodes["Principled BSDF"]

    def node(self, kind: str, **settings: Any) -> Any:
        """A new node."""
        node = self._tree.nodes.new(kind)
        for name, value in settings.items():
            setattr(node, name, value)
        return node

    def link(self, out: Socket, into: Socket) -> None:
        """Connect two sockets."""
        self._tree.links.new(out, into)

    def set(self, **inputs: Any) -> None:
        """Give inputs of the shader their values; underscores stand for blanks."""
        for name, value in inputs.items():
            self.shader.inputs[name.replace("_", " ")].default_value = value

    def painted(self, image: Any, tinted: bool) -> Any:
        """Take the colour from an image, times the colour at the vertices if `tinted`. Returns the image's node."""
        texture = self.node("ShaderNodeTexImage", image=image)
        colour = texture.outputs[0]
        if tinted:
            mix = self.node("ShaderNodeMix", data_type="RGBA", blend_type="MULTIPLY")
            mix.inputs[0].default_value = 1
            self.link(colour, mix.inputs[6])
            self.link(self.node("ShaderNodeVertexColor", layer_name="Colour").outputs[0], mix.inputs[7])
            colour = mix.outputs[2]
        self.link(colour, self.shader.inputs["Base Color"])
        return texture

    def bumped(self, height: Socket, strength: float, metres: float) -> None:
        """Let a height move the normal."""
        bump = self.node("ShaderNodeBump")
        bump.inputs["Strength"].default_value, bump.inputs["Distance"].default_value = strength, metres
        self.link(height, bump.inputs["Height"])
        self.link(bump.outputs[0], self.shader.inputs["Normal"])

    def sum(self, operation: str, one: Socket, other: Socket | float) -> Socket:
        """Arithmetic on two numbers."""
        node = self.node("ShaderNodeMath", operation=operation)
        self.link(one, node.inputs[0])
        if isinstance(other, float):
            node.inputs[1].default_value = other
        else:
            self.link(other, node.inputs[1])
        return node.outputs[0]

    def becomes(self, shader: Socket) -> None:
        """Show another shader instead."""
        self.link(shader, self._tree.nodes["Material Output"].inputs["Surface"])


def of_the_set(material: str, pixels: Values) -> Any:
    """The material of a set's props."""
    surface = Surface(f"set:{material}")
    if material == "glow":
        colour = surface.node("ShaderNodeVertexColor", layer_name="Colour")
        surface.link(colour.outputs[0], surface.shader.inputs["Emission Color"])
        surface.set(Base_Color=(0, 0, 0, 1), Emission_Strength=GLOW)
        return surface.material
    texture = surface.painted(image_of(material, pixels), tinted=True)
    surface.set(Roughness=ROUGHNESS[material], Metallic=0.8 if material == "metal" else 0.0, Specular_IOR_Level=0.35)
    surface.set(Sheen_Weight=0.3 if material == "fabric" else 0.0)
    surface.bumped(texture.outputs[0], 0.25, 0.002)
    return surface.material


def of_a_part(name: str, kind: str, pixels: Values, relief: Any) -> Any:
    """The material of a character's part. relief: the image of the skin's roughness and height."""
    surface = Surface(name)
    if kind == "skin":
        _skin(surface, pixels, relief)
    else:
        MAKERS[kind](surface, pixels)
    return surface.material


def _skin(surface: Surface, pixels: Values, relief: Any) -> None:
    light = float(pixels[::16, ::16, :3].mean()) / 255
    surface.painted(image_of("skin", pixels), tinted=False)
    surface.shader.subsurface_method = "RANDOM_WALK"
    surface.set(Subsurface_Weight=1.0, Subsurface_Radius=(1.0, 0.38, 0.2), Subsurface_Scale=0.0045 + 0.003 * light)
    surface.set(Coat_Weight=0.07, Coat_Roughness=0.28, Specular_IOR_Level=0.42)
    parts = surface.node("ShaderNodeSeparateColor")
    surface.link(surface.node("ShaderNodeTexImage", image=relief).outputs[0], parts.inputs[0])
    surface.link(parts.outputs[0], surface.shader.inputs["Roughness"])
    surface.bumped(parts.outputs[1], 0.55, 0.0011)


def _cornea(surface: Surface, pixels: Values) -> None:
    """Clear, with a gleam that grows towards the rim."""
    gleam, mix = surface.node("ShaderNodeBsdfGlossy"), surface.node("ShaderNodeMixShader")
    gleam.inputs["Roughness"].default_value = 0.03
    fresnel = surface.node("ShaderNodeFresnel")
    fresnel.inputs[0].default_value = 1.45
    clear = surface.node("ShaderNodeBsdfTransparent")
    for out, into in zip((fresnel, clear, gleam), mix.inputs, strict=False):
        surface.link(out.outputs[0], into)
    surface.becomes(mix.outputs[0])


def _eyes(surface: Surface, pixels: Values) -> None:
    surface.painted(image_of("eyes", pixels), tinted=False)
    surface.shader.subsurface_method = "BURLEY"
    surface.set(Subsurface_Weight=0.12, Subsurface_Radius=(1, 0.4, 0.3), Subsurface_Scale=0.003)
    surface.set(Roughness=0.18, Coat_Weight=0.9, Coat_Roughness=0.04)


def _hair(surface: Surface, pixels: Values) -> None:
    """Alpha as in the engine look: clamp((1.25 edge - (1 - strand)) x 4), and solid from edge .9 on."""
    texture = surface.painted(image_of("hair", pixels), tinted=False)
    surface.set(Roughness=0.38, Anisotropic=0.75, Sheen_Weight=0.05, Specular_IOR_Level=0.16)
    tangent = surface.node("ShaderNodeTangent", direction_type="UV_MAP")
    surface.link(tangent.outputs[0], surface.shader.inputs["Tangent"])
    surface.bumped(texture.outputs[1], 0.6, 0.004)
    edge = surface.node("ShaderNodeVertexColor", layer_name="Edge").outputs[0]
    ragged = surface.sum("SUBTRACT", surface.sum("MULTIPLY", edge, 1.25), 1.0)
    ragged = surface.sum("MULTIPLY", surface.sum("ADD", ragged, texture.outputs[1]), 4.0)
    solid = surface.sum("MULTIPLY", surface.sum("GREATER_THAN", edge, 0.9), 4.0)
    alpha = surface.sum("ADD", ragged, solid)
    alpha.node.use_clamp = True
    surface.link(alpha, surface.shader.inputs["Alpha"])


def _cloth(surface: Surface, pixels: Values) -> None:
    texture = surface.painted(image_of("cloth", pixels), tinted=True)
    surface.set(Roughness=0.85, Sheen_Weight=0.35, Sheen_Roughness=0.4, Specular_IOR_Level=0.2)
    surface.bumped(texture.outputs[0], 0.5, 0.0015)


def _lash(surface: Surface, pixels: Values) -> None:
    texture = surface.painted(image_of("lash", pixels), tinted=False)
    surface.link(texture.outputs[1], surface.shader.inputs["Alpha"])
    surface.set(Roughness=0.7)


def _teeth(surface: Surface, pixels: Values) -> None:
    surface.painted(image_of("teeth", pixels), tinted=True)
    surface.set(Roughness=0.25, Coat_Weight=0.3)


def _tongue(surface: Surface, pixels: Values) -> None:
    surface.painted(image_of("tongue", pixels), tinted=True)
    surface.set(Roughness=0.3)


MAKERS: dict[str, Callable[[Surface, Values], None]] = {
    "cornea": _cornea,
    "eyes": _eyes,
    "hair": _hair,
    "cloth": _cloth,
    "lash": _lash,
    "teeth": _teeth,
    "tongue": _tongue,
}

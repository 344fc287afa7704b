"""Small ONNX files with the interfaces of YuNet and SFace: real networks of convolutions, written byte by byte.

convolutional(path, input_size, heads)  one convolution for each head, its output laid out as the readers want it
bright_spot_finder(path)   takes bright places for faces: the outputs of YuNet for pictures of 320 x 320
colour_describer(path)     describes a face by its colours: the input and output of SFace

The messages are those of onnx.proto; fields are named by number there, so they are here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FLOATS, WHOLES = 1, 7
"""TensorProto.DataType of float32 and int64."""
INTS_ATTRIBUTE = 7
"""AttributeProto.AttributeType of a list of integers."""


@dataclass(frozen=True, eq=False)
class Head:
    """An output: a convolution whose stride is its side, then all places in a row.

    weights: float32 [channels, 3, side, side]. bias: float32 [channels]. Its shape is [1, places, channels], or
    [1, channels] when there is only one place.
    """

    name: str
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


def varint(value: int) -> bytes:
    """A whole number as protocol buffers write it."""
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def number(field: int, value: int) -> bytes:
    """A field that holds a whole number."""
    return varint(field << 3) + varint(value)


def part(field: int, content: bytes | str) -> bytes:
    """A field that holds text or a message."""
    data = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(data)) + data


def tensor(name: str, values: NDArray) -> bytes:
    """A TensorProto."""
    kind = FLOATS if values.dtype == np.float32 else WHOLES
    dims = b"".join(number(1, size) for size in values.shape)
    return dims + number(2, kind) + part(8, name) + part(9, values.tobytes())


def node(kind: str, inputs: Sequence[str], output: str, **attributes: Sequence[int]) -> bytes:
    """A NodeProto; its attributes are lists of integers."""
    told = b"".join(part(1, name) for name in inputs) + part(2, output) + part(3, output) + part(4, kind)
    for name, values in attributes.items():
        told += part(5, part(1, name) + b"".join(number(8, value) for value in values) + number(20, INTS_ATTRIBUTE))
    return told


def described(name: str, shape: Sequence[int]) -> bytes:
    """A ValueInfoProto of float32."""
    sizes = b"".join(part(1, number(1, size)) for size in shape)
    return part(1, name) + part(2, part(1, number(1, FLOATS) + part(2, sizes)))


def convolutional(path: Path, input_size: int, heads: Sequence[Head]) -> Path:
    """Write a network that reads [1, 3, input_size, input_size] and has these heads. Returns the path."""
    graph = b""
    constants: list[bytes] = []
    outputs: list[bytes] = []
    for head in heads:
        channels, _, side, _ = head.weights.shape
        places, name = (input_size // side) ** 2, head.name
        shape = (1, channels) if places == 1 else (1, channels, places)
        constants += [tensor(f"{name}.w", head.weights), tensor(f"{name}.b", head.bias)]
        constants.append(tensor(f"{name}.shape", np.array(shape, np.int64)))
        sides = {"kernel_shape": (side, side), "strides": (side, side), "pads": (0, 0, 0, 0)}
        graph += part(1, node("Conv", ("data", f"{name}.w", f"{name}.b"), f"{name}.all", **sides))
        row = name if places == 1 else f"{name}.row"
        graph += part(1, node("Reshape", (f"{name}.all", f"{name}.shape"), row))
        if places > 1:
            graph += part(1, node("Transpose", (row,), name, perm=(0, 2, 1)))
        outputs.append(described(name, (1, channels) if places == 1 else (1, places, channels)))
    graph += part(2, "heads") + b"".join(part(5, constant) for constant in constants)
    graph += part(11, described("data", (1, 3, input_size, input_size))) + b"".join(part(12, one) for one in outputs)
    path.write_bytes(number(1, 8) + part(7, graph) + part(8, part(1, "") + number(2, 13)))
    return path


def bright_spot_finder(path: Path) -> Path:
    """YuNet's twelve outputs: the more a cell is white the surer its face, four cells wide, with eyes, nose, mouth."""
    marks = (-1, -1, 1, -1, 0, 0, -0.8, 1, 0.8, 1)
    heads = []
    for side in (8, 16, 32):
        white = np.full((1, 3, side, side), 1 / (3 * side * side * 255), np.float32)
        for name in ("cls", "obj"):
            heads.append(Head(f"{name}_{side}", white, np.zeros(1, np.float32)))
        for name, values in (("bbox", (0, 0, np.log(4), np.log(4))), ("kps", marks)):
            nothing = np.zeros((len(values), 3, side, side), np.float32)
            heads.append(Head(f"{name}_{side}", nothing, np.array(values, np.float32)))
    return convolutional(path, 320, heads)


def colour_describer(path: Path) -> Path:
    """SFace's [1, 128] from [1, 3, 112, 112]: 128 random mixes of the mean colours of the face."""
    mixes = np.random.default_rng(5).standard_normal((128, 3)).astype(np.float32)
    weights = np.broadcast_to(mixes[:, :, None, None] / 112**2, (128, 3, 112, 112)).astype(np.float32)
    return convolutional(path, 112, [Head("fc1", np.ascontiguousarray(weights), np.zeros(128, np.float32))])

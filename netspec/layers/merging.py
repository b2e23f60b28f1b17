"""What the layers with several inputs share: how they complain."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.layers.base import Layer, Shape, ShapeError


def describe_input(layer: Layer, position: int, shape: Shape) -> str:
    """ "input 2 (conv3) is [64, 28, 28]"; positions count from 1."""
    name = f" ({layer.inputs[position]})" if layer.inputs and position < len(layer.inputs) else ""
    return f"input {position + 1}{name} is {list(shape)}"


def check_equal_shapes(layer: Layer, inputs: Sequence[Shape], hint: str) -> None:
    """Raise ShapeError NS202 that names the first input whose shape differs from the first one's."""
    for position, shape in enumerate(inputs):
        if shape != inputs[0]:
            raise ShapeError(
                f"{describe_input(layer, position, shape)} but {describe_input(layer, 0, inputs[0])}", hint,
                field="inputs", code="NS202", ports=(0, position),
            )  # fmt: skip

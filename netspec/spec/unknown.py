"""The stand-in for a layer whose table has errors: it keeps its place in the graph, and its shape is not known."""

from __future__ import annotations

from typing import ClassVar

from netspec.layers.base import Family, Layer


class UnknownLayer(Layer):
    """Stand-in for a layer that could not be made out."""

    family: ClassVar[Family] = "shape"
    arity: ClassVar[tuple[int, int | None]] = (0, None)


def make_unknown(name: str, inputs: tuple[str, ...] | None) -> UnknownLayer:
    """A stand-in of this name; nothing is validated."""
    return UnknownLayer.model_construct(name=name, inputs=inputs)


def is_unknown(layer: Layer) -> bool:
    """Whether a layer only stands in for one with errors."""
    return isinstance(layer, UnknownLayer)

"""Parameters and multiply-adds of a layer as products of sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from netspec.explaining.arithmetic import times
from netspec.layers.base import Layer, Shape, volume


@dataclass(frozen=True)
class Product:
    """A number and how it comes about: weight, "16·6·5·5", 2400."""

    name: str
    factors: str
    value: int


def parameter_products(layer: Layer, inputs: Sequence[Shape]) -> tuple[Product, ...]:
    """The learned tensors, each with its sizes."""
    return tuple(Product(item.name, times(item.shape), item.size) for item in layer.parameters(inputs))


def state_products(layer: Layer, inputs: Sequence[Shape]) -> tuple[Product, ...]:
    """Tensors that are kept but not learned."""
    return tuple(Product(item.name, times(item.shape), item.size) for item in layer.states(inputs))


def multiply_adds(layer: Layer, inputs: Sequence[Shape], output: Shape) -> Product | None:
    """Outputs times the numbers that each is summed from; None for layers that have none worth counting."""
    count, outputs = layer.macs(inputs, output), volume(output)
    if not count:
        return None
    if count % outputs:
        return Product("multiply-adds", "", count)
    each = count // outputs
    weights = {item.shape[1:] for item in layer.parameters(inputs) if len(item.shape) > 1}
    sizes = next((shape for shape in sorted(weights) if math.prod(shape) == each), (each,))
    return Product("multiply-adds", f"{times(output)} outputs × {times(sizes)}", count)

"""What an initializer is: the first values of one parameter, drawn from a generator that the caller gives.

The caller gives each parameter its own generator, keyed by seed, layer name and parameter name, so a parameter's
values depend on nothing else in the network.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from netspec.registry import Plugin

Floats = NDArray[np.float64]


class Initializer(Plugin):
    """Base of all initializers."""

    draws_in_order: ClassVar[bool] = True
    """Whether the values depend on the order of the draws alone: a parameter may then be drawn in pieces."""

    def sample(self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator) -> Floats:
        """New float64 values of `shape`, in PyTorch's order of axes, (O, I, *kernel).

        `fan_in` and `fan_out` are those of the layer's weight (see `fans`), for its bias too.
        """
        raise NotImplementedError

    def pieces(
        self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator, rows: int
    ) -> Iterator[tuple[int, Floats]]:
        """(first row, values) of the same numbers as `sample`, so many rows at a time where they are drawn in order."""
        rows = rows if self.draws_in_order else shape[0]
        for first in range(0, shape[0], rows):
            yield first, self.sample((min(rows, shape[0] - first), *shape[1:]), fan_in, fan_out, rng)


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight in PyTorch's layout (O, I, *kernel): I·Πkernel and O·Πkernel.

    For a convolution in groups I is the number of input channels of one group, so fan_in is what one output sees.
    Raises ValueError below two axes.
    """
    if len(shape) < 2:
        raise ValueError(f"initializer: a weight of shape {shape} has no fan; give (outputs, inputs, *kernel)")
    receptive = math.prod(shape[2:])
    return shape[1] * receptive, shape[0] * receptive


def positive_fan(fan: int, which: str) -> int:
    """The fan, once it is sure to be at least 1. Raises ValueError otherwise."""
    if fan < 1:
        raise ValueError(f"initializer: {which} is {fan}; a weight needs at least one input and one output")
    return fan

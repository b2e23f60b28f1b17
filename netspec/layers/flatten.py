"""Pictures to vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from netspec.layers.base import Shape, volume
from netspec.layers.reordering import Reordering


class Flatten(Reordering):
    """All values of a sample as one vector, in PyTorch's order.

    y[n, (c·H + h)·W + w] = x[n,c,h,w];  dx: dy back in the shape of x
    x: (N, C, H, W) or (N, F) → y: (N, C·H·W) or (N, F).
    """

    aliases: ClassVar[tuple[str, ...]] = ("Flatten", "flattenLayer", "view")
    type: Literal["flatten"] = "flatten"

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (volume(inputs[0]),)

"""Values cut to a range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from netspec.kernels.abi import In, Kernel, Out, cast, in_place_kernel
from netspec.kernels.elementary import part
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"))
def hard_tanh_forward(chunk: int, chunks: int, x: In, y: Out, min_val: float, max_val: float) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        z = min_val if x[i] < min_val else x[i]
        y[i] = max_val if z > max_val else z


@in_place_kernel(("dy", "dx"))
def hard_tanh_backward(chunk: int, chunks: int, y: In, dy: In, dx: Out, min_val: float, max_val: float) -> None:
    y, dy, dx = part(y, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        inside = cast(y, 0) if y[i] <= min_val else dy[i]
        dx[i] = cast(y, 0) if y[i] >= max_val else inside


class HardTanh(Elementwise):
    """Values cut to a range.

    y = min(max(x, min_val), max_val);  dx = dy where min_val < y < max_val, else 0.
    x: any shape → y: the same.  Raises a validation error unless min_val < max_val.
    """

    aliases: ClassVar[tuple[str, ...]] = ("hardtanh", "clip")
    type: Literal["hard_tanh"] = "hard_tanh"
    min_val: float = -1.0
    """Least output."""
    max_val: float = 1.0
    """Greatest output."""
    forward_kernel: ClassVar[Kernel] = hard_tanh_forward
    backward_kernel: ClassVar[Kernel] = hard_tanh_backward

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> Self:
        if self.min_val >= self.max_val:
            raise ValueError(f"min_val {self.min_val} is not below max_val {self.max_val}; give min_val < max_val")
        return self

    def settings(self) -> Mapping[str, float]:
        return {"min_val": self.min_val, "max_val": self.max_val}

    def ends(self) -> tuple[float | None, float | None]:
        return self.min_val, self.max_val

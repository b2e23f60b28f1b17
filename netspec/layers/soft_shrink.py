"""Values moved towards 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import In, Kernel, Out, cast, in_place_kernel
from netspec.kernels.elementary import part
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"))
def soft_shrink_forward(chunk: int, chunks: int, x: In, y: Out, threshold: float) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        low = x[i] + threshold if x[i] < -threshold else x[i] * cast(x, 0)  # keeps NaN
        y[i] = x[i] - threshold if x[i] > threshold else low


@in_place_kernel(("dy", "dx"))
def soft_shrink_backward(chunk: int, chunks: int, y: In, dy: In, dx: Out) -> None:
    y, dy, dx = part(y, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        dx[i] = cast(y, 0) if y[i] == 0 else dy[i]


class SoftShrink(Elementwise):
    """Values moved towards 0 by a threshold, small ones to 0.

    y = x − λ where x > λ, x + λ where x < −λ, else 0;  dx = dy where y ≠ 0, else 0.
    x: any shape → y: the same.  Source: Donoho 1995, IEEE Trans. Inf. Theory 41 (soft thresholding).
    """

    aliases: ClassVar[tuple[str, ...]] = ("softshrink",)
    type: Literal["soft_shrink"] = "soft_shrink"
    threshold: float = Field(default=0.5, ge=0)
    """λ; PyTorch calls it lambd."""
    forward_kernel: ClassVar[Kernel] = soft_shrink_forward
    backward_kernel: ClassVar[Kernel] = soft_shrink_backward

    def settings(self) -> Mapping[str, float]:
        return {"threshold": self.threshold}

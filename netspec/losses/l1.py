"""Mean absolute error."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import DoublesOut, In, Kernel, Out, kernel, span
from netspec.losses.elementwise import ElementwiseLoss


@kernel
def l1_value(chunk: int, chunks: int, x: In, target: In, partials: DoublesOut, items: int) -> None:
    first, last = span(chunk, chunks, items)
    x, target = x[first:last], target[first:last]
    total = 0.0
    for i in range(x.size):
        total += abs(float(x[i]) - float(target[i]))
    partials[2 * chunk] = total
    partials[2 * chunk + 1] = x.size


@kernel
def l1_gradient(chunk: int, chunks: int, x: In, target: In, dx: Out, items: int, scale: float) -> None:
    first, last = span(chunk, chunks, items)
    x, target, dx = x[first:last], target[first:last], dx[first:last]
    for i in range(x.size):
        d = x[i] - target[i]
        dx[i] = scale if d > 0 else (-scale if d < 0 else d)  # d: 0, or a NaN that must be found


class L1(ElementwiseLoss):
    """Mean absolute error.

    loss = Σ |x − t| / E  over all E elements of the batch;  dx = sign(x − t) / E, 0 at the kink (as PyTorch)
    x: any shape; target: numbers of the same shape.
    Raises ShapeError for data with class labels.  Source: Laplace 1774; the mean is PyTorch's L1Loss.
    """

    type: Literal["l1"] = "l1"
    aliases: ClassVar[tuple[str, ...]] = ("mae", "mean_absolute_error", "L1Loss")
    value_kernel: ClassVar[Kernel] = l1_value
    gradient_kernel: ClassVar[Kernel] = l1_gradient

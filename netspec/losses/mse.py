"""Mean squared error."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import DoublesOut, In, Kernel, Out, cast, kernel, span
from netspec.losses.elementwise import ElementwiseLoss


@kernel
def mse_value(chunk: int, chunks: int, x: In, target: In, partials: DoublesOut, items: int) -> None:
    first, last = span(chunk, chunks, items)
    x, target = x[first:last], target[first:last]
    total = 0.0
    for i in range(x.size):
        total += (float(x[i]) - float(target[i])) ** 2
    partials[2 * chunk] = total
    partials[2 * chunk + 1] = x.size


@kernel
def mse_gradient(chunk: int, chunks: int, x: In, target: In, dx: Out, items: int, scale: float) -> None:
    first, last = span(chunk, chunks, items)
    x, target, dx = x[first:last], target[first:last], dx[first:last]
    for i in range(x.size):
        dx[i] = cast(x, 2) * scale * (x[i] - target[i])


class MSE(ElementwiseLoss):
    """Mean squared error.

    loss = Σ (x − t)² / E  over all E elements of the batch (no factor ½);  dx = 2·(x − t) / E
    x: any shape; target: numbers of the same shape.
    Raises ShapeError for data with class labels.  Source: Legendre 1805; the mean is PyTorch's MSELoss.
    """

    type: Literal["mse"] = "mse"
    value_kernel: ClassVar[Kernel] = mse_value
    gradient_kernel: ClassVar[Kernel] = mse_gradient

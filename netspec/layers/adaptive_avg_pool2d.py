"""Mean over windows that are cut to give a wanted size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from netspec.kernels.abi import Kernel
from netspec.kernels.pooling import mean_windows, mean_windows_backward
from netspec.layers.base import Shape
from netspec.layers.pooling import Axes, Windows
from netspec.windows import Axis, Size2, check_picture, pair


@dataclass(frozen=True)
class Parts(Axis):
    """`output` windows that cover `size` pixels as evenly as whole pixels allow; `kernel` is the largest of them."""

    def pixels(self, window: int) -> range:
        """⌊window · size / output⌋ up to ⌈(window + 1) · size / output⌉."""
        return range(window * self.size // self.output, -(-(window + 1) * self.size // self.output))


class AdaptiveAvgPool2d(Windows):
    """Mean of windows that are as large as it takes to give output_size.

    y[n,c,i,j] = the mean of x[n,c,h,w] over h = ⌊iH/H'⌋ … ⌈(i+1)H/H'⌉ − 1, and w in the same way with W and W'
    x: (N, C, H, W) → y: (N, C, H', W') with output_size [H', W'];  dx: each window's dy divided among its pixels.
    Windows overlap where H' does not divide H; where H' > H they repeat pixels.
    Raises ShapeError for an input that is no picture.
    Source: He, Zhang, Ren & Sun 2014, arXiv:1406.4729, §2.3 (pyramid pooling); rounding as PyTorch's AdaptiveAvgPool2d.
    """

    aliases: ClassVar[tuple[str, ...]] = ("adaptive_pool", "AdaptiveAveragePooling2D", "adaptive_average_pool")
    forward_kernel: ClassVar[Kernel] = mean_windows
    backward_kernel: ClassVar[Kernel] = mean_windows_backward
    type: Literal["adaptive_avg_pool2d"] = "adaptive_avg_pool2d"
    output_size: Size2
    """Height and width of the output: 7 or [7, 7]."""

    def axes(self, shape: Shape) -> Axes:
        check_picture(shape)
        height, width = pair(self.output_size)
        return _parts("height", shape[1], height), _parts("width", shape[2], width)

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        height, width = self.axes(inputs[0])
        return inputs[0][0], height.output, width.output

    def divisors(self, axis: Axis) -> list[int]:
        return [len(axis.pixels(window)) for window in range(axis.output)]


def _parts(name: Literal["height", "width"], size: int, output: int) -> Parts:
    even = Parts(name, size, 1, size // output, 1, 0, 0, "floor", output)
    largest = max(len(even.pixels(window)) for window in range(output))
    return Parts(name, size, largest, size // output, 1, 0, 0, "floor", output)

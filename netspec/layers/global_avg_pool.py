"""Mean of each channel."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import Kernel
from netspec.kernels.pooling import mean_windows, mean_windows_backward
from netspec.layers.pooling import GlobalPool
from netspec.windows import Axis


class GlobalAvgPool(GlobalPool):
    """Mean of each channel over the whole picture; PyTorch's AdaptiveAvgPool2d(1) and Flatten in one.

    y[n,c] = Σ_{h,w} x[n,c,h,w] / (H·W);  dx[n,c,h,w] = dy[n,c] / (H·W)
    x: (N, C, H, W) → y: (N, C).  Raises ShapeError for an input that is no picture.
    Source: Lin, Chen & Yan 2013, arXiv:1312.4400, §3.2.
    """

    aliases: ClassVar[tuple[str, ...]] = (
        "gap", "GAP", "GlobalAveragePool", "GlobalAveragePooling2D",
        "globalAveragePooling2dLayer",
    )  # fmt: skip
    forward_kernel: ClassVar[Kernel] = mean_windows
    backward_kernel: ClassVar[Kernel] = mean_windows_backward
    type: Literal["global_avg_pool"] = "global_avg_pool"

    def divisors(self, axis: Axis) -> list[int]:
        return [axis.size]

"""Maximum of each channel."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import Kernel
from netspec.kernels.pooling import max_windows, max_windows_backward
from netspec.layers.pooling import GlobalPool


class GlobalMaxPool(GlobalPool):
    """Largest value of each channel over the whole picture; PyTorch's AdaptiveMaxPool2d(1) and Flatten in one.

    y[n,c] = max_{h,w} x[n,c,h,w];  dx: dy at the first largest pixel, row by row, else 0
    x: (N, C, H, W) → y: (N, C).  NaN gives NaN. Raises ShapeError for an input that is no picture.
    Source: Oquab, Bottou, Laptev & Sivic 2015, CVPR.
    """

    aliases: ClassVar[tuple[str, ...]] = ("GlobalMaxPooling2D", "adaptive_max_pool2d", "globalMaxPooling2dLayer")
    forward_kernel: ClassVar[Kernel] = max_windows
    backward_kernel: ClassVar[Kernel] = max_windows_backward
    type: Literal["global_max_pool"] = "global_max_pool"

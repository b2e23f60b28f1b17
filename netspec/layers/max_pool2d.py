"""Maximum over windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from netspec.kernels.abi import Kernel
from netspec.kernels.pooling import max_windows, max_windows_backward
from netspec.layers.pooling import Pool2d


class MaxPool2d(Pool2d):
    """Largest value of each window, channel by channel.

    y[n,c,i,j] = max_{r,s} x[n, c, i·S+r·D−P, j·S+s·D−P], over the pixels inside x: padding counts as −∞
    x: (N, C, H, W) → y: (N, C, H', W'),  H' = floor((H − D(K−1) − 1 + P_top + P_bottom)/S) + 1
    dx: each dy goes to the first largest pixel of its window, row by row, as in PyTorch.
    NaN in a window gives NaN. Raises ShapeError when a window exceeds the padded input or sees only padding.
    Source: Riesenhuber & Poggio 1999, Nature Neuroscience 2; Scherer, Müller & Behnke 2010, ICANN.
    """

    aliases: ClassVar[tuple[str, ...]] = ("max_pool", "maxpool", "MaxPool", "MaxPooling2D", "maxPooling2dLayer")
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {"caffe": {"rounding": "ceil"}}
    forward_kernel: ClassVar[Kernel] = max_windows
    backward_kernel: ClassVar[Kernel] = max_windows_backward
    type: Literal["max_pool2d"] = "max_pool2d"

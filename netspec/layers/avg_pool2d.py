"""Mean over windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from netspec.kernels.abi import Kernel
from netspec.kernels.pooling import mean_windows, mean_windows_backward
from netspec.layers.pooling import Pool2d
from netspec.windows import Axis


class AvgPool2d(Pool2d):
    """Mean of each window, channel by channel.

    y[n,c,i,j] = Σ_{r,s} x[n, c, i·S+r·D−P, j·S+s·D−P] / d[i,j], padding counts as 0
    d: taps inside the padded input (count_include_pad) or inside x; what hangs over the end never counts
    x: (N, C, H, W) → y: (N, C, H', W'),  H' = floor((H − D(K−1) − 1 + P_top + P_bottom)/S) + 1
    dx[h,w] = Σ dy[i,j] / d[i,j] over the windows that contain h, w.
    Raises ShapeError when a window exceeds the padded input or sees only padding.
    Source: LeCun, Bottou, Bengio & Haffner 1998, Proc. IEEE 86.
    """

    aliases: ClassVar[tuple[str, ...]] = (
        "avg_pool", "avgpool", "average_pool", "AveragePool", "AveragePooling2D", "averagePooling2dLayer",
    )  # fmt: skip
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "keras": {"count_include_pad": False},
        "onnx": {"count_include_pad": False},
        "caffe": {"rounding": "ceil"},
    }
    forward_kernel: ClassVar[Kernel] = mean_windows
    backward_kernel: ClassVar[Kernel] = mean_windows_backward
    type: Literal["avg_pool2d"] = "avg_pool2d"
    count_include_pad: bool = True
    """Divide by the taps inside the padded input; false: only by those inside the input."""

    def divisors(self, axis: Axis) -> list[int]:
        if self.count_include_pad:
            return [axis.taps_before_end(window) for window in range(axis.output)]
        return [len(axis.pixels(window)) for window in range(axis.output)]

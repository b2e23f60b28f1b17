"""Convolutions against PyTorch's (the faster of its layouts): forward, dx and dw.

python -m benchmarks.convolution              all shapes
python -m benchmarks.convolution 3×3 --threads 1
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.layer_race import Case, Family, flops, run
from netspec.window_fields import pair


def conv(
    title: str, shape: tuple[int, int, int], out_channels: int, kernel: int, *, batch: int = 8, **fields: Any
) -> Case:
    """A convolution that keeps the size where its stride is 1."""
    layer = {
        "type": "conv2d",
        "out_channels": out_channels,
        "kernel_size": kernel,
        "padding": kernel // 2,
        "bias": False,
    }
    return Case(title, {**layer, **fields}, shape, batch)


def multiply_adds(case: Case) -> int:
    """Per output: every weight of its group once."""
    height, width = pair(case.layer["kernel_size"])
    return case.outputs() * height * width * case.shape[0] // int(case.layer.get("groups", 1))


CASES = (
    conv("3×3 64, 224²", (64, 224, 224), 64, 3, batch=2),
    conv("3×3 64, 56²", (64, 56, 56), 64, 3),
    conv("3×3 128, 28²", (128, 28, 28), 128, 3),
    conv("3×3 256, 14²", (256, 14, 14), 256, 3),
    conv("3×3 512, 7²", (512, 7, 7), 512, 3),
    conv("3×3 512, 28²", (512, 28, 28), 512, 3, batch=4),
    conv("3×3 64→128 /2, 56²", (64, 56, 56), 128, 3, stride=2),
    conv("7×7 3→64 /2, 224²", (3, 224, 224), 64, 7, stride=2),
    conv("3×3 3→64, 224²", (3, 224, 224), 64, 3, batch=4),
    conv("1×1 64→256, 56²", (64, 56, 56), 256, 1),
    conv("1×1 256→64, 56²", (256, 56, 56), 64, 1),
    conv("1×1 64→128 /2, 56²", (64, 56, 56), 128, 1, stride=2),
    conv("3×3 depthwise 128, 56²", (128, 56, 56), 128, 3, groups=128),
    conv("3×3 128 in 32 groups, 56²", (128, 56, 56), 128, 3, groups=32),
    conv("3×3 16, 32²", (16, 32, 32), 16, 3, batch=64),
    conv("3×3 32, 16²", (32, 16, 16), 32, 3, batch=64),
    conv("3×3 64, 8²", (64, 8, 8), 64, 3, batch=64),
    conv("5×5 1→6, 28²", (1, 28, 28), 6, 5, batch=64),
    conv("5×5 6→16, 14²", (6, 14, 14), 16, 5, batch=64, padding=0),
    conv("3×3 dilated 2, 64, 56²", (64, 56, 56), 64, 3, dilation=2, padding=2),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    return run(Family(CASES, ("forward", "dx", "dw"), "GFLOP/s", flops(multiply_adds)), __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())

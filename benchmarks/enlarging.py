"""Transposed convolutions and upsampling against PyTorch's: forward, dx and, where there are weights, dw.

python -m benchmarks.enlarging
python -m benchmarks.enlarging bilinear
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.layer_race import Case, Family, flops, run, traffic
from netspec.window_fields import pair


def up_conv(
    title: str, shape: tuple[int, int, int], out_channels: int, kernel: int, *, batch: int = 4, groups: int = 1
) -> Case:
    """A transposed convolution that enlarges by half its window, or by 2 for an odd one."""
    stride = kernel // 2 if kernel > 2 and kernel % 2 == 0 else 2
    layer = {"type": "conv_transpose2d", "out_channels": out_channels, "kernel_size": kernel, "stride": stride,
             "padding": (kernel - stride) // 2, "bias": False, "groups": groups}  # fmt: skip
    return Case(title, layer, shape, batch)


def multiply_adds(case: Case) -> int:
    """Per input: every weight of its group once."""
    height, width = pair(case.layer["kernel_size"])
    return case.inputs() * height * width * case.layer["out_channels"] // int(case.layer["groups"])


UP_CONVS = (
    up_conv("2×2 /2 1024→512, 28²", (1024, 28, 28), 512, 2, batch=2),
    up_conv("2×2 /2 128→64, 128²", (128, 128, 128), 64, 2),
    up_conv("2×2 /2 32→16, 64²", (32, 64, 64), 16, 2, batch=8),
    up_conv("4×4 /2 64→32, 64²", (64, 64, 64), 32, 4),
    up_conv("3×3 /2 64→32, 64²", (64, 64, 64), 32, 3),
    up_conv("4×4 /2 2→2, 64²", (2, 64, 64), 2, 4, batch=8),
    up_conv("16×16 /8 21→21, 44²", (21, 44, 44), 21, 16, batch=2),
    up_conv("16×16 /8 depthwise 21, 44²", (21, 44, 44), 21, 16, batch=2, groups=21),
)
UPSAMPLINGS = (
    Case("nearest ×2, 64, 64²", {"type": "upsample", "scale": 2}, (64, 64, 64), 4),
    Case("nearest ×2, 2, 128²", {"type": "upsample", "scale": 2}, (2, 128, 128), 8),
    Case("bilinear ×2, 64, 64²", {"type": "upsample", "scale": 2, "mode": "bilinear"}, (64, 64, 64), 4),
    Case("bilinear ×8, 21, 44²", {"type": "upsample", "scale": 8, "mode": "bilinear"}, (21, 44, 44), 2),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table for each kind that has one of the words in a title."""
    words = argparse.ArgumentParser(add_help=False)
    words.add_argument("words", nargs="*")
    asked = words.parse_known_args(argv)[0].words
    families = (
        Family(UP_CONVS, ("forward", "dx", "dw"), "GFLOP/s", flops(multiply_adds)),
        Family(UPSAMPLINGS, ("forward", "dx"), "GB/s", traffic),
    )
    wanted = [f for f in families if not asked or any(word in case.title for case in f.cases for word in asked)]
    return max(run(family, __doc__, argv) for family in wanted or families)


if __name__ == "__main__":
    sys.exit(main())

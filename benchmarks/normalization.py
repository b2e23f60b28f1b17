"""Normalization in training against PyTorch's: forward, and all gradients together.

python -m benchmarks.normalization
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks.layer_race import Case, Family, run, traffic

SHAPES = (
    ("64, 112²", (64, 112, 112), 8), ("64, 56²", (64, 56, 56), 8), ("128, 28²", (128, 28, 28), 8),
    ("256, 14²", (256, 14, 14), 8), ("512, 7²", (512, 7, 7), 8), ("16, 32²", (16, 32, 32), 64),
    ("64, 8²", (64, 8, 8), 64), ("vectors of 256", (256,), 256),
)  # fmt: skip
OTHERS = (
    ("layer_norm", {}), ("layer_norm over channels", {"over": "channels"}), ("group_norm of 8", {"num_groups": 8}),
    ("instance_norm", {"affine": True}),
)  # fmt: skip
SOME = (SHAPES[1], SHAPES[3], SHAPES[5], SHAPES[7])
CASES = (
    *(Case(title, {"type": "batch_norm"}, shape, batch) for title, shape, batch in SHAPES),
    *(
        Case(f"{kind}, {title}", {"type": kind.split()[0], **keys}, shape, batch)
        for kind, keys in OTHERS
        for title, shape, batch in SOME
        if kind != "instance_norm" or len(shape) == 3
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    return run(Family(CASES, ("forward", "backward"), "GB/s", traffic), __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())

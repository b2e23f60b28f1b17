"""Pooling against PyTorch's: forward and dx.

python -m benchmarks.pooling
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.layer_race import Case, Family, run, traffic

TWO: dict[str, Any] = {"kernel_size": 2}
THREE: dict[str, Any] = {"kernel_size": 3, "stride": 2, "padding": 1}
CASES = (
    Case("max 2/2, 6, 28²", {"type": "max_pool2d", **TWO}, (6, 28, 28), 64),
    Case("max 2/2, 64, 224²", {"type": "max_pool2d", **TWO}, (64, 224, 224), 4),
    Case("max 2/2, 512, 14²", {"type": "max_pool2d", **TWO}, (512, 14, 14), 4),
    Case("max 3/2, 64, 112²", {"type": "max_pool2d", **THREE}, (64, 112, 112), 8),
    Case("mean 2/2, 64, 56²", {"type": "avg_pool2d", **TWO}, (64, 56, 56), 8),
    Case("mean 3/2, 64, 56²", {"type": "avg_pool2d", **THREE}, (64, 56, 56), 8),
    Case("global mean, 512, 7²", {"type": "global_avg_pool"}, (512, 7, 7), 8),
    Case("global max, 512, 7²", {"type": "global_max_pool"}, (512, 7, 7), 8),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    return run(Family(CASES, ("forward", "dx"), "GB/s", traffic), __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())

"""Fully connected layers against PyTorch's: forward, dx and dw.

python -m benchmarks.linear
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks.layer_race import Case, Family, flops, run


def linear(features: int, out_features: int, batch: int) -> Case:
    """features → out_features."""
    layer = {"type": "linear", "out_features": out_features, "bias": False}
    return Case(f"{features}→{out_features}", layer, (features,), batch)


CASES = (
    linear(784, 256, 64),
    linear(256, 128, 64),
    linear(128, 10, 64),
    linear(400, 120, 64),
    linear(512, 1000, 8),
    linear(25088, 4096, 4),
    linear(4096, 4096, 4),
    linear(1024, 1024, 256),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    work = flops(lambda case: case.outputs() * case.shape[0])
    return run(Family(CASES, ("forward", "dx", "dw"), "GFLOP/s", work), __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())

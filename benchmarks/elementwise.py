"""Activations against PyTorch's: forward and dx.

python -m benchmarks.elementwise
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks.layer_race import Case, Family, run, traffic

KINDS = ("relu", "leaky_relu", "hard_swish", "elu", "sigmoid", "tanh", "silu", "softplus", "gelu", "softmax")
CASES = tuple(
    Case(f"{kind}, {title}", {"type": kind}, shape, batch)
    for kind in KINDS
    for title, shape, batch in (("64, 56²", (64, 56, 56), 8), ("vectors of 256", (256,), 64))
)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    return run(Family(CASES, ("forward", "dx"), "GB/s", traffic), __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())

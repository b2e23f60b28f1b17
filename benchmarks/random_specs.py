"""The guarantee at full length: on 10,000 random networks the inferred shape is the executed shape.

python -m benchmarks.random_specs                   networks 0 … 9999, about a quarter of an hour on one core
python -m benchmarks.random_specs 500 --first 7000  some of them
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence

from netspec.registry import plugins
from tests.kit.shape_guarantee import Outcome, check_network

TOLD_EVERY = 500
SHOWN = 5
"""Failures that are printed in full."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=10_000)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args(argv)
    return check_all(range(options.first, options.first + options.count))


def check_all(numbers: range) -> int:
    """Check all of them; 1 when one fails."""
    outcomes, failures, start = [], 0, time.monotonic()
    for done, number in enumerate(numbers, 1):
        try:
            outcomes.append(check_network(number))
        except AssertionError as failure:
            failures += 1
            if failures <= SHOWN:
                print(failure, flush=True)
        if done % TOLD_EVERY == 0:
            print(f"{done} networks, {failures} failures, {time.monotonic() - start:.0f} s", flush=True)
    print(describe(outcomes, failures))
    return 1 if failures else 0


def describe(outcomes: Sequence[Outcome], failures: int) -> str:
    """How many networks and layers, of which types."""
    types = Counter(kind for outcome in outcomes for kind in outcome.types)
    known, trained = sum(item.known for item in outcomes), sum(item.was_trained for item in outcomes)
    missing = sorted(plugins("netspec.layers").keys() - types)
    lines = [
        f"{len(outcomes) + failures} networks: {failures} failures",
        f"{types.total()} layers of {len(types)} types, each at least {min(types.values(), default=0)} times",
        f"{known} of them also compared with a shape found by doing it; {trained} networks also run backward",
        *([f"never drawn: {', '.join(missing)}"] if missing else []),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

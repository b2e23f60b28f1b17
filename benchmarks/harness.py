"""Runs contestants in turn, several rounds each, in one process, and prints medians and ratios.

The machine is shared and noisy: only the ratio of medians taken side by side says anything.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def race(contestants: Mapping[str, Callable[[], object]], rounds: int = 15, seconds: float = 0.2) -> dict[str, float]:
    """Median seconds a call of each contestant; a round gives each about `seconds`, one after the other."""
    repeats = {name: max(1, round(seconds / _once(step))) for name, step in contestants.items()}
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, step in contestants.items():
            start = time.perf_counter()
            for _ in range(repeats[name]):
                step()
            samples[name].append((time.perf_counter() - start) / repeats[name])
    return {name: statistics.median(values) for name, values in samples.items()}


def _once(step: Callable[[], object]) -> float:
    for _ in range(3):
        step()
    start = time.perf_counter()
    step()
    return max(time.perf_counter() - start, 1e-6)


def report(title: str, medians: Mapping[str, float], ours: str = "netspec") -> float:
    """Print the table; returns the ratio of the best peer's time to ours (above 1: we are faster)."""
    print(title)
    for name, median in sorted(medians.items(), key=lambda item: item[1]):
        print(f"  {name:<24} {1e3 * median:9.3f} ms")
    peers = {name: median for name, median in medians.items() if name != ours}
    best = min(peers, key=lambda name: peers[name])
    ratio = peers[best] / medians[ours]
    print(f"  ratio {best} / {ours}: {ratio:.2f}")
    return ratio

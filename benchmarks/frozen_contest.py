"""What is raced in `frozen.py`: epochs of a network whose trunk is frozen. Loads neither netspec nor PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.contest import Contest

FULL, FROZEN, NO_GRAD, CACHED, FEATURES = (
    "everything learns", "frozen", "trunk under no_grad", "from the cache", "features given",
)  # fmt: skip


@dataclass(frozen=True)
class EpochContest(Contest):
    """A contest of whole epochs over so many samples; folder: where runs may lie."""

    samples: int = 64
    folder: str = ""

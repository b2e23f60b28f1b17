"""What a confusion matrix says: shares of rows, precision, recall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Matrix:
    """counts[t, p]: samples of class t predicted as p, (C, C); nowhere[t]: samples of class t without a prediction (NaN)."""

    counts: NDArray[np.int64]
    nowhere: NDArray[np.int64]

    @classmethod
    def of(cls, look: Mapping[str, Any]) -> Matrix | None:
        """The matrix of a look at a validation; None where there are no classes."""
        if look.get("cells") is None or not look.get("classes"):
            return None
        size = look["classes"]
        counts = np.zeros((size, size + 1), np.int64)
        for true, predicted, count in look["cells"]:
            counts[true, predicted] = count  # −1, no class, is the last column
        return cls(counts[:, :-1], counts[:, -1])

    @property
    def size(self) -> int:
        """Number of classes."""
        return len(self.counts)

    @property
    def samples(self) -> int:
        """All of them."""
        return int(self.counts.sum() + self.nowhere.sum())

    @property
    def right(self) -> int:
        """Samples predicted as what they are."""
        return int(np.trace(self.counts))

    @property
    def of_class(self) -> NDArray[np.int64]:
        """Samples of each class."""
        return np.asarray(self.counts.sum(axis=1) + self.nowhere)

    def shares(self) -> Floats:
        """Each row divided by the samples of its class; 0 for classes without samples."""
        return _divided(self.counts, self.of_class[:, None], empty=0.0)

    def mistakes(self) -> list[tuple[int, int, int]]:
        """(true, predicted, count) of the pairs that are taken for one another, the most frequent first."""
        wrong = self.counts - np.diag(np.diag(self.counts))
        found = [(int(t), int(p), int(wrong[t, p])) for t, p in np.argwhere(wrong)]
        return sorted(found, key=lambda pair: (-pair[2], pair[:2]))

    def recall(self) -> Floats:
        """Of the samples of a class, the share that is found; NaN without samples."""
        return _divided(np.diag(self.counts), self.of_class)

    def precision(self) -> Floats:
        """Of the samples predicted as a class, the share that is of it; NaN when nothing is predicted so."""
        return _divided(np.diag(self.counts), self.counts.sum(axis=0))


def _divided(a: NDArray[Any], b: NDArray[Any], empty: float = float("nan")) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(b > 0, a / b, empty), np.float64)


def percent(value: float) -> str:
    """0.934 → "93.4 %"; NaN → "–"."""
    return "–" if np.isnan(value) else f"{100 * value:.1f} %"

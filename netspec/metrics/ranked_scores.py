"""The scores of a whole epoch, kept to be ranked: what areas under curves are computed from."""

from __future__ import annotations

import base64
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from netspec.metrics.base import Array, Counter, Metric
from netspec.metrics.scores import class_indices, class_scores, declared_classes, number_of_classes

Floats = NDArray[np.float64]


class RankedScores(Counter):
    """All outputs and targets, as they came: (C + 2) · 4 bytes a sample or pixel for C classes in float32."""

    def __init__(self, classes: int | None) -> None:
        self.classes = declared_classes(classes)
        self.key = ("ranked scores", self.classes)
        self._scores: list[Array] = []
        self._true: list[Array] = []

    def update(self, outputs: Array, targets: Array) -> None:
        scores = class_scores(outputs)
        classes = number_of_classes(self.classes, scores)
        self._true.append(class_indices(targets, outputs, classes))
        self._scores.append(scores.copy())
        self.classes = classes

    def ranked(self) -> tuple[Floats, NDArray[np.int64]]:
        """Log-odds (N, C) of each class against all others, and targets (N,). Raises ValueError when there are none."""
        if not sum(map(len, self._true)):
            raise ValueError("metrics: nothing was counted; call update with at least one sample before compute")
        return log_odds(np.concatenate(self._scores).astype(np.float64)), np.concatenate(self._true)

    def state(self) -> dict[str, Any]:
        """The bytes of both arrays, so that they come back to the last bit."""
        if not self._true:
            return {"classes": self.classes, "scores": None}
        return {"classes": self.classes, "scores": _packed(self._scores), "true": _packed(self._true)}

    def restore(self, state: dict[str, Any]) -> None:
        self.classes, self._scores, self._true = state["classes"], [], []
        if state["scores"] is not None:
            self._scores, self._true = [_unpacked(state["scores"])], [_unpacked(state["true"])]


def log_odds(z: Floats) -> Floats:
    """(N, C) ln(p / (1 − p)) of p = softmax(z): orders samples as p does, but tells apart what is next to 1, too."""
    best = z.argmax(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):  # NaN and infinite outputs give NaN
        shifted = z - z.max(axis=1, keepdims=True)
        # Added up in ascending order, so that equal scores in another order give equal sums.
        odds = shifted - np.log(np.sort(np.exp(shifted), axis=1).sum(axis=1, keepdims=True) - np.exp(shifted))
        others = np.where(np.arange(z.shape[1]) == best[:, None], -np.inf, shifted)
        second = others.max(axis=1, keepdims=True)
        of_best = -(second + np.log(np.sort(np.exp(others - second), axis=1).sum(axis=1, keepdims=True)))
        found: Floats = np.where(shifted == 0, of_best, odds)  # of equal best scores all, or rounding would tell them apart
    return found


def counts_by_score(scores: Floats, positive: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many positive and how many negative samples have each score that occurs, from the greatest to the least."""
    _, place = np.unique(scores, return_inverse=True)
    size = int(place.max()) + 1
    at, whole = np.bincount(place[positive], minlength=size), np.bincount(place, minlength=size)
    return at[::-1], (whole - at)[::-1]


class RankingMetric(Metric):
    """Base of areas under a curve: one area a class, against all others, averaged."""

    is_share: ClassVar[bool] = True
    average: Literal["macro", "weighted"] = "macro"
    """With more than two classes: the mean of their areas, or the mean weighted with their samples."""

    def better_name(self) -> str:
        return self.type_name() if self.average == "macro" else f"{self.type_name()}_{self.average}"

    @classmethod
    def reports(cls, name: str) -> bool:
        return name in (cls.type_name(), f"{cls.type_name()}_weighted")

    def counter(self, classes: int | None) -> Counter:
        return RankedScores(classes)

    def area(self, positives: NDArray[np.int64], negatives: NDArray[np.int64]) -> float | None:
        """The area from the counts at each score, from the greatest to the least; None where it is not defined."""
        raise NotImplementedError

    def value(self, counter: Counter) -> float:
        assert isinstance(counter, RankedScores)
        scores, true = counter.ranked()
        if np.isnan(scores).any():
            return float("nan")
        classes = [1] if scores.shape[1] == 2 else range(scores.shape[1])
        found = [(self.area(*counts_by_score(scores[:, c], true == c)), np.count_nonzero(true == c)) for c in classes]
        defined = [(area, count if self.average == "weighted" else 1) for area, count in found if area is not None]
        weight = sum(count for _, count in defined)
        return sum(area * count for area, count in defined) / weight if weight else float("nan")


def _packed(parts: list[Array]) -> dict[str, Any]:
    array = np.ascontiguousarray(np.concatenate(parts))
    return {"type": array.dtype.str, "shape": list(array.shape), "bytes": base64.b64encode(array.tobytes()).decode()}


def _unpacked(packed: dict[str, Any]) -> Array:
    flat: Array = np.frombuffer(base64.b64decode(packed["bytes"]), packed["type"])
    return flat.reshape(packed["shape"])

"""From a network's outputs and targets to one row of class scores and one class index per prediction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netspec.metrics.base import Array

NO_CLASS = -1


def class_scores(outputs: Array) -> Array:
    """Logits (N, C, *positions) → (N·positions, C). One logit z, (N,) or (N, 1, …), → the two scores (0, z)."""
    if outputs.ndim == 0:
        raise ValueError("metrics: outputs is a single number; give logits of shape (N, C) or (N,)")
    if outputs.ndim == 1:
        outputs = outputs[:, None]
    scores = np.moveaxis(outputs, 1, -1).reshape(-1, outputs.shape[1])
    return scores if scores.shape[1] != 1 else np.concatenate([np.zeros_like(scores), scores], axis=1)


def class_indices(targets: Array, outputs: Array, classes: int) -> NDArray[np.int64]:
    """Targets (N, *positions) → (N·positions,) checked to be whole numbers in 0 … classes − 1.

    Beside one logit (N, 1, *positions) the targets may keep that 1.
    """
    expected = outputs.shape[:1] + outputs.shape[2:]
    one_logit = outputs.ndim > 1 and outputs.shape[1] == 1
    if targets.shape != expected and not (one_logit and targets.shape == outputs.shape):
        raise ValueError(
            f"metrics: targets have shape {targets.shape}, outputs {outputs.shape}; "
            f"give class indices of shape {expected}"
        )
    flat = targets.reshape(-1)
    with np.errstate(invalid="ignore"):  # the cast of NaN is refused below, by its value
        indices = flat.astype(np.int64)
    bad = (indices != flat) | (indices < 0) | (indices >= classes)
    if bad.any():
        raise ValueError(f"metrics: target {flat[bad][0]} is no class; give class indices from 0 to {classes - 1}")
    return indices


def without_label(outputs: Array, targets: Array, label: int) -> tuple[Array, Array]:
    """The predictions whose target is not `label`: scores (M, C) or one logit (M, 1) or (M,), and targets (M,)."""
    counted = targets != label
    if counted.all():
        return outputs, targets
    if targets.shape == outputs.shape:  # one logit, whose targets have kept its axis
        return outputs[counted], targets[counted]
    return np.moveaxis(outputs, 1, -1)[counted] if outputs.ndim > 1 else outputs[counted], targets[counted]


def predicted_classes(scores: Array) -> NDArray[np.int64]:
    """(M, C) → (M,): the class of the highest score, the first one of equals; so one logit z is class 1 when z > 0.

    A row with a NaN, or with −∞ alone, prefers no class and gives NO_CLASS, which is counted as wrong. (argmax would
    name the place of the NaN, and a network that has diverged would look as good as guessing.)
    """
    if scores.shape[1] <= MANY:
        blocks = [_predicted_by_class(scores[i : i + BLOCK]) for i in range(0, len(scores), BLOCK)]
        return np.concatenate(blocks) if blocks else np.zeros(0, np.int64)
    decided = scores.max(axis=1) > -np.inf  # the maximum of a row with NaN is NaN, and NaN > −∞ is false
    return np.where(decided, scores.argmax(axis=1), NO_CLASS)


MANY, BLOCK = 64, 8192
"""Up to so many classes it is faster to compare class by class, in blocks that stay in the cache: the pixels of four masks
of 512 × 512 and two classes take 18 instead of 105 ms, of 21 classes 135 instead of 200 ms."""


def _predicted_by_class(scores: Array) -> NDArray[np.int64]:
    columns = np.ascontiguousarray(scores.T)
    best, found = columns[0].copy(), np.zeros(len(scores), np.int64)
    for label in range(1, len(columns)):
        np.putmask(found, columns[label] > best, label)
        np.maximum(best, columns[label], out=best)  # keeps a NaN
    found[~(best > -np.inf)] = NO_CLASS
    return found


def number_of_classes(declared: int | None, scores: Array) -> int:
    """The declared number of classes, checked against the scores, or theirs when none was declared."""
    seen = int(scores.shape[1])
    if declared is not None and declared != seen:
        raise ValueError(
            f"metrics: outputs have {seen} classes, {declared} expected; check out_features of the last layer"
        )
    return seen


def declared_classes(classes: int | None) -> int | None:
    """1 (one logit) means 2 classes. Raises ValueError below 1."""
    if classes is not None and classes < 1:
        raise ValueError(f"metrics: {classes} classes; give at least 1 (one logit) or None")
    return 2 if classes == 1 else classes

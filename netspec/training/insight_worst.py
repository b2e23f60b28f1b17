"""A look at a validation: the confusion matrix and the samples that the network does worst on.

Line: {"look": "validation", …, "part", "loss", "samples", "classes": C, "cells": [[true, predicted, count], …]}, the
matrix without its zeros; predicted −1: outputs with NaN, which prefer no class. No classes: no cells.

The loss of one sample, in float64: for classes −ln p of the true one (of one logit z with targets 0 and 1: −ln of σ(z) or
1 − σ(z); of several: their mean; of target probabilities t: −Σ t·ln p), whatever the loss: without class weights, label
smoothing, focus or margin; for numbers the mean over its outputs of (output − target)², of |output − target| for l1.

Kept are the OVERALL worst samples, and of each pair of true and predicted class the PER_CELL worst, MOST in all. Samples with
the loss's ignore_index have no loss. NaN is worse than any number; of equal losses the first sample comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.base import Part
from netspec.datasets.batch import Batch
from netspec.datasets.normalization import Normalization
from netspec.losses.base import Loss
from netspec.metrics.scores import class_scores, predicted_classes
from netspec.training.evaluate import measured_target, probabilities
from netspec.training.targets import ignored_label

Array = NDArray[Any]
OVERALL, PER_CELL, MOST = 48, 6, 240
SIDE = 112
"""Pictures are made smaller by whole factors until no side is longer."""


class Worst:
    """Watches an evaluation batch by batch; keeps a few numbers a sample."""

    def __init__(self, loss: Loss) -> None:
        self._loss = loss
        self._columns: list[tuple[Array, ...]] = []

    def watch(self, outputs: Array, batch: Batch) -> None:
        """Takes a batch's outputs in, if it is one whose samples each have one loss."""
        y = self._target(batch)
        if outputs.ndim != 2 or y is None or y.ndim > 2:
            return
        losses = sample_losses(outputs, y, self._loss)
        if y.ndim == 1:
            label = ignored_label(self._loss)
            counted = np.ones(len(y), bool) if label is None else y != label
            predicted, sure = _predicted(outputs, self._loss)
            columns = (batch.index, losses, y, predicted, sure)
            self._columns.append(tuple(column[counted] for column in columns))
        else:
            none = np.full(len(losses), -1)
            self._columns.append((batch.index, losses, none, none, np.full(len(losses), np.nan)))

    def _target(self, batch: Batch) -> Array | None:
        """What the loss compares the outputs with; None for labels of a target of their own, whose names nobody knows."""
        has_other_classes = self._loss.target is not None and self._loss.target_kind == "class"
        return None if has_other_classes else measured_target(self._loss, batch)

    def chosen(self) -> dict[str, Array]:
        """The kept samples, worst first: index (row of the part), loss, true, predicted, probability (of predicted)."""
        names = ("index", "loss", "true", "predicted", "probability")
        if not self._columns:
            return {name: np.zeros(0, int if name in ("index", "true", "predicted") else float) for name in names}
        columns = [np.concatenate(column) for column in zip(*self._columns, strict=True)]
        index, loss, true, predicted, _ = columns
        order = np.lexsort((index, -np.where(np.isnan(loss), np.inf, loss)))
        kept = order[choose(true[order], predicted[order])]
        return {name: column[kept] for name, column in zip(names, columns, strict=True)}


def choose(true: Array, predicted: Array) -> NDArray[np.int64]:
    """Places to keep of samples that come worst first: see the module."""
    pairs = np.stack([true, predicted], axis=1)
    _, cell = np.unique(pairs, axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], np.arange(cell.max() + 1 if len(cell) else 0))
    rank = np.empty(len(cell), np.int64)
    rank[order] = np.arange(len(cell)) - starts[cell[order]]
    places = np.arange(len(cell))
    return places[(places < OVERALL) | (rank < PER_CELL)][:MOST]


def sample_losses(outputs: Array, y: Array, loss: Loss) -> Array:
    """(n,): see the module."""
    z = outputs.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        if loss.link == "sigmoid":
            target = y.reshape(z.shape).astype(np.float64)
            return np.asarray((np.maximum(z, 0) - z * target + np.log1p(np.exp(-np.abs(z)))).mean(axis=1))
        if loss.link == "softmax" or loss.target_kind == "class":
            logs = _log_softmax(class_scores(z))
            if y.ndim == 2:
                return np.asarray(-(y * logs).sum(axis=1))
            known = np.clip(y, 0, logs.shape[1] - 1)  # ignored labels may be any number; they are left out later
            return np.asarray(-logs[np.arange(len(z)), known])
        difference = z - y.reshape(z.shape)
        return np.asarray((np.abs(difference) if loss.type_name() == "l1" else difference**2).mean(axis=1))


def _log_softmax(z: Array) -> Array:
    shifted = z - z.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def _predicted(outputs: Array, loss: Loss) -> tuple[Array, Array]:
    """The predicted class (−1: none) and its probability (NaN where the loss gives none)."""
    predicted = predicted_classes(class_scores(outputs))
    likely = probabilities(outputs, loss)
    if likely is None:
        return predicted, np.full(len(outputs), np.nan)
    return predicted, likely[np.arange(len(outputs)), np.maximum(predicted, 0)]


def cells(confusion: Sequence[Sequence[int]]) -> list[list[int]]:
    """A confusion matrix as [true, predicted, count] without zeros; the column "no class" is −1."""
    counts = np.asarray(confusion)
    return [[int(t), int(p) if p < len(counts) else -1, int(counts[t, p])] for t, p in np.argwhere(counts)]


def pictures(part: Part, index: NDArray[np.int64], normalization: Normalization) -> dict[str, Array]:
    """What a window shows of samples: "pictures" (n, H, W, C) uint8, or "features" (n, F) float32; and "names"."""
    x, names = part.x[index], np.asarray([str(name) for name in part.names[index]], dtype=np.str_)
    if x.ndim == 2 and normalization.image_shape is not None:
        x = x.reshape(-1, *normalization.image_shape).transpose(0, 2, 3, 1)
    if x.ndim != 4:
        return {"features": x[:, :256].astype(np.float32), "names": names}
    return {"pictures": smaller(as_bytes(x, normalization.full_scale)), "names": names}


def as_bytes(x: Array, full_scale: float | None) -> NDArray[np.uint8]:
    """Stored values → 0 … 255: white is full_scale, or the greatest value of all when there is none (the least is 0)."""
    if x.dtype == np.uint8 and full_scale == 255:
        return np.asarray(x)
    low, high = (0.0, full_scale) if full_scale is not None else (float(x.min(initial=0)), float(x.max(initial=0)))
    scaled = (x.astype(np.float64) - low) / (high - low or 1.0)
    return np.asarray(np.clip(np.rint(255 * scaled), 0, 255), np.uint8)


def smaller(x: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures (n, H, W, C) with no side longer than SIDE: means over blocks, what is over at the edges left out."""
    factor = -(-max(x.shape[1:3]) // SIDE)
    if factor <= 1:
        return x
    n, height, width, channels = x.shape[0], x.shape[1] // factor, x.shape[2] // factor, x.shape[3]
    blocks = x[:, : height * factor, : width * factor].reshape(n, height, factor, width, factor, channels)
    return np.asarray(np.rint(blocks.mean(axis=(2, 4))), np.uint8)


def worst_arrays(
    chosen: Mapping[str, Array], part: Part, normalization: Normalization, *, step: int, epoch: int
) -> dict[str, Array]:
    """The contents of worst.npz."""
    shown = pictures(part, chosen["index"], normalization)
    return {**chosen, **shown, "step": np.asarray(step), "epoch": np.asarray(epoch)}

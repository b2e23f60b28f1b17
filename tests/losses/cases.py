"""One list of losses with fitting data, for the tests that every loss must pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.losses.base import Loss
from netspec.losses.bce_with_logits import BCEWithLogits
from netspec.losses.box_regression import BoxRegression
from netspec.losses.cross_entropy import CrossEntropy
from netspec.losses.dice import Dice
from netspec.losses.focal import Focal
from netspec.losses.hinge import Hinge
from netspec.losses.huber import Huber
from netspec.losses.iou import IoU
from netspec.losses.kl_divergence import KLDivergence
from netspec.losses.l1 import L1
from netspec.losses.mse import MSE
from netspec.losses.sigmoid_focal import SigmoidFocal
from netspec.losses.single_shot import SingleShot
from netspec.losses.smooth_l1 import SmoothL1

Array = NDArray[Any]
Data = Callable[[np.random.Generator, int], tuple[Array, Array]]


def labels(*shape: int) -> Data:
    """Logits of this shape a sample, and a label below C for each sample or pixel."""

    def make(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        return 2 * rng.standard_normal((n, *shape)), rng.integers(0, max(2, shape[0]), (n, *shape[1:]))

    return make


def numbers(*shape: int, unit: bool = False) -> Data:
    """Predictions of this shape, and targets: normal, or between 0 and 1."""

    def make(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        x = 2 * rng.standard_normal((n, *shape))
        return x, rng.random((n, *shape)) if unit else rng.standard_normal((n, *shape))

    return make


def probabilities(*shape: int) -> Data:
    """Logits of this shape a sample, and targets that sum to 1 over the classes, some of them 0."""

    def make(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, t = 2 * rng.standard_normal((n, *shape)), rng.random((n, *shape)) * (rng.random((n, *shape)) < 0.7)
        t[:, 0] += 1e-3
        return x, t / t.sum(axis=1, keepdims=True)

    return make


def of_loss(loss: Loss, *shape: int) -> Data:
    """Outputs of this shape, and targets that the loss makes itself."""

    def make(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        return rng.standard_normal((n, *shape)), loss.random_target(n, shape, rng)

    return make


CASES: dict[str, tuple[Loss, Data]] = {
    "cross_entropy": (CrossEntropy(), labels(7)),
    "cross_entropy of pixels": (CrossEntropy(weight=0.5), labels(3, 5, 4)),
    "cross_entropy weighted": (CrossEntropy(class_weights=(0.2, 1.0, 3.0)), labels(3)),
    "cross_entropy smoothed": (CrossEntropy(label_smoothing=0.1), labels(5)),
    "cross_entropy with all keys": (
        CrossEntropy(class_weights=(0.2, 0, 3.0, 1.5), label_smoothing=0.2, ignore_index=2), labels(4, 3, 3)),
    "cross_entropy of probabilities": (CrossEntropy(targets="probabilities"), probabilities(6)),
    "cross_entropy of probabilities with all keys": (
        CrossEntropy(targets="probabilities", class_weights=(0.2, 0, 3.0), label_smoothing=0.2, weight=2),
        probabilities(3, 2, 4)),
    "kl_divergence": (KLDivergence(), probabilities(6)),
    "kl_divergence of pixels": (KLDivergence(weight=0.5), probabilities(3, 4, 3)),
    "focal": (Focal(), labels(5)),
    "focal of pixels": (Focal(gamma=0.5, alpha=(0.25, 2.0, 1), ignore_index=1, weight=2), labels(3, 4, 5)),
    "focal without focus": (Focal(gamma=0), labels(4)),
    "sigmoid_focal": (SigmoidFocal(), labels(1)),
    "sigmoid_focal of numbers": (
        SigmoidFocal(targets="dense", gamma=1.5, alpha=0.6, weight=3), numbers(2, 3, 4, unit=True)),
    "hinge": (Hinge(), labels(5)),
    "hinge squared, of pixels": (
        Hinge(p=2, margin=0.5, class_weights=(1, 2, 0.5), ignore_index=1, weight=2), labels(3, 4, 5)),
    "hinge of one score": (Hinge(class_weights=(1, 3)), labels(1)),
    "hinge of one score, squared": (Hinge(p=2, ignore_index=1), labels(1, 3, 4)),
    "dice": (Dice(), labels(3, 4, 5)),
    "dice with all keys": (
        Dice(smooth=0.1, ignore_index=1, class_weights=(0, 1, 2), activation="sigmoid", weight=2), labels(3, 5, 4)),
    "dice of one channel": (Dice(activation="sigmoid"), labels(1, 4, 4)),
    "dice of numbers": (Dice(targets="dense", activation="sigmoid"), numbers(2, 4, 5, unit=True)),
    "iou": (IoU(), labels(3, 4, 5)),
    "iou with all keys": (IoU(smooth=0.1, ignore_index=2, class_weights=(1, 0, 2), weight=2), labels(3, 5, 4)),
    "iou of one channel": (IoU(activation="sigmoid"), labels(1, 4, 4)),
    "iou of numbers": (IoU(targets="dense"), probabilities(2, 4, 5)),
    "huber": (Huber(), numbers(11)),
    "huber wide": (Huber(delta=2.5, weight=2.0), numbers(2, 3, 5)),
    "bce_with_logits of labels": (BCEWithLogits(pos_weight=2.5), labels(1)),
    "bce_with_logits of label pictures": (BCEWithLogits(), labels(1, 3, 5)),
    "bce_with_logits of numbers": (BCEWithLogits(targets="dense", pos_weight=(0.5, 1, 4)), numbers(3, unit=True)),
    "bce_with_logits of pictures": (
        BCEWithLogits(targets="dense", weight=3, pos_weight=(0.5, 2)), numbers(2, 3, 5, unit=True)),
    "mse": (MSE(), numbers(11)),
    "mse of pictures": (MSE(weight=0.1), numbers(2, 3, 5)),
    "l1": (L1(weight=2.0), numbers(2, 3, 5)),
    "smooth_l1": (SmoothL1(), numbers(11)),
    "smooth_l1 narrow": (SmoothL1(beta=0.25, weight=2.0), numbers(2, 3, 5)),
    "single_shot": (SingleShot(stride=8, max_boxes=4), of_loss(SingleShot(stride=8, max_boxes=4), 6, 3, 4)),
    "box_regression": (BoxRegression(), of_loss(BoxRegression(), 8, 5, 1)),
    "box_regression of vectors": (BoxRegression(beta=0.5, weight=2), of_loss(BoxRegression(), 12)),
}
"""Every loss of the registry is here at least once; a test holds that."""
WITH_OWN_TWINS = (SingleShot, BoxRegression)
"""Compared with PyTorch in files of their own."""

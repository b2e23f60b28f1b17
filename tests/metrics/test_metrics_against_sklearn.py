"""Every metric equals scikit-learn to 1e-12 over random cases, absent classes included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.metrics.accuracy import Accuracy
from netspec.metrics.base import Metric
from netspec.metrics.class_iou import ClassIoU
from netspec.metrics.cohen_kappa import CohenKappa
from netspec.metrics.confusion import Confusion
from netspec.metrics.f1 import F1
from netspec.metrics.mae import MAE
from netspec.metrics.mcc import MCC
from netspec.metrics.mean_class_accuracy import MeanClassAccuracy
from netspec.metrics.mean_iou import MeanIoU
from netspec.metrics.pixel_accuracy import PixelAccuracy
from netspec.metrics.pr_auc import PrAuc
from netspec.metrics.precision import Precision
from netspec.metrics.r2 import R2
from netspec.metrics.recall import Recall
from netspec.metrics.rmse import RMSE
from netspec.metrics.roc_auc import RocAuc
from netspec.metrics.top_k import TopK

sk = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed: pip install netspec[peers]")
pytestmark = pytest.mark.peers

TOLERANCE = 1e-12  # product row F1
SCORES: dict[type[Metric], Any] = {Precision: sk.precision_score, Recall: sk.recall_score, F1: sk.f1_score}


def measure(metric: Metric, outputs: Any, targets: Any, classes: int | None = None) -> Any:
    accumulator = metric.start(classes)
    cut = len(outputs) // 3
    accumulator.update(outputs[:cut], targets[:cut])
    accumulator.update(outputs[cut:], targets[cut:])
    return accumulator.compute()


def random_case(seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Logits and targets; the targets use only some of the classes, and some classes are never predicted."""
    rng = np.random.default_rng(seed)
    classes, samples = int(rng.integers(2, 12)), int(rng.integers(1, 80))
    outputs = rng.normal(size=(samples, classes))
    outputs[:, rng.random(classes) < 0.3] -= 100
    targets = rng.choice(rng.choice(classes, int(rng.integers(1, classes + 1)), replace=False), samples)
    return outputs, targets, classes


@pytest.mark.parametrize("kind", list(SCORES), ids=lambda kind: kind.type_name())
@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_class_scores(kind: Any, average: str) -> None:
    for seed in range(60):
        outputs, targets, classes = random_case(seed)
        ours = measure(kind(average=average), outputs, targets, classes)
        theirs = SCORES[kind](targets, outputs.argmax(1), average=average, zero_division=0)
        assert ours == pytest.approx(theirs, abs=TOLERANCE), seed


@pytest.mark.parametrize("kind", list(SCORES), ids=lambda kind: kind.type_name())
def test_binary_scores_of_one_logit(kind: Any) -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        logits, targets = rng.normal(size=9), rng.integers(0, 2, 9)
        theirs = SCORES[kind](targets, logits > 0, zero_division=0)
        assert measure(kind(average="binary"), logits, targets) == pytest.approx(theirs, abs=TOLERANCE), seed


@pytest.mark.parametrize("kind", list(SCORES), ids=lambda kind: kind.type_name())
@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_nan_rows_score_like_predictions_of_a_class_outside_the_labels(kind: Any, average: str) -> None:
    for seed in range(20):
        outputs, targets, classes = random_case(seed)
        lost = np.random.default_rng(seed).random(len(outputs)) < 0.3
        predicted = np.where(lost, classes, outputs.argmax(1))
        outputs[lost, 0] = np.nan
        labels = np.union1d(targets, predicted[~lost])
        theirs = SCORES[kind](targets, predicted, labels=labels, average=average, zero_division=0)
        assert measure(kind(average=average), outputs, targets, classes) == pytest.approx(theirs, abs=TOLERANCE), seed


def test_accuracy_and_confusion() -> None:
    for seed in range(30):
        outputs, targets, classes = random_case(seed)
        predicted = outputs.argmax(1)
        assert measure(Accuracy(), outputs, targets) == pytest.approx(
            sk.accuracy_score(targets, predicted), abs=TOLERANCE
        )
        theirs = sk.confusion_matrix(targets, predicted, labels=range(classes))
        assert measure(Confusion(), outputs, targets).tolist() == theirs.tolist()


def test_top_k() -> None:
    for seed in range(30):
        outputs, targets, classes = random_case(seed)
        if classes == 2:  # scikit-learn then wants one score and guesses its threshold
            continue
        for k in range(1, classes):
            theirs = sk.top_k_accuracy_score(targets, outputs, k=k, labels=range(classes))
            assert measure(TopK(k=k), outputs, targets) == pytest.approx(theirs, abs=TOLERANCE), (seed, k)


@pytest.mark.parametrize("columns", [1, 3])
def test_regression(columns: int) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        targets = rng.normal(5, 3, (40, columns))
        outputs = targets + rng.normal(0, 1, targets.shape)
        mean_squared = sk.mean_squared_error(targets, outputs)
        assert measure(MAE(), outputs, targets) == pytest.approx(
            sk.mean_absolute_error(targets, outputs), abs=TOLERANCE
        )
        assert measure(RMSE(), outputs, targets) == pytest.approx(np.sqrt(mean_squared), abs=TOLERANCE)
        assert measure(R2(), outputs, targets) == pytest.approx(sk.r2_score(targets, outputs), abs=TOLERANCE)


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_overlap_and_agreement_of_pixels() -> None:
    for seed in range(40):
        outputs, targets, classes = random_case(seed)
        predicted = outputs.argmax(1)
        pixels = 2 * (len(outputs) // 2)  # the same samples as the pixels of pictures of 2 × n
        if pixels < 6:
            continue
        shape = (-1, 1, 2)
        maps = np.moveaxis(outputs[:pixels].reshape(*shape, classes), -1, 1)
        masks, targets, predicted = targets[:pixels].reshape(shape), targets[:pixels], predicted[:pixels]
        jaccard = sk.jaccard_score(targets, predicted, average=None, zero_division=0)
        assert measure(MeanIoU(), maps, masks) == pytest.approx(jaccard.mean(), abs=TOLERANCE), seed
        each = measure(ClassIoU(), maps, masks)
        np.testing.assert_allclose(each[~np.isnan(each)], jaccard, atol=TOLERANCE)
        assert np.flatnonzero(~np.isnan(each)).tolist() == np.union1d(targets, predicted).tolist()
        right = sk.balanced_accuracy_score(targets, predicted)
        assert measure(MeanClassAccuracy(), maps, masks) == pytest.approx(right, abs=TOLERANCE), seed
        assert measure(PixelAccuracy(), maps, masks) == pytest.approx((targets == predicted).mean(), abs=TOLERANCE)
        assert measure(MCC(), maps, masks) == pytest.approx(sk.matthews_corrcoef(targets, predicted), abs=TOLERANCE)
        if len(np.union1d(targets, predicted)) > 1:
            kappa = sk.cohen_kappa_score(targets, predicted)
            assert measure(CohenKappa(), maps, masks) == pytest.approx(kappa, abs=TOLERANCE), seed


def ranked_case(seed: int, classes: int, n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits with many ties, targets of all classes, and softmax of the logits."""
    rng = np.random.default_rng(seed)
    outputs = np.round(rng.normal(size=(n, classes)), 0 if seed % 2 else 6).astype(np.float32)
    targets = np.concatenate([np.arange(classes), rng.integers(0, classes, n - classes)])
    p = np.exp(outputs.astype(np.float64))
    return outputs, targets, p / p.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("shape", ["one logit", "two logits", "pixels"])
def test_areas_of_two_classes(shape: str) -> None:
    for seed in range(20):
        outputs, targets, _ = ranked_case(seed, 2)
        scores = outputs[:, 1].astype(np.float64) - outputs[:, 0]
        given: Any = {"one logit": scores, "two logits": outputs, "pixels": np.moveaxis(outputs.reshape(6, 2, 5, 2), -1, 1)}
        truth = targets.reshape(6, 2, 5) if shape == "pixels" else targets
        auc, precision = sk.roc_auc_score(targets, scores), sk.average_precision_score(targets, scores)
        assert measure(RocAuc(), given[shape], truth) == pytest.approx(auc, abs=TOLERANCE), seed
        assert measure(PrAuc(), given[shape], truth) == pytest.approx(precision, abs=TOLERANCE), seed


@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_areas_of_several_classes(average: Any) -> None:
    for seed in range(20):
        outputs, targets, p = ranked_case(seed, 3 + seed % 3)
        p = np.round(p, 13)  # sums of three exponentials in another order differ in the last digits
        one_hot = np.eye(p.shape[1], dtype=int)[targets]
        auc = sk.roc_auc_score(one_hot, p, average=average)
        precision = sk.average_precision_score(one_hot, p, average=average)
        assert measure(RocAuc(average=average), outputs, targets) == pytest.approx(auc, abs=TOLERANCE), seed
        assert measure(PrAuc(average=average), outputs, targets) == pytest.approx(precision, abs=TOLERANCE), seed

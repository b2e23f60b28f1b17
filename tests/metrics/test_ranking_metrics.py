"""Areas under curves by hand, at their ends, and through a checkpoint; overlap of classes by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from netspec.metrics.accuracy import Accuracy
from netspec.metrics.class_iou import ClassIoU
from netspec.metrics.cohen_kappa import CohenKappa
from netspec.metrics.mcc import MCC
from netspec.metrics.mean_class_accuracy import MeanClassAccuracy
from netspec.metrics.mean_iou import MeanIoU
from netspec.metrics.pr_auc import PrAuc
from netspec.metrics.ranked_scores import log_odds
from netspec.metrics.report import Report
from netspec.metrics.roc_auc import RocAuc


def measure(metric, outputs, targets):
    accumulator = metric.start()
    accumulator.update(np.asarray(outputs), np.asarray(targets))
    return accumulator.compute()


def test_areas_by_hand():
    scores, targets = [3.0, 2.0, 1.0, 0.0], [1, 0, 1, 0]
    assert measure(RocAuc(), scores, targets) == 3 / 4
    assert measure(PrAuc(), scores, targets) == (1 + 2 / 3) / 2


def test_equal_scores_count_half():
    assert measure(RocAuc(), [1.0, 1.0, 0.0], [1, 0, 0]) == (0.5 + 1) / 2
    assert measure(RocAuc(), np.zeros(5), [1, 0, 1, 0, 0]) == 0.5
    assert measure(PrAuc(), np.zeros(5), [1, 0, 1, 0, 0]) == 2 / 5


def test_sure_scores_are_still_ranked():
    z = np.float32([[0, 0, 500], [0, 0, 900], [0, 0, 600]])  # probabilities that are all 1
    np.testing.assert_allclose(log_odds(z.astype(float))[:, 2], np.array([500, 900, 600]) - math.log(2), rtol=1e-15)
    # of class 2 the sample with 900 is the surest, of class 0 the least sure
    assert measure(RocAuc(), z, [0, 2, 0]) == 1


def test_equal_best_scores_are_equal():
    odds = log_odds(np.array([[2.0, 2.0, 1.0], [1.0, 2.0, 2.0], [2.0, 1.0, 2.0]]))
    assert len({*odds[0, :2], *odds[1, 1:], *odds[2, [0, 2]]}) == 1


def test_log_odds_are_those_of_the_softmax():
    z = np.random.default_rng(0).normal(size=(50, 4))
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(log_odds(z), np.log(p / (1 - p)), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(log_odds(z[:, [2, 0, 3, 1]]), log_odds(z)[:, [2, 0, 3, 1]])


@pytest.mark.parametrize("metric", [RocAuc(), PrAuc()])
def test_a_class_that_has_no_area_is_left_out(metric):
    z = np.random.default_rng(1).normal(size=(30, 3))
    targets = np.arange(30) % 2  # nothing of class 2
    areas = [measure(metric, log_odds(z)[:, c], targets == c) for c in (0, 1)]
    assert measure(metric, z, targets) == pytest.approx(np.mean(areas), abs=1e-15)
    assert math.isnan(measure(RocAuc(), z[:, 0], np.ones(30)))
    assert math.isnan(measure(metric, [0.5, np.nan], [0, 1]))
    with pytest.raises(ValueError, match="nothing was counted"):
        metric.start().compute()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_areas_go_on_from_a_checkpoint_to_the_last_bit(dtype):
    rng = np.random.default_rng(2)
    outputs, targets = rng.normal(size=(40, 3)).astype(dtype), rng.integers(0, 3, 40)
    whole, first, second = (Report([RocAuc(), PrAuc()]) for _ in range(3))
    second.restore(json.loads(json.dumps(first.state())))  # nothing counted yet
    whole.update(outputs, targets)
    first.update(outputs[:17], targets[:17])
    second.restore(json.loads(json.dumps(first.state())))
    second.update(outputs[17:], targets[17:])
    assert second.compute() == whole.compute()
    assert len(second.state()) == 1  # both areas read the same scores


def test_overlap_by_hand_with_an_absent_class_and_a_nan():
    outputs = np.eye(4)[[0, 0, 1, 1, 1]]
    outputs[4] = np.nan
    targets = [0, 1, 1, 1, 1]
    # class 0: 1 of 2; class 1: 2 of 4 (the NaN is missed); classes 2 and 3 do not occur
    assert measure(MeanIoU(), outputs, targets) == 0.5
    np.testing.assert_array_equal(measure(ClassIoU(), outputs, targets), [0.5, 0.5, np.nan, np.nan])
    assert measure(MeanClassAccuracy(), outputs, targets) == (1 + 0.5) / 2


def test_agreement_with_one_class_alone():
    assert math.isnan(measure(CohenKappa(), np.eye(2)[[0, 0]], [0, 0]))
    assert measure(MCC(), np.eye(2)[[0, 0]], [0, 0]) == 0
    assert measure(CohenKappa(), np.eye(2)[[0, 1, 1]], [1, 0, 0]) == pytest.approx(-0.8)


def test_many_classes_are_predicted_as_few_are():
    rng = np.random.default_rng(3)
    for classes in (2, 64, 65):
        scores = np.round(rng.normal(size=(20, classes)), 1)  # with equals
        scores[0, 1], scores[1] = np.nan, -np.inf
        targets = rng.integers(0, classes, 20)
        right = [i > 1 and row.argmax() == target for i, (row, target) in enumerate(zip(scores, targets, strict=True))]
        assert measure(Accuracy(), scores, targets) == np.mean(right)

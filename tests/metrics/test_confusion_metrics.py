"""Accuracy, precision, recall, F1, confusion and top-k: hand-calculated values and rules."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from netspec.metrics.accuracy import Accuracy
from netspec.metrics.base import Metric
from netspec.metrics.confusion import Confusion
from netspec.metrics.f1 import F1
from netspec.metrics.precision import Precision
from netspec.metrics.recall import Recall
from netspec.metrics.top_k import TopK

CLASSIFIERS: list[Metric] = [
    Accuracy(),
    Confusion(),
    TopK(k=2),
    *(cls(average=average) for cls in (Precision, Recall, F1) for average in ("macro", "micro", "weighted")),
]


def one_hot(predicted: list[int], classes: int) -> np.ndarray:
    return np.eye(classes)[predicted]


def measure(metric: Metric, outputs: Any, targets: Any, classes: int | None = None) -> Any:
    accumulator = metric.start(classes)
    accumulator.update(outputs, targets)
    return accumulator.compute()


def test_a_hand_counted_example() -> None:
    true, outputs = [0, 0, 1, 1, 1], one_hot([0, 0, 0, 1, 2], 3)
    # class 0: TP 2, P 3, T 2; class 1: TP 1, P 1, T 3; class 2: TP 0, P 1, T 0
    assert measure(Confusion(), outputs, true).tolist() == [[2, 0, 0], [1, 1, 1], [0, 0, 0]]
    assert measure(Accuracy(), outputs, true) == 3 / 5
    assert measure(Precision(), outputs, true) == pytest.approx((2 / 3 + 1 + 0) / 3, abs=1e-15)
    assert measure(Recall(), outputs, true) == pytest.approx((1 + 1 / 3 + 0) / 3, abs=1e-15)
    assert measure(F1(), outputs, true) == pytest.approx((4 / 5 + 2 / 4 + 0) / 3, abs=1e-15)
    assert measure(F1(average="weighted"), outputs, true) == pytest.approx((2 * 4 / 5 + 3 * 2 / 4) / 5, abs=1e-15)
    assert measure(F1(average="micro"), outputs, true) == 3 / 5


def test_a_class_that_occurs_nowhere_is_left_out_of_the_macro_mean() -> None:
    assert measure(F1(), one_hot([0, 1], 10), [0, 1]) == 1.0


def test_an_absent_prediction_gives_zero_not_a_warning() -> None:
    assert measure(Precision(average="binary"), np.array([-1.0, -1.0]), [1, 0]) == 0.0


def test_macro_f1_is_no_mean_of_batch_values() -> None:
    outputs, true = one_hot([0, 1, 1, 1], 2), np.array([0, 0, 1, 1])
    batches = [measure(F1(), outputs[i : i + 2], true[i : i + 2]) for i in (0, 2)]
    assert measure(F1(), outputs, true) == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert np.mean(batches) != pytest.approx(measure(F1(), outputs, true))


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_one_logit_is_class_1_above_zero(shape: tuple[int, ...]) -> None:
    logits = np.array([0.0, 1e-30, -1e-30, 5.0]).reshape(shape)
    targets = np.array([0.0, 1.0, 0.0, 0.0], np.float32).reshape(shape)  # as a binary loss has them
    assert measure(Confusion(), logits, targets, classes=1).tolist() == [[2, 1], [0, 1]]
    assert measure(Recall(average="binary"), logits, targets) == 1.0
    assert measure(Precision(average="binary"), logits, targets) == 0.5


def test_pixels_of_an_image_are_counted_one_by_one() -> None:
    rng = np.random.default_rng(0)
    outputs, targets = rng.normal(size=(2, 3, 4, 5)), rng.integers(0, 3, (2, 4, 5))
    assert measure(Accuracy(), outputs, targets) == (outputs.argmax(1) == targets).mean()


@pytest.mark.parametrize("bad", [[np.nan, 0, 0], [5, np.nan, 0], [0, 0, np.nan], [-np.inf] * 3, [np.nan] * 3])
def test_a_row_with_nan_predicts_no_class_and_is_wrong(bad: list[float]) -> None:
    outputs, true = np.array([[9.0, 0, 0], bad]), [0, 0]
    assert measure(Accuracy(), outputs, true) == 0.5
    assert measure(TopK(k=1), outputs, true) == 0.5
    assert measure(TopK(k=3), outputs, true) == 0.5
    assert measure(Recall(average="micro"), outputs, true) == 0.5
    assert measure(Precision(average="micro"), outputs, true) == 1.0
    assert measure(Confusion(), outputs, true).tolist() == [[1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_nan_in_one_logit_is_wrong_for_both_classes() -> None:
    assert measure(Accuracy(), np.array([np.nan, np.nan]), [0, 1]) == 0.0


def test_the_confusion_matrix_is_a_copy() -> None:
    accumulator = Confusion().start(2)
    accumulator.update(one_hot([0], 2), np.array([0]))
    accumulator.compute()[:] = 7
    assert accumulator.compute().tolist() == [[1, 0], [0, 0]]


@st.composite
def classifications(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Logits with ties and NaN, targets that may miss classes, and where to cut them into batches."""
    classes, samples = draw(st.integers(2, 6)), draw(st.integers(1, 30))
    values = st.sampled_from([0.0, 1.0, -2.5, 1e30, -np.inf, np.inf, np.nan])
    outputs = draw(hnp.arrays(np.float32, (samples, classes), elements=values, fill=st.nothing()))
    targets = draw(hnp.arrays(np.int64, samples, elements=st.integers(0, classes - 1)))
    cuts = sorted(draw(st.lists(st.integers(0, samples), max_size=6)))
    return outputs, targets, cuts


@pytest.mark.parametrize("metric", CLASSIFIERS, ids=Metric.better_name)
@settings(deadline=None, max_examples=60)
@given(case=classifications())
def test_every_cut_into_batches_gives_exactly_the_same(metric: Metric, case: Any) -> None:
    outputs, targets, cuts = case
    whole = measure(metric, outputs, targets)
    accumulator = metric.start(outputs.shape[1])
    for batch, batch_targets in zip(np.split(outputs, cuts), np.split(targets, cuts), strict=True):
        accumulator.update(batch, batch_targets)
        resumed = metric.start(outputs.shape[1])
        resumed.restore(json.loads(json.dumps(accumulator.state())))
        accumulator = resumed
    assert np.array_equal(accumulator.compute(), whole)


@settings(deadline=None)
@given(case=classifications())
def test_top_1_is_accuracy_whatever_the_ties(case: Any) -> None:
    outputs, targets, _ = case
    assert measure(TopK(k=1), outputs, targets) == measure(Accuracy(), outputs, targets)


@settings(deadline=None)
@given(case=classifications())
def test_confusion_rows_sum_to_the_samples_of_the_class(case: Any) -> None:
    outputs, targets, _ = case
    rows = measure(Confusion(), outputs, targets).sum(axis=1)
    assert rows.tolist() == np.bincount(targets, minlength=outputs.shape[1]).tolist()


@pytest.mark.parametrize(
    ("outputs", "targets", "classes", "message"),
    [
        (np.zeros((2, 3)), [0, 3], None, "metrics: target 3 is no class; give class indices from 0 to 2"),
        (np.zeros((2, 3)), [0, -1], None, "metrics: target -1 is no class; give class indices from 0 to 2"),
        (np.zeros((2, 3)), [0, 0.5], None, "metrics: target 0.5 is no class; give class indices from 0 to 2"),
        (np.zeros((2, 3)), [0, np.nan], None, "metrics: target nan is no class; give class indices from 0 to 2"),
        (
            np.zeros((2, 3)),
            np.zeros((2, 3)),
            None,
            "metrics: targets have shape (2, 3), outputs (2, 3); give class indices of shape (2,)",
        ),
        (
            np.zeros((2, 3)),
            [0, 1],
            5,
            "metrics: outputs have 3 classes, 5 expected; check out_features of the last layer",
        ),
        (np.float64(1), 0, None, "metrics: outputs is a single number; give logits of shape (N, C) or (N,)"),
        (np.zeros((2, 3)), [0, 1], 0, "metrics: 0 classes; give at least 1 (one logit) or None"),
    ],
)
@pytest.mark.parametrize("metric", [Accuracy(), TopK(k=1)], ids=Metric.better_name)
def test_what_does_not_fit_is_refused(metric: Metric, outputs: Any, targets: Any, classes: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        measure(metric, outputs, targets, classes)


@pytest.mark.parametrize("metric", CLASSIFIERS, ids=Metric.better_name)
def test_an_empty_epoch_is_an_error_not_a_number(metric: Metric) -> None:
    with pytest.raises(ValueError, match=r"^metrics: nothing was counted; call update"):
        measure(metric, np.zeros((0, 3)), np.zeros(0, np.int64))


def test_binary_average_needs_two_classes() -> None:
    with pytest.raises(
        ValueError, match=re.escape('metrics: f1: average = "binary" needs 2 classes, not 3; use "macro"')
    ):
        measure(F1(average="binary"), np.zeros((1, 3)), [0])


def test_k_beyond_the_classes_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match=re.escape("metrics: top_k: k 5 exceeds the 3 classes; use k ≤ 3")):
        TopK(k=5).start(3)


def test_the_state_of_another_number_of_classes_is_refused() -> None:
    accumulator = Accuracy().start(3)
    accumulator.update(np.zeros((1, 3)), np.array([0]))
    with pytest.raises(ValueError, match=r"^metrics: the state has 3 classes, 4 expected"):
        Accuracy().start(4).restore(accumulator.state())

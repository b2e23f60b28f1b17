"""Hinge losses by hand, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.losses.hinge import Hinge
from tests.losses.runner import measure

SCORES = np.array([[1.0, 0.5, -1.0], [0.0, 3.0, 2.5]])


def test_scores_of_classes_by_hand():
    # sample 0 lacks 0.5 to the second class; sample 1 lacks 0.5 to the third
    total, weight, dx = measure(Hinge(), SCORES, np.array([0, 1]))
    assert (total, weight) == pytest.approx((1 / 3, 2), rel=1e-14)
    np.testing.assert_allclose(dx, np.array([[-1, 1, 0], [0, -1, 1]]) / 6, rtol=1e-14)
    total, _, dx = measure(Hinge(p=2, class_weights=(1, 4, 1)), SCORES, np.array([0, 1]))
    assert total == pytest.approx((0.25 + 4 * 0.25) / 3, rel=1e-14)
    np.testing.assert_allclose(dx, np.array([[-1, 1, 0], [0, -4, 4]]) / 6, rtol=1e-14)


def test_one_score_by_hand():
    x = np.array([[0.25], [-2.0], [0.5]])
    total, weight, dx = measure(Hinge(), x, np.array([1, 0, 0]))
    assert (total, weight) == (0.75 + 0 + 1.5, 3)
    np.testing.assert_allclose(dx, np.array([[-1], [0], [1]]) / 3, rtol=1e-15)
    total, _, dx = measure(Hinge(p=2, margin=2, class_weights=(1, 10)), x, np.array([1, 0, 0]))
    assert total == 10 * 1.75**2 + 0 + 2.5**2
    np.testing.assert_allclose(dx, np.array([[-35], [0], [5]]) / 3, rtol=1e-15)


@pytest.mark.parametrize("scores", [2, 1])
def test_an_undecided_network_has_the_expected_initial_loss(scores):
    loss = Hinge(p=2, margin=1.5)
    total, weight, _ = measure(loss, np.zeros((3, scores)), np.array([0, 1, 1]))
    assert total / weight == pytest.approx(loss.expected_initial((scores,)), rel=1e-14)


@pytest.mark.parametrize("scores", [2, 1])
def test_labels_that_are_no_class_are_seen_and_ignored_ones_are_not(scores):
    total, weight, dx = measure(Hinge(ignore_index=-1), np.zeros((3, scores)), np.array([5, 0, -1]))
    assert np.isnan(total)
    assert weight == 2
    assert np.isnan(dx[0]).all()
    assert np.isfinite(dx[1]).all()
    np.testing.assert_array_equal(dx[2], 0)


@pytest.mark.parametrize(("loss", "shape", "classes", "text"), [
    (Hinge(), (12,), 10, "hinge reads one score a class, the data has 10 classes, the output has 12; set out_features = 10"),
    (Hinge(), (1,), 3, "hinge with one score tells two classes apart, the data has 3; set out_features = 3"),
    (Hinge(class_weights=(1, 2, 3)), (1,), 2, "class_weights has 3 numbers, the output has 2 classes; give 2 numbers"),
])
def test_outputs_that_do_not_fit_are_refused(loss, shape, classes, text):
    with pytest.raises(ShapeError) as error:
        loss.check(shape, classes)
    assert str(error.value) == text

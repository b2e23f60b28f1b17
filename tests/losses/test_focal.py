"""Focal losses by hand, at their ends, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from netspec.layers.base import ShapeError
from netspec.losses.bce_with_logits import BCEWithLogits
from netspec.losses.cross_entropy import CrossEntropy
from netspec.losses.focal import Focal
from netspec.losses.sigmoid_focal import SigmoidFocal
from tests.losses.runner import measure

LOGITS = np.log(np.array([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]]))
"""Their softmax is (1, 2, 5)/8 and (3, 3, 2)/8."""


def test_focal_by_hand():
    total, weight, _ = measure(Focal(gamma=2, alpha=(4, 1, 0.5)), LOGITS, np.array([2, 0]))
    assert total == pytest.approx(0.5 * (3 / 8) ** 2 * math.log(8 / 5) + 4 * (5 / 8) ** 2 * math.log(8 / 3), rel=1e-14)
    assert weight == 2  # the factors are not in the divisor


def test_focal_without_focus_is_cross_entropy():
    labels = np.array([2, 0])
    plain, focal = measure(CrossEntropy(), LOGITS, labels), measure(Focal(gamma=0), LOGITS, labels)
    assert focal[:2] == pytest.approx(plain[:2], rel=1e-14)
    np.testing.assert_allclose(focal[2], plain[2], rtol=1e-13)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_a_sure_and_right_network_has_a_finite_gradient_and_no_loss(gamma):
    total, _, dx = measure(Focal(gamma=gamma), np.array([[2000.0, 0.0]]), np.array([0]))
    assert total == 0
    np.testing.assert_array_equal(dx, 0)


def test_the_tiny_loss_of_a_sure_network_keeps_its_digits():
    q = math.exp(-30) / (1 + math.exp(-30))
    total, _, dx = measure(Focal(gamma=1), np.array([[0.0, -30.0]]), np.array([0]))
    assert total == pytest.approx(q * -math.log1p(-q), rel=1e-12, abs=0)
    np.testing.assert_allclose(dx, [[-2 * q * q, 2 * q * q]], rtol=1e-9)  # h = q + p·L ≈ 2 q


def test_ignored_labels_take_no_part_and_foreign_ones_are_seen():
    x = np.concatenate([LOGITS, LOGITS[:1]])
    total, weight, dx = measure(Focal(ignore_index=255), x, np.array([2, 0, 255]))
    assert (total, weight) == pytest.approx(measure(Focal(), LOGITS, np.array([2, 0]))[:2], rel=1e-14)
    np.testing.assert_array_equal(dx[2], 0)
    total, _, dx = measure(Focal(), LOGITS, np.array([3, 0]))
    assert np.isnan(total)
    np.testing.assert_array_equal(np.isnan(dx), [[True] * 3, [False] * 3])


def test_an_undecided_network_has_the_expected_initial_loss():
    total, weight, _ = measure(Focal(gamma=1.5), np.zeros((2, 4)), np.array([1, 3]))
    assert total / weight == pytest.approx(Focal(gamma=1.5).expected_initial((4,)), rel=1e-14)
    total, weight, _ = measure(SigmoidFocal(alpha=0.5), np.zeros((2, 1)), np.array([1, 0]))
    assert total / weight == pytest.approx(SigmoidFocal(alpha=0.5).expected_initial((1,)), rel=1e-14)
    assert SigmoidFocal().expected_initial((1,)) is None
    assert Focal(alpha=(1, 2)).expected_initial((2,)) is None


def test_sigmoid_focal_by_hand():
    x = np.log(np.array([[1.0], [3.0]]))  # sigmoids 1/2 and 3/4
    total, weight, _ = measure(SigmoidFocal(gamma=2, alpha=0.25), x, np.array([0, 1]))
    assert total == pytest.approx(0.75 * 0.25 * math.log(2) + 0.25 * 0.0625 * math.log(4 / 3), rel=1e-14)
    assert weight == 2


def test_sigmoid_focal_without_focus_is_half_of_binary_cross_entropy():
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((5, 3)), rng.random((5, 3))
    plain, focal = (measure(loss, x, t) for loss in (
        BCEWithLogits(targets="dense"), SigmoidFocal(targets="dense", gamma=0, alpha=0.5)))
    assert focal[0] == pytest.approx(plain[0] / 2, rel=1e-13)
    np.testing.assert_allclose(focal[2], plain[2] / 2, rtol=1e-12)


@pytest.mark.parametrize(("loss", "shape", "classes", "text"), [
    (Focal(), (12,), 10, "focal reads one logit a class, the data has 10 classes, the output has 12; set out_features = 10"),
    (Focal(), (1, 8, 8), 2, "focal reads one logit a class, the output has 1, whose loss is always 0; "
     "set out_channels = 2, or use sigmoid_focal"),
    (Focal(alpha=(1, 2)), (3,), 3, "alpha has 2 numbers, the output has 3 classes; give 3 numbers"),
    (SigmoidFocal(), (2,), 2, 'sigmoid_focal with targets = "class" reads one logit, the output is [2]; '
     'end with one output, or use focal, or set targets = "dense"'),
    (SigmoidFocal(), (1,), 3, "sigmoid_focal tells two classes apart, the data has 3; use focal"),
])
def test_outputs_that_do_not_fit_are_refused(loss, shape, classes, text):
    with pytest.raises(ShapeError) as error:
        loss.check(shape, classes)
    assert str(error.value) == text


@pytest.mark.parametrize("keys", [{"gamma": -1}, {"alpha": (0, 0)}, {"alpha": (-1, 1)}, {"alpha": 0.25}])
def test_senseless_keys_are_refused(keys):
    with pytest.raises(ValidationError):
        Focal(**keys)

"""Cross-entropy by hand, its special labels, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from netspec.layers.base import ShapeError
from netspec.losses.cross_entropy import CrossEntropy
from tests.kit.bench import run_loss
from tests.losses.runner import measure

LOGITS = np.log(np.array([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]]))
"""Their softmax is (1, 2, 5)/8 and (3, 3, 2)/8."""


def test_by_hand():
    total, weight, dx = measure(CrossEntropy(), LOGITS, np.array([2, 0]))
    assert total == pytest.approx(math.log(8 / 5) + math.log(8 / 3))
    assert weight == 2
    np.testing.assert_allclose(dx, np.array([[1, 2, -3], [-5, 3, 2]]) / 16, rtol=1e-14)


def test_class_weights_weigh_the_mean_by_hand():
    total, weight, dx = measure(CrossEntropy(class_weights=(4, 1, 0.5)), LOGITS, np.array([2, 0]))
    assert total == pytest.approx(0.5 * math.log(8 / 5) + 4 * math.log(8 / 3))
    assert weight == 4.5
    np.testing.assert_allclose(dx, np.array([[0.5, 1, -1.5], [-20, 12, 8]]) / 8 / 4.5, rtol=1e-14)


def test_smoothing_by_hand():
    total, _, dx = measure(CrossEntropy(label_smoothing=0.3), LOGITS[:1], np.array([2]))
    assert total == pytest.approx(0.8 * math.log(8 / 5) + 0.1 * math.log(8) + 0.1 * math.log(4))
    np.testing.assert_allclose(dx, [[1 / 8 - 0.1, 2 / 8 - 0.1, 5 / 8 - 0.8]], rtol=1e-13)


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_an_undecided_network_has_the_expected_initial_loss(classes):
    loss = CrossEntropy(label_smoothing=0.1)
    value, _ = run_loss(loss, np.zeros((4, classes)), np.array([0, 1, 1, 0]))
    assert value == pytest.approx(math.log(classes))
    assert loss.expected_initial((classes,)) == pytest.approx(math.log(classes))


def test_expected_initial_is_unknown_when_weights_meet_smoothing():
    assert CrossEntropy(class_weights=(1, 2), label_smoothing=0.1).expected_initial((2,)) is None


def test_ignored_labels_have_no_part_in_sum_weight_and_gradient():
    loss = CrossEntropy(ignore_index=255)
    x = np.concatenate([LOGITS, [[9.0, 9.0, -9.0]]])
    total, weight, dx = measure(loss, x, np.array([2, 0, 255]))
    assert (total, weight) == pytest.approx(measure(loss, LOGITS, np.array([2, 0]))[:2])
    np.testing.assert_array_equal(dx[2], 0)


def test_a_batch_of_ignored_labels_weighs_nothing_and_changes_nothing():
    total, weight, dx = measure(CrossEntropy(ignore_index=0), LOGITS, np.array([0, 0]))
    assert (total, weight) == (0, 0)
    np.testing.assert_array_equal(dx, 0)


@pytest.mark.parametrize("label", [-1, -100, 3, 255, 2**40, -(2**40)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_label_that_is_no_class_makes_the_value_and_its_own_gradient_nan(label, dtype):
    total, weight, dx = measure(CrossEntropy(), LOGITS, np.array([label, 0]), dtype)
    assert np.isnan(total)
    assert weight == 1
    assert np.isnan(dx[0]).all()
    assert np.isfinite(dx[1]).all()


def test_a_sure_network_keeps_its_tiny_loss_and_gradient_in_float32():
    total, _, dx = measure(CrossEntropy(), np.array([[0.0, -30.0]]), np.array([0]), "float32")
    assert total == pytest.approx(math.exp(-30), rel=1e-6, abs=1e-16)  # 9.4e-14: float32's 1 − p would give 0
    np.testing.assert_allclose(dx, [[-math.exp(-30), math.exp(-30)]], rtol=1e-2)


def test_pixels_are_the_samples_of_a_picture():
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((2, 3, 4, 5)), rng.integers(0, 3, (2, 4, 5))
    total, weight, dx = measure(CrossEntropy(), x, labels)
    rows = x.transpose(0, 2, 3, 1).reshape(-1, 3)
    row_total, row_weight, row_dx = measure(CrossEntropy(), rows, labels.reshape(-1))
    assert (total, weight) == pytest.approx((row_total, row_weight))
    np.testing.assert_allclose(dx.transpose(0, 2, 3, 1).reshape(-1, 3), row_dx, rtol=1e-14)


@pytest.mark.parametrize(("loss", "shape", "classes", "text"), [
    (CrossEntropy(), (12,), 10,
     "cross_entropy reads one logit a class, the data has 10 classes, the output has 12; set out_features = 10"),
    (CrossEntropy(), (12, 8, 8), 21,
     "cross_entropy reads one logit a class, the data has 21 classes, the output has 12; set out_channels = 21"),
    (CrossEntropy(), (1,), 2,
     "cross_entropy reads one logit a class, the output has 1, whose loss is always 0; "
     "set out_features = 2, or use bce_with_logits"),
    (CrossEntropy(), (4, 7), None,
     "cross_entropy reads logits [C] or [C, H, W], the output is [4, 7]; "
     "end with a linear layer of C features, or with a convolution of C channels for one label a pixel"),
    (CrossEntropy(class_weights=(1, 2)), (3,), 3,
     "class_weights has 2 numbers, the output has 3 classes; give 3 numbers"),
])
def test_outputs_that_do_not_fit_are_refused(loss, shape, classes, text):
    with pytest.raises(ShapeError) as error:
        loss.check(shape, classes)
    assert str(error.value) == text


@pytest.mark.parametrize(("shape", "classes"), [((10,), 10), ((10,), None), ((21, 8, 8), 21), ((10, 1, 1), 10)])
def test_fitting_outputs_pass(shape, classes):
    assert CrossEntropy().check(shape, classes) is None


@pytest.mark.parametrize("keys", [
    {"class_weights": (0, 0)}, {"class_weights": (1, -1)}, {"label_smoothing": 1.0}, {"label_smoothing": -0.1},
    {"weight": 0}, {"reduction": "sum"},
])
def test_senseless_keys_are_refused(keys):
    with pytest.raises(ValidationError):
        CrossEntropy(**keys)

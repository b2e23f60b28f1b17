"""Probabilities as targets: cross_entropy and kl_divergence by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from netspec.layers.base import ShapeError
from netspec.losses.cross_entropy import CrossEntropy
from netspec.losses.kl_divergence import KLDivergence
from tests.losses.runner import measure

LOGITS = np.log(np.array([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]]))
"""Their softmax is (1, 2, 5)/8 and (3, 3, 2)/8."""
SOFT = CrossEntropy(targets="probabilities")


def test_cross_entropy_of_probabilities_by_hand():
    total, weight, dx = measure(SOFT, LOGITS, np.array([[0.5, 0.5, 0], [0, 0.25, 0.75]]))
    assert total == pytest.approx(0.5 * (math.log(8) + math.log(4)) + 0.25 * math.log(8 / 3) + 0.75 * math.log(4))
    assert weight == 2
    np.testing.assert_allclose(dx, np.array([[-3, -2, 5], [3, 1, -4]]) / 16, rtol=1e-14)


@pytest.mark.parametrize("keys", [{}, {"label_smoothing": 0.3}])
def test_labels_written_as_probabilities_give_the_loss_of_labels(keys):
    labels = np.array([2, 0])
    hard = measure(CrossEntropy(**keys), LOGITS, labels)
    soft = measure(CrossEntropy(targets="probabilities", **keys), LOGITS, np.eye(3)[labels])
    assert soft[:2] == pytest.approx(hard[:2], rel=1e-14)
    np.testing.assert_allclose(soft[2], hard[2], rtol=1e-13)


def test_the_divergence_is_zero_at_the_target_and_above_elsewhere():
    p = np.array([[1, 2, 5], [3, 3, 2]]) / 8
    total, weight, dx = measure(KLDivergence(), LOGITS, p)
    assert (total, weight) == pytest.approx((0, 2), abs=1e-15)
    np.testing.assert_allclose(dx, 0, atol=1e-16)
    total, _, _ = measure(KLDivergence(), LOGITS[:1], np.array([[0, 1.0, 0]]))
    assert total == pytest.approx(math.log(4), rel=1e-14)


def test_both_have_one_gradient():
    t = np.array([[0.2, 0.2, 0.6], [0, 1, 0]])
    np.testing.assert_array_equal(measure(SOFT, LOGITS, t)[2], measure(KLDivergence(), LOGITS, t)[2])


@pytest.mark.parametrize("loss", [SOFT, KLDivergence()])
def test_a_negative_or_nan_target_is_seen(loss):
    for wrong in (-0.1, np.nan):
        total, _, dx = measure(loss, LOGITS, np.array([[wrong, 0.5, 0.5], [0, 0, 1]]))
        assert np.isnan(total)
        assert np.isnan(dx[0]).all()
        assert np.isfinite(dx[1]).all()


def test_what_the_targets_are_follows_from_the_key():
    assert (SOFT.target_kind, CrossEntropy().target_kind, KLDivergence().target_kind) == ("dense", "class", "dense")
    assert SOFT.expected_initial((4,)) == math.log(4)
    assert CrossEntropy(targets="probabilities", class_weights=(1, 2)).expected_initial((2,)) is None
    with pytest.raises(ValidationError, match="ignore_index is a label"):
        CrossEntropy(targets="probabilities", ignore_index=255)


@pytest.mark.parametrize(("loss", "shape", "classes", "text"), [
    (SOFT, (4,), 3, "cross_entropy reads one logit a class, the data has 3 classes, the output has 4; set out_features = 3"),
    (KLDivergence(), (4, 2, 2), 3,
     "kl_divergence reads one logit a class, the data has 3 classes, the output has 4; set out_channels = 3"),
    (KLDivergence(), (1,), None, "kl_divergence reads logits [C] or [C, H, W] of 2 classes or more, the output is [1]; "
     "end with a linear layer of C features, or with a convolution of C channels"),
])
def test_outputs_that_do_not_fit_are_refused(loss, shape, classes, text):
    with pytest.raises(ShapeError) as error:
        loss.check(shape, classes)
    assert str(error.value) == text


@pytest.mark.parametrize("loss", [SOFT, KLDivergence()])
def test_labels_of_the_data_are_read_as_probabilities(loss):
    np.testing.assert_array_equal(loss.as_target(np.array([2, 0, 3]), (3,)), [[0, 0, 1], [1, 0, 0], [np.nan] * 3])
    pixels = np.array([[[0, 1]], [[1, 1]]])
    np.testing.assert_array_equal(loss.as_target(pixels, (2, 1, 2)), np.stack([1 - pixels, pixels], 1))
    given = np.random.default_rng(0).random((2, 3))
    assert loss.as_target(given, (3,)) is given
    assert CrossEntropy().as_target(pixels, (2, 1, 2)) is pixels

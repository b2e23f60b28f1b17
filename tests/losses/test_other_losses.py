"""Binary cross-entropy, mse, l1 and smooth_l1 by hand, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.losses.bce_with_logits import BCEWithLogits
from netspec.losses.huber import Huber
from netspec.losses.l1 import L1
from netspec.losses.mse import MSE
from netspec.losses.smooth_l1 import SmoothL1
from tests.kit.bench import run_loss
from tests.losses.runner import measure

X = np.array([[1.0, -2.0, 0.0, 4.0]])
T = np.array([[0.5, 1.0, 0.0, 1.0]])


def test_mse_by_hand():
    total, weight, dx = measure(MSE(), X, T)
    assert (total, weight) == (0.25 + 9 + 0 + 9, 4)
    np.testing.assert_array_equal(dx, np.array([[0.5, -3, 0, 3]]) * 2 / 4)


def test_l1_by_hand():
    total, weight, dx = measure(L1(), X, T)
    assert (total, weight) == (6.5, 4)
    np.testing.assert_array_equal(dx, np.array([[1, -1, 0, 1]]) / 4)


def test_smooth_l1_by_hand():
    total, weight, dx = measure(SmoothL1(beta=2), X, T)
    assert (total, weight) == (0.0625 + 2 + 0 + 2, 4)
    np.testing.assert_array_equal(dx, np.array([[0.25, -1, 0, 1]]) / 4)


def test_bce_of_labels_by_hand():
    x = np.log(np.array([[1.0], [3.0]]))  # sigmoids 1/2 and 3/4
    total, weight, dx = measure(BCEWithLogits(pos_weight=5), x, np.array([0, 1]))
    assert total == pytest.approx(math.log(2) + 5 * math.log(4 / 3))
    assert weight == 2
    np.testing.assert_allclose(dx, [[1 / 4], [-5 / 8]], rtol=1e-14)


def test_bce_of_labels_and_of_numbers_agree():
    rng = np.random.default_rng(1)
    x, labels = rng.standard_normal((9, 1)), rng.integers(0, 2, 9)
    by_label = run_loss(BCEWithLogits(), x, labels)
    by_number = run_loss(BCEWithLogits(targets="dense"), x, labels.astype(float).reshape(9, 1))
    assert by_label[0] == by_number[0]
    np.testing.assert_array_equal(by_label[1], by_number[1])


def test_bce_of_an_undecided_network_is_ln_2():
    value, _ = run_loss(BCEWithLogits(), np.zeros((3, 1)), np.array([0, 1, 1]))
    assert value == pytest.approx(math.log(2))
    assert BCEWithLogits().expected_initial((1,)) == math.log(2)
    assert BCEWithLogits(pos_weight=2).expected_initial((1,)) is None
    assert MSE().expected_initial((1,)) is None


@pytest.mark.parametrize("label", [-1, 2, 255, 2**40])
def test_bce_shows_a_label_that_is_neither_0_nor_1(label):
    total, _, dx = measure(BCEWithLogits(), np.zeros((2, 1)), np.array([label, 0]))
    assert np.isnan(total)
    assert np.isnan(dx[0]).all()
    assert np.isfinite(dx[1]).all()


@pytest.mark.parametrize("target", [-0.01, 1.01, np.nan])
def test_bce_shows_a_target_outside_0_and_1(target):
    total, _, dx = measure(BCEWithLogits(targets="dense"), np.zeros((1, 2)), np.array([[target, 0.5]]))
    assert np.isnan(total)
    np.testing.assert_array_equal(np.isnan(dx), [[True, False]])


def test_what_a_loss_asks_of_the_data_follows_from_its_keys():
    assert BCEWithLogits().target_kind == "class"
    assert BCEWithLogits(targets="dense").target_kind == "dense"
    assert {MSE().target_kind, L1().target_kind, SmoothL1().target_kind} == {"dense"}


@pytest.mark.parametrize(("loss", "shape", "classes", "text"), [
    (MSE(), (10,), 10, "mse compares numbers, the data has labels of 10 classes; "
     "use cross_entropy, or data whose targets are numbers of the shape of the output"),
    (BCEWithLogits(), (2,), 2, 'bce_with_logits with targets = "class" reads one logit, the output is [2]; '
     'end with one output, or use cross_entropy, or set targets = "dense"'),
    (BCEWithLogits(), (1,), 3, "bce_with_logits tells two classes apart, the data has 3; use cross_entropy"),
    (BCEWithLogits(targets="dense"), (3,), 3,
     'bce_with_logits with targets = "dense" reads numbers, the data has labels of 3 classes; '
     'set targets = "class" and one logit, or use cross_entropy'),
    (BCEWithLogits(targets="dense", pos_weight=(1, 2)), (3, 8, 8), None,
     "pos_weight has 2 numbers, the output [3, 8, 8] has 3 channels; give one number, or 3"),
])
def test_outputs_that_do_not_fit_are_refused(loss, shape, classes, text):
    with pytest.raises(ShapeError) as error:
        loss.check(shape, classes)
    assert str(error.value) == text


def test_huber_is_smooth_l1_times_delta():
    total, weight, dx = measure(Huber(delta=2), X, T)
    assert (total, weight) == (2 * (0.0625 + 2 + 0 + 2), 4)
    np.testing.assert_array_equal(dx, np.array([[0.5, -2, 0, 2]]) / 4)

"""Dice and Jaccard by hand, over samples and over batches, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from netspec.layers.base import ShapeError
from netspec.losses.dice import Dice
from netspec.losses.iou import IoU
from netspec.losses.overlap import PART
from tests.losses.runner import central_differences, measure

both = pytest.mark.parametrize("kind", [Dice, IoU])
SURE = 1e4


def picture(labels: list[list[int]], classes: int) -> np.ndarray:
    """(1, C, 1, W) logits so sure that the probabilities are 0 and 1."""
    return SURE * np.eye(classes)[np.array(labels)].transpose(0, 2, 1)[:, :, None, :]


def test_sure_answers_by_hand():
    x, labels = picture([[0, 0, 1, 1]], 2), np.array([[[0, 1, 1, 1]]])
    # class 0: 1 in both of 2 and 1; class 1: 2 in both of 2 and 3
    total, weight, _ = measure(Dice(smooth=0.5), x, labels)
    assert (total, weight) == pytest.approx((1 - (2.5 / 3.5 + 4.5 / 5.5) / 2, 1), rel=1e-14)
    total, weight, _ = measure(IoU(smooth=0.5), x, labels)
    assert (total, weight) == pytest.approx((1 - (1.5 / 2.5 + 2.5 / 3.5) / 2, 1), rel=1e-14)


@both
def test_a_perfect_answer_has_no_loss_and_an_absent_class_counts_as_right(kind):
    x, labels = picture([[0, 2, 2, 0]], 3), np.array([[[0, 2, 2, 0]]])
    assert measure(kind(), x, labels)[:2] == pytest.approx((0, 1), abs=1e-14)


@both
def test_over_batch_adds_up_the_pixels_of_all_samples(kind):
    rng = np.random.default_rng(0)
    x, labels = 2 * rng.standard_normal((4, 3, 2, 5)), rng.integers(0, 3, (4, 2, 5))
    total, weight, dx = measure(kind(over="batch"), x, labels)
    one = x.transpose(1, 0, 2, 3).reshape(1, 3, 8, 5)  # the same pixels as one sample
    expected, _, one_dx = measure(kind(), one, labels.reshape(1, 8, 5))
    assert (total, weight) == pytest.approx((4 * expected, 4), rel=1e-13)
    np.testing.assert_allclose(dx, one_dx.reshape(3, 4, 2, 5).transpose(1, 0, 2, 3), rtol=1e-12, atol=1e-18)
    loss = kind(over="batch", ignore_index=1, weight=3, smooth=0.2)
    np.testing.assert_allclose(measure(loss, x, labels)[2], central_differences(loss, x, labels), rtol=1e-6, atol=1e-9)


@both
def test_ignored_pixels_change_nothing_and_a_sample_of_them_weighs_nothing(kind):
    rng = np.random.default_rng(1)
    x, labels = rng.standard_normal((2, 3, 2, 3)), rng.integers(0, 3, (2, 2, 3))
    labels[1] = 255
    labels[0, 0] = 255
    total, weight, dx = measure(kind(ignore_index=255), x, labels)
    expected, _, first = measure(kind(), x[:1, :, 1:], labels[:1, 1:])
    assert (total, weight) == pytest.approx((expected, 1), rel=1e-14)
    np.testing.assert_array_equal(dx[1], 0)
    np.testing.assert_array_equal(dx[0, :, 0], 0)
    np.testing.assert_allclose(dx[0, :, 1], first[0, :, 0], rtol=1e-13)
    assert measure(kind(ignore_index=255), x[1:], labels[1:])[:2] == (0, 0)


@both
def test_a_label_that_is_no_class_makes_its_sample_nan(kind):
    x, labels = np.zeros((2, 3, 1, 2)), np.array([[[0, 7]], [[1, 2]]])
    total, _, dx = measure(kind(), x, labels)
    assert np.isnan(total)
    assert np.isnan(dx[0]).all()
    assert np.isfinite(dx[1]).all()


@both
def test_large_pictures_are_summed_in_parts(kind):
    rng = np.random.default_rng(2)
    side = int(PART**0.5) + 3
    x, labels = rng.standard_normal((1, 2, side, side)), rng.integers(0, 2, (1, side, side))
    p = 1 / (1 + np.exp(x[:, :1] - x[:, 1:]))
    p, t = np.concatenate([1 - p, p], 1), np.stack([1 - labels, labels], 1)
    inside, below = (p * t).sum((0, 2, 3)), (p + t).sum((0, 2, 3)) + 1
    ratio = (2 * inside + 1) / below if kind is Dice else (inside + 1) / (below - inside)
    assert measure(kind(), x, labels)[0] == pytest.approx(1 - ratio.mean(), rel=1e-11)


@both
@pytest.mark.parametrize(("keys", "shape", "classes", "text"), [
    ({}, (3,), 3, "compares regions of pictures [C, H, W], the output is [3]; end with a convolution of one channel a class"),
    ({}, (1, 4, 4), 2, ': the softmax of one channel is always 1; set activation = "sigmoid"'),
    ({}, (3, 4, 4), 2, "reads one channel a class, the data has 2 classes, the output has 3; set out_channels = 2"),
    ({"targets": "dense"}, (3, 4, 4), 3,
     'with targets = "dense" reads numbers, the data has labels of 3 classes; set targets = "class"'),
])
def test_outputs_that_do_not_fit_are_refused(kind, keys, shape, classes, text):
    with pytest.raises(ShapeError) as error:
        kind(**keys).check(shape, classes)
    assert str(error.value).removeprefix(kind.type_name()).strip() == text


@both
def test_one_channel_tells_two_classes_apart_and_weights_are_counted(kind):
    assert kind(activation="sigmoid").check((1, 4, 4), 2) is None
    with pytest.raises(ShapeError, match="class_weights has 2 numbers, the output has 3 channels; give 3 numbers"):
        kind(class_weights=(1, 2)).check((3, 4, 4), 3)
    for keys in ({"smooth": 0}, {"over": "epoch"}, {"class_weights": (0, 0)}):
        with pytest.raises(ValidationError):
            kind(**keys)

"""The detector's loss against PyTorch, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.single_shot_torch import loss_in_torch
from netspec.detection.candidates import Candidates, best_of
from netspec.layers.base import ShapeError
from netspec.losses.single_shot import SingleShot, fit_rows
from tests.kit.bench import run_loss


@pytest.mark.peers
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-10)])
@pytest.mark.parametrize("keys", [{}, {"radius": 0.6, "alpha": 0.4, "gamma": 1.5, "box_weight": 3, "weight": 0.5}])
def test_value_and_gradient_equal_pytorch(keys: dict, dtype: str, tolerance: float) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch comes with the extra peers")
    loss = SingleShot(stride=8, max_boxes=6, **keys)
    rng = np.random.default_rng(3)
    x, target = rng.standard_normal((3, 3 + 4, 5, 6)), loss.random_target(3, (7, 5, 6), rng)
    target[0, 3] = [-2 - 1, 10, 10, 40, 38]  # a difficult one
    target[1, :] = -1  # a picture without objects
    target[2, 4] = [2, 20.5, 20.5, 23, 23.5]  # smaller than a cell
    value, dx = run_loss(loss, x, target, dtype)
    expected, gradient = loss_in_torch(torch, loss, x, target, dtype)
    assert value == pytest.approx(expected, rel=tolerance)
    np.testing.assert_allclose(dx, gradient, rtol=tolerance, atol=tolerance * abs(gradient).max())


def test_one_cell_by_hand() -> None:
    loss = SingleShot(stride=10, max_boxes=1)
    x = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0]).reshape(1, 6, 1, 1)
    target = np.array([[[0, -5.0, -5.0, 15.0, 15.0]]])  # exactly what the cell says: 5 ± 10
    focal = 0.25 * 0.25 * math.log(2) + 0.75 * 0.25 * math.log(2)
    assert run_loss(loss, x, target)[0] == pytest.approx(focal)
    target[0, 0, 1:] = [-5, -5, 15, 5]  # half as high: IoU ½, and the smallest box around both is the larger one
    assert run_loss(loss, x, target)[0] == pytest.approx(focal + 0.5)


def test_a_picture_without_objects_counts_as_one_cell() -> None:
    loss = SingleShot(stride=10, max_boxes=2)
    x, target = np.zeros((1, 5, 2, 3)), np.full((1, 2, 5), -1.0)
    assert run_loss(loss, x, target)[0] == pytest.approx(6 * 0.75 * 0.25 * math.log(2))


def test_a_class_that_the_output_lacks_makes_the_loss_nan() -> None:
    target = np.array([[[1, 0.0, 0.0, 9.0, 9.0]]])
    assert math.isnan(run_loss(SingleShot(stride=10, max_boxes=1), np.zeros((1, 5, 1, 1)), target)[0])


def test_rows_are_added_or_left_out_but_never_a_box() -> None:
    y = np.full((2, 4, 5), -1.0)
    y[0, 3, 0], y[1, 1, 0] = 2, -3
    assert fit_rows(y, 6).shape == (2, 6, 5)
    assert fit_rows(y, 1)[:, 0, 0].tolist() == [2, -3]
    y[0, 0, 0] = 1
    with pytest.raises(ValueError, match="a picture has 2 objects; set max_boxes under"):
        fit_rows(y, 1)


def test_outputs_of_another_size_are_refused() -> None:
    loss = SingleShot(stride=8)
    loss.check((7, 4, 5), 3)
    for shape, classes in (((7, 4, 5), 2), ((4, 4, 5), None), ((7,), 3)):
        with pytest.raises(ShapeError, match="single_shot reads"):
            loss.check(shape, classes)


def test_what_the_cells_say_becomes_boxes_inside_the_picture() -> None:
    x = np.full((1, 2 + 4, 2, 3), -9.0)
    x[0, 1, 1, 2], x[0, 2:, 1, 2] = 2.0, np.log([1, 0.5, 3, 0.25])  # class 1 in the last cell, whose middle is (25, 15)
    found = SingleShot(stride=10).candidates({"out": x}, None)[0]
    assert found.classes.tolist() == [1]
    np.testing.assert_allclose(found.scores, 1 / (1 + np.exp(-2.0)))
    np.testing.assert_allclose(found.boxes, [[15, 10, 30, 17.5]])


def test_of_alike_detections_the_surest_stays() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 10, 10], [20, 20, 30, 30], [0, 0, 10, 10], [5, 5, 5, 9]], float)
    found = Candidates(boxes, np.array([0.6, 0.8, 0.7, 0.9, 0.99]), np.array([0, 0, 0, 1, 0]))
    rows = best_of([found], SingleShot(stride=8, max_detections=4))
    assert rows[:, 1].tolist() == [0.9, 0.8, 0.7, 0]
    assert rows[:, 0].tolist() == [1, 0, 0, -1]
    assert rows[1, 2:].tolist() == [1, 0, 10, 10]

"""The loss of regions' boxes against PyTorch, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from netspec.layers.base import ShapeError
from netspec.losses.box_regression import BoxRegression
from tests.kit.bench import run_loss
from tests.losses.runner import measure


def test_only_the_columns_of_the_true_class_count() -> None:
    x = np.zeros((1, 8, 4, 1))
    x[0, 4:, 1, 0] = [0.5, 3, 0, 0]  # class 2 of the second region
    target = np.zeros((1, 4, 5))
    target[0, :, 0] = [0, 2, 1, -1]
    value, dx = run_loss(BoxRegression(weight=2), x, target)
    assert value == pytest.approx(2 * (0.125 + 2.5) / 3)
    assert dx is not None
    np.testing.assert_allclose(dx[0, :, 1, 0], [0, 0, 0, 0, 1 / 3, 2 / 3, 0, 0])
    assert not dx[0, :, [0, 2, 3], 0].any()


@pytest.mark.peers
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-10)])
@pytest.mark.parametrize("shape", [(12, 5, 1), (12,)])
def test_value_and_gradient_equal_pytorch(shape: tuple, dtype: str, tolerance: float) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch comes with the extra peers")
    loss = BoxRegression(beta=0.7, weight=1.5)
    rng = np.random.default_rng(5)
    x, target = rng.standard_normal((4, *shape)), loss.random_target(4, shape, rng)
    output = torch.tensor(x, dtype=getattr(torch, dtype), requires_grad=True)
    rows = output.reshape(4, 12, -1).permute(0, 2, 1).reshape(-1, 3, 4)
    goal = torch.tensor(target.reshape(-1, 5), dtype=output.dtype)
    label = goal[:, 0].long()
    chosen = torch.where(label > 0)[0]
    pairs = rows[chosen, label[chosen] - 1], goal[chosen, 1:]
    value = 1.5 * torch.nn.functional.smooth_l1_loss(*pairs, beta=0.7, reduction="sum") / (label >= 0).sum()
    value.backward()
    got, dx = run_loss(loss, x, target, dtype)
    assert got == pytest.approx(value.item(), rel=tolerance)
    np.testing.assert_allclose(dx, output.grad.numpy(), rtol=tolerance, atol=tolerance)


def test_padding_alone_weighs_nothing_and_unknown_classes_are_nan() -> None:
    target = np.full((1, 2, 5), -1.0)
    total, weight, dx = measure(BoxRegression(), np.ones((1, 8, 2, 1)), target)
    assert (total, weight, dx.any()) == (0, 0, False)
    target[0, 0, 0] = 3
    assert math.isnan(measure(BoxRegression(), np.ones((1, 8, 2, 1)), target)[0])


def test_detections_are_corrected_regions_with_the_probability_of_their_class() -> None:
    rois = np.array([[[0, 0, 10, 20], [5, 5, 15, 15], [-1, -1, -1, -1]]], float)
    logits, codes = np.zeros((1, 3, 3, 1)), np.zeros((1, 8, 3, 1))
    logits[0, :, 0, 0] = np.log([0.1, 0.2, 0.7])
    logits[0, :, 1, 0] = np.log([0.98, 0.01, 0.01])
    codes[0, 4:, 0, 0] = [10, 0, 5 * np.log(2), 0]  # class 2: one width to the right, twice as wide
    found = BoxRegression(input="codes", scores="logits").candidates({"codes": codes, "logits": logits}, rois)[0]
    assert found.classes.tolist() == [0, 1]
    np.testing.assert_allclose(found.scores, [0.2, 0.7])
    np.testing.assert_allclose(found.boxes, [[0, 0, 10, 20], [5, 0, 25, 20]])


def test_outputs_of_another_size_are_refused() -> None:
    BoxRegression().check((12, 64, 1), 3)
    BoxRegression().check((12,), None)
    for shape, classes in (((10, 4, 1), None), ((8, 4, 2), None), ((12, 4, 1), 2)):
        with pytest.raises(ShapeError, match="box_regression reads"):
            BoxRegression().check(shape, classes)

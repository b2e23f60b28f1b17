"""Losses against PyTorch: values and gradients, float32 to 1e-5, float64 to 1e-10."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.losses.bce_with_logits import BCEWithLogits
from netspec.losses.cross_entropy import CrossEntropy
from netspec.losses.l1 import L1
from netspec.losses.mse import MSE
from netspec.losses.smooth_l1 import SmoothL1
from tests.kit.bench import run_loss
from tests.losses.cases import CASES

torch = pytest.importorskip("torch", reason="PyTorch comes with the extra peers")
pytestmark = pytest.mark.peers


def torch_loss(loss: Any, dtype: Any) -> Any:
    """PyTorch's module with the same keys."""
    nn = torch.nn
    if isinstance(loss, CrossEntropy):
        weights = None if loss.class_weights is None else torch.tensor(loss.class_weights, dtype=dtype)
        ignored = -100 if loss.ignore_index is None else loss.ignore_index
        return nn.CrossEntropyLoss(weights, ignore_index=ignored, label_smoothing=loss.label_smoothing)
    if isinstance(loss, BCEWithLogits):
        return nn.BCEWithLogitsLoss(pos_weight=torch.tensor(loss.pos_weight, dtype=dtype))
    if isinstance(loss, SmoothL1):
        return nn.SmoothL1Loss(beta=loss.beta)
    return {MSE: nn.MSELoss, L1: nn.L1Loss}[type(loss)]()


def by_torch(loss, x, target, dtype):
    kind = getattr(torch, dtype)
    logits = torch.tensor(x, dtype=kind, requires_grad=True)
    answer = torch.tensor(target, dtype=torch.int64 if isinstance(loss, CrossEntropy) else kind)
    if isinstance(loss, BCEWithLogits):
        answer = answer.reshape(logits.shape)
        if isinstance(loss.pos_weight, tuple) and x.ndim == 4:  # PyTorch broadcasts pos_weight from the right
            loss_in_torch = torch.nn.BCEWithLogitsLoss(
                pos_weight=torch.tensor(loss.pos_weight, dtype=kind).reshape(-1, 1, 1))
            value = loss.weight * loss_in_torch(logits, answer)
            value.backward()
            return value.item(), logits.grad.numpy()
    value = loss.weight * torch_loss(loss, kind)(logits, answer)
    value.backward()
    return value.item(), logits.grad.numpy()


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-10)])
@pytest.mark.parametrize("n", [1, 5, 33])
@pytest.mark.parametrize("name", CASES)
def test_value_and_gradient_equal_pytorch(name, n, dtype, tolerance):
    loss, make = CASES[name]
    x, target = make(np.random.default_rng(n), n)
    if isinstance(loss, CrossEntropy) and loss.class_weights is not None:
        target.flat[0] = 0  # at least one label counts: PyTorch divides 0 by 0 otherwise
    value, dx = run_loss(loss, x, target, dtype)
    expected, gradient = by_torch(loss, x, target, dtype)
    assert value == pytest.approx(expected, rel=tolerance)
    # An element of the gradient may be a difference of nearly equal numbers: its error is that of the largest one.
    np.testing.assert_allclose(dx, gradient, rtol=tolerance, atol=tolerance * abs(gradient).max())

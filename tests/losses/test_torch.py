"""Losses against PyTorch: values and gradients, float32 to 1e-5, float64 to 1e-10."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.losses.bce_with_logits import BCEWithLogits
from netspec.losses.cross_entropy import CrossEntropy
from netspec.losses.dice import Dice
from netspec.losses.focal import Focal
from netspec.losses.hinge import Hinge
from netspec.losses.huber import Huber
from netspec.losses.iou import IoU
from netspec.losses.kl_divergence import KLDivergence
from netspec.losses.l1 import L1
from netspec.losses.mse import MSE
from netspec.losses.sigmoid_focal import SigmoidFocal
from netspec.losses.smooth_l1 import SmoothL1
from tests.kit.bench import run_loss
from tests.losses.cases import CASES, WITH_OWN_TWINS

torch = pytest.importorskip("torch", reason="PyTorch comes with the extra peers")
pytestmark = pytest.mark.peers


def torch_loss(loss: Any, x: Any, t: Any, kind: Any) -> Any:
    """PyTorch's loss with the same keys; t: labels for a loss of classes, else numbers."""
    nn, f = torch.nn, torch.nn.functional
    if isinstance(loss, CrossEntropy):
        weights = None if loss.class_weights is None else torch.tensor(loss.class_weights, dtype=kind)
        ignored = -100 if loss.ignore_index is None else loss.ignore_index
        return nn.CrossEntropyLoss(weights, ignore_index=ignored, label_smoothing=loss.label_smoothing)(x, t)
    if isinstance(loss, BCEWithLogits):
        weight = torch.tensor(loss.pos_weight, dtype=kind)
        if weight.ndim and x.ndim == 4:  # PyTorch broadcasts pos_weight from the right
            weight = weight.reshape(-1, 1, 1)
        return nn.BCEWithLogitsLoss(pos_weight=weight)(x, t)
    if isinstance(loss, KLDivergence):
        pixels = x[0, 0].numel()
        return f.kl_div(f.log_softmax(x, 1), t, reduction="batchmean") / pixels
    if isinstance(loss, Focal):
        return focal(loss, x, t, kind)
    if isinstance(loss, SigmoidFocal):
        return sigmoid_focal(loss, x, t)
    if isinstance(loss, Hinge):
        return hinge(loss, x, t, kind)
    if isinstance(loss, Dice | IoU):
        return overlap(loss, x, t, kind)
    if isinstance(loss, SmoothL1):
        return nn.SmoothL1Loss(beta=loss.beta)(x, t)
    if isinstance(loss, Huber):
        return nn.HuberLoss(delta=loss.delta)(x, t)
    return {MSE: nn.MSELoss, L1: nn.L1Loss}[type(loss)]()(x, t)


def rows(x: Any, t: Any, ignored: int | None) -> tuple[Any, Any]:
    """(M, C) scores and (M,) labels of the samples or pixels that count."""
    x, t = x.movedim(1, -1).reshape(-1, x.shape[1]), t.reshape(-1)
    return (x, t) if ignored is None else (x[t != ignored], t[t != ignored])


def focal(loss: Focal, x: Any, t: Any, kind: Any) -> Any:
    x, t = rows(x, t, loss.ignore_index)
    p = torch.softmax(x, 1).gather(1, t[:, None])[:, 0]
    alpha = torch.tensor(loss.alpha or (1.0,) * x.shape[1], dtype=kind)[t]
    entropy = torch.nn.functional.cross_entropy(x, t, reduction="none")
    return (alpha * (1 - p) ** loss.gamma * entropy).mean()


def sigmoid_focal(loss: SigmoidFocal, x: Any, t: Any) -> Any:
    """torchvision's sigmoid_focal_loss, for numbers between 0 and 1, too."""
    p = torch.sigmoid(x)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(x, t, reduction="none")
    right = p * t + (1 - p) * (1 - t)
    return ((loss.alpha * t + (1 - loss.alpha) * (1 - t)) * (1 - right) ** loss.gamma * entropy).mean()


def hinge(loss: Hinge, x: Any, t: Any, kind: Any) -> Any:
    x, t = rows(x, t, loss.ignore_index)
    weights = torch.tensor(loss.class_weights or (1.0,) * max(2, x.shape[1]), dtype=kind)
    if x.shape[1] > 1:
        return torch.nn.MultiMarginLoss(p=loss.p, margin=loss.margin, weight=weights)(x, t)
    return (weights[t] * torch.relu(loss.margin - (2 * t - 1) * x[:, 0]) ** loss.p).mean()


def overlap(loss: Dice | IoU, x: Any, t: Any, kind: Any) -> Any:
    """By the formula, with PyTorch's own gradient."""
    p = torch.softmax(x, 1) if loss.activation == "softmax" else torch.sigmoid(x)
    counts = torch.ones_like(x[:, :1])
    if loss.targets == "class":
        counts = (t != (-1 if loss.ignore_index is None else loss.ignore_index)).to(kind)[:, None]
        one = x.shape[1] == 1
        t = (t if one else torch.nn.functional.one_hot(t, x.shape[1]).movedim(-1, 1)).to(kind).reshape(x.shape)
    axes = (0, 2, 3) if loss.over == "batch" else (2, 3)
    both, ps, ts = ((counts * y).sum(axes) for y in (p * t, p, t))
    below = ps + ts + loss.smooth
    ratio = ((2 * both if isinstance(loss, Dice) else both) + loss.smooth) / (below if isinstance(loss, Dice) else below - both)
    weights = torch.tensor(loss.class_weights or (1.0,) * x.shape[1], dtype=kind)
    return (1 - (ratio * weights).sum(-1) / weights.sum()).mean()


def by_torch(loss, x, target, dtype):
    kind = getattr(torch, dtype)
    logits = torch.tensor(x, dtype=kind, requires_grad=True)
    of_classes = loss.target_kind == "class" and not isinstance(loss, BCEWithLogits | SigmoidFocal)
    answer = torch.tensor(target, dtype=torch.int64 if of_classes else kind)
    value = loss.weight * torch_loss(loss, logits, answer if of_classes else answer.reshape(logits.shape), kind)
    value.backward()
    return value.item(), logits.grad.numpy()


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-10)])
@pytest.mark.parametrize("n", [1, 5, 33])
@pytest.mark.parametrize("name", [name for name, (loss, _) in CASES.items() if not isinstance(loss, WITH_OWN_TWINS)])
def test_value_and_gradient_equal_pytorch(name, n, dtype, tolerance):
    loss, make = CASES[name]
    x, target = make(np.random.default_rng(n), n)
    if loss.target_kind == "class":
        target.flat[0] = 0  # at least one label counts: PyTorch divides 0 by 0 otherwise
    value, dx = run_loss(loss, x, target, dtype)
    expected, gradient = by_torch(loss, x, target, dtype)
    assert value == pytest.approx(expected, rel=tolerance)
    # An element of the gradient may be a difference of nearly equal numbers: its error is that of the largest one.
    np.testing.assert_allclose(dx, gradient, rtol=tolerance, atol=tolerance * abs(gradient).max())

"""Gains, fans and bounds equal those of torch.nn.init."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from netspec.initializers.base import fans
from netspec.initializers.fan_in_uniform import FanInUniform
from netspec.initializers.gain import gain
from netspec.initializers.kaiming_normal import KaimingNormal
from netspec.initializers.kaiming_uniform import KaimingUniform
from netspec.initializers.xavier_uniform import XavierUniform

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install netspec[peers]")
pytestmark = pytest.mark.peers

SHAPE = (64, 32, 5, 5)


@pytest.mark.parametrize("nonlinearity", ["linear", "sigmoid", "tanh", "relu", "selu"])
def test_gains(nonlinearity: Any) -> None:
    assert gain(nonlinearity) == torch.nn.init.calculate_gain(nonlinearity)


@pytest.mark.parametrize("a", [0.0, 0.01, 0.2, math.sqrt(5)])
def test_gain_of_leaky_relu(a: float) -> None:
    assert gain("leaky_relu", a) == torch.nn.init.calculate_gain("leaky_relu", a)


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.nn.Linear(30, 200),
        lambda: torch.nn.Conv2d(12, 64, (3, 5)),
        lambda: torch.nn.Conv2d(12, 48, 3, groups=4),
    ],
    ids=["linear", "conv", "groups"],
)
def test_fan_in_uniform_has_the_bounds_of_torch_layers(make: Any) -> None:
    torch.manual_seed(0)
    layer = make()
    fan_in, fan_out = fans(tuple(layer.weight.shape))
    for parameter in (layer.weight, layer.bias):
        ours = FanInUniform().sample((20_000,), fan_in, fan_out, np.random.default_rng(0))
        theirs = parameter.detach().numpy()
        # theirs has as few as 48 values: all lie within our bound, and their greatest is not far below it
        assert np.abs(theirs).max() <= np.abs(ours).max() * 1.001
        assert np.abs(theirs).max() >= np.abs(ours).max() * 0.8


@pytest.mark.parametrize("mode", ["fan_in", "fan_out"])
def test_bounds_and_deviations(mode: Any) -> None:
    torch.manual_seed(0)
    rng, weight = np.random.default_rng(0), torch.empty(SHAPE)
    # 51,200 values on each side: bounds agree to 1e-3, deviations to 5 · √(2 / (2 · 51200)) = 2.2 %
    for ours, fill in (
        (KaimingUniform(mode=mode, a=0.3), lambda: torch.nn.init.kaiming_uniform_(weight, 0.3, mode)),
        (XavierUniform(gain=2), lambda: torch.nn.init.xavier_uniform_(weight, 2)),
    ):
        fill()
        assert np.abs(ours.sample(SHAPE, *fans(SHAPE), rng)).max() == pytest.approx(weight.abs().max().item(), rel=1e-3)
    torch.nn.init.kaiming_normal_(weight, mode=mode, nonlinearity="tanh")
    values = KaimingNormal(mode=mode, nonlinearity="tanh").sample(SHAPE, *fans(SHAPE), rng)
    assert values.std() == pytest.approx(weight.std().item(), rel=0.022)

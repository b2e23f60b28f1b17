"""The gradient check finds wrong gradients, passes right ones, and is not fooled by kinks."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from netspec.gradcheck import Row, UnknownLayerError, check_gradients, differentiate, relative_error
from netspec.gradcheck_network import LossOfBatch
from netspec.shipped import shipped_specs

TOLERANCE = 1e-5
NETWORK = """
input.shape = [2, 8, 8]
layers = [
  {{ name = "conv", type = "conv2d", out_channels = 4, kernel_size = 3, stride = 2, padding = 1 }},
  {{ name = "bn", type = "batch_norm" }},
  {{ name = "act", type = "{activation}" }},
  {{ name = "drop", type = "dropout", p = 0.3 }},
  {{ name = "pool", type = "max_pool2d", kernel_size = 2 }},
  {{ name = "skip", type = "conv2d", out_channels = 4, kernel_size = 1, inputs = ["pool"] }},
  {{ name = "sum", type = "add", inputs = ["skip", "pool"] }},
  {{ name = "fc", type = "linear", out_features = 3 }},
]
"""


def checked(text: str, **options: int) -> dict[str, Row]:
    return {row.tensor: row for row in check_gradients(netspec.loads(text), samples=6, **options)}


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("loss", ["", 'loss = { type = "cross_entropy", label_smoothing = 0.1 }', 'loss.type = "mse"'])
def test_a_network_with_right_gradients_passes(activation: str, loss: str) -> None:
    rows = checked(NETWORK.format(activation=activation) + loss)
    assert list(rows) == [
        "conv.weight", "conv.bias", "bn.weight", "bn.bias", "skip.weight", "skip.bias", "fc.weight", "fc.bias", "input",
    ]  # fmt: skip
    assert all(row.passes(TOLERANCE) for row in rows.values())
    assert {row.of for row in rows.values()} == ({"loss", "Σ r·y"} if loss else {"Σ r·y"})


def test_a_wrong_gradient_is_found_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    right = LossOfBatch.gradients

    def wrong(self: LossOfBatch) -> dict[str, np.ndarray]:
        gradients = right(self)
        gradients["fc.weight"] *= 1.001
        return gradients

    monkeypatch.setattr(LossOfBatch, "gradients", wrong)
    rows = checked(NETWORK.format(activation="tanh") + 'loss.type = "cross_entropy"')
    assert [name for name, row in rows.items() if not row.passes(TOLERANCE)] == ["fc.weight"]
    row = rows["fc.weight"]
    assert row.analytic == pytest.approx(1.001 * row.numeric, rel=1e-6)
    assert row.error == pytest.approx(1e-3, rel=0.01)


def test_entries_at_kinks_alone_prove_nothing() -> None:
    assert not Row("w", "fc", "loss", 4, 0, 4, 0.0, None, 0.0, 0.0).passes(TOLERANCE)
    assert Row("w", "fc", "loss", 4, 1, 3, 0.0, (0,), 1.0, 1.0).passes(TOLERANCE)


def test_one_layer_can_be_checked_alone_and_must_exist() -> None:
    spec = netspec.loads(NETWORK.format(activation="relu"))
    assert [row.tensor for row in check_gradients(spec, layer="skip")] == ["skip.weight", "skip.bias"]
    with pytest.raises(UnknownLayerError, match=r"there is no layer skipp; did you mean skip\?"):
        list(check_gradients(spec, layer="skipp"))


def test_frozen_layers_have_no_gradient_to_check() -> None:
    text = NETWORK.format(activation="relu").replace('type = "batch_norm"', 'type = "batch_norm", frozen = true')
    rows = checked(text)
    assert "bn.weight" not in rows
    assert rows["conv.weight"].error < TOLERANCE


def test_the_parameters_are_as_before_afterwards_and_runs_agree() -> None:
    text = NETWORK.format(activation="relu") + 'loss.type = "cross_entropy"'
    assert checked(text) == checked(text)


SMALL = [name for name, path in shipped_specs().items() if netspec.analyze(netspec.load(path)).totals.macs < 10_000_000]
"""The large networks are too slow in float64; their layers' kernels are checked one by one by the battery."""


@pytest.mark.parametrize("name", sorted(SMALL))
def test_shipped_specs_pass(name: str) -> None:
    spec = netspec.load(shipped_specs()[name])
    assert max(row.error for row in check_gradients(spec, samples=4)) < TOLERANCE


@given(kink=st.floats(-0.999, 0.999), jump=st.floats(0.01, 100))
@settings(deadline=None)
def test_a_kink_within_the_step_is_seen_wherever_it_lies(kink: float, jump: float) -> None:
    width = 1e-5

    def value(x: float) -> float:
        return math.sin(x) + jump * max(0.0, x - 0.5 - kink * width)

    assert not differentiate(value, 0.5, width).is_smooth


@pytest.mark.parametrize("kink", [-1.5, 1.5, 20.0])
def test_a_kink_outside_the_step_does_no_harm(kink: float) -> None:
    quotients = differentiate(lambda x: max(0.0, x - 0.5 - kink * 1e-5), 0.5, 1e-5)
    assert quotients.is_smooth
    assert quotients.numeric == pytest.approx(float(kink < 0), abs=1e-9)


@pytest.mark.parametrize(
    ("value", "slope"),
    [(math.sin, math.cos), (math.exp, math.exp), (lambda x: x**3, lambda x: 3 * x**2), (abs, lambda x: 1.0)],
)
@pytest.mark.parametrize("at", [0.1, 1.0, 3.7])
def test_smooth_functions_agree_within_the_stated_roundoff(
    value: Callable[[float], float], slope: Callable[[float], float], at: float
) -> None:
    quotients = differentiate(value, at, 1e-5)
    assert quotients.is_smooth
    assert abs(quotients.numeric - slope(at)) <= quotients.roundoff + 1e-12 * abs(slope(at))


def test_relative_error_measures_small_entries_against_their_tensor() -> None:
    assert relative_error(1.0, 1.1, 1.0, 0.0) == pytest.approx(0.1 / 1.1)
    assert relative_error(1e-9, 2e-9, 1.0, 0.0) == pytest.approx(1e-6)
    assert relative_error(0.0, 1e-13, 0.0, 1e-12) < TOLERANCE
    assert relative_error(0.0, 0.0, 0.0, 0.0) == 0.0
    assert relative_error(float("nan"), 1.0, 1.0, 0.0) == math.inf

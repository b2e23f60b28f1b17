"""Bounds, moments and refusals of every initializer."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from netspec.initializers.base import Initializer, fans
from netspec.initializers.bilinear import Bilinear
from netspec.initializers.constant import Constant
from netspec.initializers.fan_in_uniform import FanInUniform
from netspec.initializers.kaiming_normal import KaimingNormal
from netspec.initializers.kaiming_uniform import KaimingUniform
from netspec.initializers.normal import Normal
from netspec.initializers.ones import Ones
from netspec.initializers.truncated_normal import TruncatedNormal
from netspec.initializers.uniform import Uniform
from netspec.initializers.xavier_normal import XavierNormal
from netspec.initializers.xavier_uniform import XavierUniform
from netspec.initializers.zeros import Zeros
from netspec.registry import plugins

EXAMPLES: list[Initializer] = [
    Bilinear(),
    Constant(value=0.5),
    FanInUniform(),
    KaimingNormal(),
    KaimingUniform(),
    Normal(std=0.01),
    Ones(),
    TruncatedNormal(std=0.02),
    Uniform(low=-1, high=2),
    XavierNormal(),
    XavierUniform(),
    Zeros(),
]

SHAPE = (100, 40, 5, 5)  # 100,000 values
FAN_IN, FAN_OUT = 1000, 2500

# Standard deviation of the truncated standard normal: √(1 − 2cφ(c) / (Φ(c) − Φ(−c)))
TRUNCATED_AT_2 = math.sqrt(1 - 4 * math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2)))


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def draw(initializer: Initializer, seed: int = 0) -> np.ndarray:
    return initializer.sample(SHAPE, FAN_IN, FAN_OUT, generator(seed))


def test_the_registry_finds_every_initializer() -> None:
    assert list(plugins("netspec.initializers")) == [example.type_name() for example in EXAMPLES]


@pytest.mark.parametrize("initializer", EXAMPLES, ids=lambda initializer: initializer.type_name())
@settings(deadline=None, max_examples=30)
@given(shape=st.lists(st.integers(1, 6), min_size=1, max_size=5).map(tuple), seed=st.integers(0, 2**32))
def test_samples_are_float64_of_the_shape_and_repeat(initializer: Initializer, shape: Any, seed: int) -> None:
    values = initializer.sample(shape, 3, 5, generator(seed))
    assert values.dtype == np.float64
    assert values.shape == shape
    assert np.isfinite(values).all()
    assert np.array_equal(values, initializer.sample(shape, 3, 5, generator(seed)))


@pytest.mark.parametrize(
    ("initializer", "mean", "std"),
    [
        (KaimingNormal(), 0, math.sqrt(2 / FAN_IN)),
        (KaimingNormal(mode="fan_out"), 0, math.sqrt(2 / FAN_OUT)),
        (KaimingNormal(nonlinearity="tanh"), 0, 5 / 3 / math.sqrt(FAN_IN)),
        (KaimingNormal(a=0.5), 0, math.sqrt(2 / 1.25 / FAN_IN)),
        (KaimingUniform(), 0, math.sqrt(2 / FAN_IN)),
        (KaimingUniform(mode="fan_out", nonlinearity="linear"), 0, math.sqrt(1 / FAN_OUT)),
        (XavierNormal(), 0, math.sqrt(2 / (FAN_IN + FAN_OUT))),
        (XavierUniform(gain=3), 0, 3 * math.sqrt(2 / (FAN_IN + FAN_OUT))),
        (FanInUniform(), 0, 1 / math.sqrt(3 * FAN_IN)),
        (Normal(mean=2, std=0.3), 2, 0.3),
        (Uniform(low=-1, high=2), 0.5, 3 / math.sqrt(12)),
        (TruncatedNormal(mean=-1, std=0.3), -1, 0.3 * TRUNCATED_AT_2),
    ],
)
def test_mean_and_standard_deviation(initializer: Initializer, mean: float, std: float) -> None:
    values = draw(initializer)
    # Of n = 100,000 values the mean scatters by std/√n and the deviation by at most std/√(2n): 5 of these are allowed.
    n = values.size
    assert values.mean() == pytest.approx(mean, abs=5 * std / math.sqrt(n))
    assert values.std() == pytest.approx(std, rel=5 / math.sqrt(2 * n))


@pytest.mark.parametrize(
    ("initializer", "low", "high"),
    [
        (KaimingUniform(), -math.sqrt(6 / FAN_IN), math.sqrt(6 / FAN_IN)),
        (XavierUniform(), -math.sqrt(6 / 3500), math.sqrt(6 / 3500)),
        (FanInUniform(), -1 / math.sqrt(FAN_IN), 1 / math.sqrt(FAN_IN)),
        (KaimingUniform(a=math.sqrt(5)), -1 / math.sqrt(FAN_IN), 1 / math.sqrt(FAN_IN)),
        (Uniform(low=-1, high=2), -1, 2),
        (TruncatedNormal(mean=1, std=0.1, cutoff=0.5), 0.95, 1.05),
    ],
)
def test_values_fill_their_bounds_and_never_leave_them(initializer: Initializer, low: float, high: float) -> None:
    values = draw(initializer)
    margin = 1e-3 * (high - low)  # the chance that none of 100,000 values falls into a margin is below e^−50
    rounding = 1e-15
    assert low - rounding <= values.min() <= low + margin
    assert high - margin <= values.max() <= high + rounding


def test_values_of_a_narrow_cutoff_arrive() -> None:
    values = draw(TruncatedNormal(std=1, cutoff=0.1))
    assert np.abs(values).max() <= 0.1


def test_constants() -> None:
    assert np.all(draw(Constant(value=-0.25)) == -0.25)
    assert np.all(draw(Zeros()) == 0)
    assert np.all(draw(Ones()) == 1)


def test_the_spread_follows_the_fan_not_the_shape() -> None:
    bias = FanInUniform().sample((1000,), 400, 1000, generator())
    assert 0.049 < np.abs(bias).max() <= 1 / 20


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((10, 5), (5, 10)), ((6, 3, 5, 5), (75, 150)), ((8, 1, 3, 3), (9, 72)), ((4, 2, 3), (6, 12))],
)
def test_fans_of_linear_and_convolution_weights(shape: tuple[int, ...], expected: tuple[int, int]) -> None:
    assert fans(shape) == expected


def test_a_vector_has_no_fans() -> None:
    message = "initializer: a weight of shape (7,) has no fan; give (outputs, inputs, *kernel)"
    with pytest.raises(ValueError, match=re.escape(message)):
        fans((7,))


@pytest.mark.parametrize("initializer", [KaimingUniform(), KaimingNormal(), XavierNormal(), FanInUniform()])
def test_a_fan_of_nothing_is_refused(initializer: Initializer) -> None:
    with pytest.raises(ValueError, match=r"^initializer: fan_in is 0; a weight needs at least one input"):
        initializer.sample((3,), 0, 3, generator())


@pytest.mark.parametrize(
    ("kind", "keys", "message"),
    [
        (KaimingNormal, {"a": 0.1, "nonlinearity": "relu"}, r'a = 0.1 is the slope of leaky_relu; .* not "relu"'),
        (KaimingNormal, {"a": -0.1}, "greater than or equal to 0"),
        (KaimingNormal, {"mode": "fan_avg"}, "'fan_in' or 'fan_out'"),
        (XavierNormal, {"gain": 0}, "greater than 0"),
        (Normal, {}, "Field required"),
        (Normal, {"std": 0}, "greater than 0"),
        (Normal, {"std": math.inf}, "finite number"),
        (Uniform, {"low": 1, "high": 1}, "low 1.0 is not below high 1.0; exchange them, or use constant"),
        (TruncatedNormal, {"std": 1, "cutoff": 0.01}, "greater than or equal to 0.1"),
        (Constant, {}, "Field required"),
        (Zeros, {"value": 0}, "Extra inputs are not permitted"),
    ],
)
def test_impossible_keys_are_refused(kind: type[Initializer], keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        kind(**keys)

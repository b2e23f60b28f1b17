"""Elementary functions against NumPy in the next wider type, in units of the last place."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from netspec.kernels import elementary

FUNCTIONS = {
    "exp": (elementary.exp, np.exp, (-87, 88), 1.1),
    "expm1": (elementary.expm1, np.expm1, (-20, 80), 2.0),
    "log1p": (elementary.log1p, np.log1p, (0, 1), 2.1),
    "sigmoid": (elementary.sigmoid, lambda x: 1 / (1 + np.exp(-x)), (-80, 40), 2.6),
    "tanh": (elementary.tanh, np.tanh, (-12, 12), 3.0),
    "softplus": (elementary.softplus, lambda x: np.log1p(np.exp(x)), (-80, 80), 2.8),
}


def values(function, x):
    @njit(error_model="numpy")
    def fill(x, y):
        for i in range(x.size):
            y[i] = function(x[i])

    y = np.empty_like(x)
    fill(x, y)
    return y


@pytest.mark.parametrize(("narrow", "wide"), [(np.float32, np.float64), (np.float64, np.longdouble)])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors_are_those_documented(name: str, narrow: type, wide: type) -> None:
    function, exact, (low, high), most = FUNCTIONS[name]
    if np.finfo(wide).eps >= np.finfo(narrow).eps / 100:
        pytest.skip("no type wider than float64 on this machine")
    rng = np.random.default_rng(7)
    x = np.concatenate([rng.uniform(low, high, 200_000), rng.uniform(max(low, -1), 1, 200_000)]).astype(narrow)
    expected = exact(x.astype(wide))
    error = np.abs(values(function, x) - expected) / np.spacing(np.abs(expected).astype(narrow))
    assert error.max() <= most


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_limits(dtype: type) -> None:
    x = np.array([-np.inf, -1e30, 0, 1e30, np.inf, np.nan], dtype)
    np.testing.assert_array_equal(values(elementary.exp, x), np.array([0, 0, 1, np.inf, np.inf, np.nan], dtype))
    np.testing.assert_array_equal(values(elementary.sigmoid, x), np.array([0, 0, 0.5, 1, 1, np.nan], dtype))
    np.testing.assert_array_equal(values(elementary.tanh, x), np.array([-1, -1, 0, 1, 1, np.nan], dtype))
    near_0 = np.log(dtype(2))
    expected = np.array([0, 0, near_0, 1e30, np.inf, np.nan], dtype)
    np.testing.assert_allclose(values(elementary.softplus, x), expected, rtol=np.finfo(dtype).eps)


def test_exp_ends_in_subnormal_numbers_and_infinity() -> None:
    x = np.array([-103, -100, -95, -88, 88.72, 88.73], np.float32)
    with np.errstate(over="ignore"):
        expected = np.exp(x.astype(np.float64)).astype(np.float32)
    smallest = np.finfo(np.float32).smallest_subnormal
    np.testing.assert_allclose(values(elementary.exp, x), expected, rtol=1e-6, atol=smallest)

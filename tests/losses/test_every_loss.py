"""What holds for every loss."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from netspec.registry import plugins
from tests.losses.cases import CASES
from tests.losses.runner import central_differences, measure

everywhere = pytest.mark.parametrize("name", CASES)


def data(name: str, n: int = 5):
    loss, make = CASES[name]
    return loss, *make(np.random.default_rng(zlib.crc32(name.encode())), n)


def test_every_loss_of_the_registry_is_tested_here():
    assert {loss.type_name() for loss, _ in CASES.values()} == set(plugins("netspec.losses"))


@everywhere
def test_gradient_equals_central_differences(name):
    loss, x, target = data(name, 4)
    _, _, dx = measure(loss, x, target)
    np.testing.assert_allclose(dx, central_differences(loss, x, target), rtol=1e-6, atol=1e-9)


@everywhere
@pytest.mark.parametrize("parts", [2, 3, 5])
def test_chunks_change_nothing_but_rounding(name, parts):
    loss, x, target = data(name)
    total, weight, dx = measure(loss, x, target, parts=1)
    other_total, other_weight, other_dx = measure(loss, x, target, parts=parts)
    np.testing.assert_allclose([other_total, other_weight], [total, weight], rtol=1e-14)
    np.testing.assert_allclose(other_dx, dx, rtol=1e-14)


@everywhere
def test_two_runs_give_the_same_bits(name):
    loss, x, target = data(name, 50)
    first, second = measure(loss, x, target, "float32"), measure(loss, x, target, "float32")
    assert first[:2] == second[:2]
    np.testing.assert_array_equal(first[2], second[2])


@everywhere
def test_an_epoch_is_the_same_however_it_is_cut_into_batches(name):
    loss, x, target = data(name, 12)
    whole = measure(loss, x, target)[:2]
    for size in (1, 5, 7):
        parts = [measure(loss, x[i:i + size], target[i:i + size])[:2] for i in range(0, 12, size)]
        np.testing.assert_allclose(np.sum(parts, axis=0), whole, rtol=1e-13)


@everywhere
def test_float32_agrees_with_float64(name):
    loss, x, target = data(name)
    x = x.astype(np.float32)
    target = target.astype(np.float32) if loss.target_kind != "class" else target
    exact, rounded = measure(loss, x, target), measure(loss, x, target, "float32")
    np.testing.assert_allclose(rounded[:2], exact[:2], rtol=1e-5)
    np.testing.assert_allclose(rounded[2], exact[2], rtol=1e-5, atol=1e-7)


@everywhere
def test_nan_in_the_output_reaches_the_value_and_the_gradient(name):
    loss, x, target = data(name)
    target = np.zeros_like(target)
    x[(0,) * x.ndim] = np.nan
    total, _, dx = measure(loss, x, target)
    assert np.isnan(total)
    assert np.isnan(dx[(0,) * x.ndim])


@everywhere
def test_outputs_of_ten_thousand_stay_finite(name):
    loss, x, target = data(name)
    extreme = np.where(x > 0, 1e4, -1e4)
    for dtype in ("float32", "float64"):
        total, _, dx = measure(loss, extreme, target, dtype)
        assert np.isfinite(total)
        assert np.isfinite(dx).all()


@everywhere
def test_evaluation_writes_the_same_value_without_a_gradient(name):
    from tests.kit.bench import run_loss

    loss, x, target = data(name)
    trained, _ = run_loss(loss, x, target)
    evaluated, dx = run_loss(loss, x, target, gradient=False)
    assert dx is None
    assert evaluated == trained

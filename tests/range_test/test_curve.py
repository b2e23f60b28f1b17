"""What a curve of losses suggests, on curves whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.range_test.curve import MINIMUM, STEEPEST, LaneCurve, smoothed
from netspec.range_test.sweep import Range, _Mean
from netspec.training.errors import TrainError

RATES = Range().rates(1000)


def curve(loss: list[float], stopped: str | None = None) -> LaneCurve:
    return LaneCurve("sgd", "sgd", 0.1, RATES[: len(loss)], loss, [2.3] * len(loss), stopped, before=loss[0])


def valley(noise: float = 0.0) -> list[float]:
    """Falls along a logistic curve, fastest at 1e-3; behind 1e-1 it explodes."""
    x, rng = np.log10(RATES), np.random.default_rng(0)
    y = 0.3 + 2 / (1 + np.exp(4 * (x + 3))) + np.where(x > -1, (10.0 ** (2 * np.maximum(x + 1, 0)) - 1), 0)
    return [float(value) for value in y + noise * rng.normal(size=len(y))]


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_the_steepest_descent_and_the_minimum_are_found(noise: float) -> None:
    found = curve(valley(noise), "diverged").suggestions
    assert math.log10(found[STEEPEST]) == pytest.approx(-3, abs=1 / 3)
    lowest = math.log10(RATES[int(np.argmin(valley()))])  # the average keeps away from the explosion
    assert lowest - 1.5 < math.log10(found[MINIMUM]) < lowest - 0.9


@pytest.mark.parametrize("loss", [
    [2.3] * 100,
    [2.3 + 0.1 * (-1) ** i for i in range(100)],
    [2.3 * 1.02**i for i in range(100)],
    [float(value) for value in 2.3 + 0.3 * np.random.default_rng(1).normal(size=100)],
])  # fmt: skip
def test_flat_noisy_and_rising_losses_suggest_nothing_and_say_so(loss: list[float]) -> None:
    found = curve(loss)
    assert found.suggestions == {}
    assert "no rate is suggested" in found.warning


def test_a_loss_that_still_falls_at_the_largest_rate_has_no_minimum() -> None:
    found = curve([2.3 - 0.01 * i for i in range(100)])
    assert set(found.suggestions) == {STEEPEST}
    assert "raise --lr-max" in found.warning


def test_a_loss_that_is_nan_before_the_first_update_suggests_nothing() -> None:
    found = LaneCurve("sgd", "sgd", 0.1, stopped="nan", before=math.nan)
    assert (found.suggestions, found.lowest) == ({}, None)
    assert found.warning.startswith("the loss is NaN or infinite before the first update")


def test_losses_behind_a_nan_count_for_nothing() -> None:
    loss = valley()
    whole, cut = curve(loss[:80]), curve([*loss[:80], math.nan], "nan")
    assert cut.suggestions == whole.suggestions
    assert cut.lowest == whole.lowest
    assert math.isnan(cut.smoothed[-1])


@given(st.lists(st.floats(-5, 50), min_size=1, max_size=40))
def test_an_average_lies_between_the_extremes_and_is_the_same_backwards(values: list[float]) -> None:
    found = smoothed(values)
    assert all(min(values) - 1e-9 <= value <= max(values) + 1e-9 for value in found)
    np.testing.assert_allclose(smoothed(values[::-1]), found[::-1], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("offset", [0.0, -3.0])
def test_differences_between_batches_do_not_show_in_the_average(offset: float) -> None:
    """Positive losses are compared by their ratio, others by their difference."""
    batches = [float(value) for value in 1 + 0.4 * np.random.default_rng(2).random(100)]
    quiet = curve(valley())
    base = [2.3 * b if not offset else 2.3 * b + offset for b in batches]
    loss = [v * b for v, b in zip(valley(), batches, strict=True)]
    loss = loss if not offset else [v - 2.3 + b for v, b in zip(valley(), base, strict=True)]
    noisy = LaneCurve("sgd", "sgd", 0.1, RATES, loss, base, "diverged", before=base[0])
    assert noisy.suggestions[STEEPEST] == pytest.approx(quiet.suggestions[STEEPEST], rel=0.25)
    assert noisy.adjusted[0] == pytest.approx(noisy.start, rel=1e-3)


def test_rates_rise_by_one_factor_from_end_to_end() -> None:
    np.testing.assert_allclose(np.diff(np.log(RATES)), math.log(1e8) / 99)
    assert (RATES[0], RATES[-1]) == (1e-7, pytest.approx(10))


@pytest.mark.parametrize(("per_epoch", "steps"), [(1, 40), (12, 48), (25, 100), (900, 100)])
def test_little_data_are_passed_four_times_at_most_unless_too_few_steps_are_left(per_epoch: int, steps: int) -> None:
    assert len(Range().rates(per_epoch)) == steps
    assert len(Range(steps=17).rates(per_epoch)) == 17


@pytest.mark.parametrize(("wrong", "words"), [
    ({"lr_min": 0.0}, "rates from 0 to 10; let 0 < lr_min < lr_max"),
    ({"lr_min": 2.0, "lr_max": 1.0}, "rates from 2 to 1"),
    ({"lr_max": math.inf}, "rates from 1e-07 to inf"),
    ({"steps": 3}, "3 steps make no curve; use 10 or more"),
])  # fmt: skip
def test_rates_that_make_no_curve_are_refused(wrong: dict[str, float], words: str) -> None:
    with pytest.raises(TrainError, match=words.replace("<", ".")):
        Range(**wrong)  # type: ignore[arg-type]


def test_four_times_the_lowest_loss_is_a_divergence_and_noise_of_the_first_losses_is_none() -> None:
    mean = _Mean()
    assert not any(mean.diverges(loss) for loss in [2.0] * 20)
    assert [mean.diverges(loss) for loss in [40.0] * 2] == [True, True]
    noisy = _Mean()
    assert not any(noisy.diverges(loss) for loss in [0.01, 1.0, 0.001, 0.01, 0.5] * 10)

"""MAE, RMSE and R²: hand-calculated values, exact sums, honest NaN."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from netspec.metrics.base import Metric
from netspec.metrics.exact_sum import ExactSum, exact_squares
from netspec.metrics.mae import MAE
from netspec.metrics.r2 import R2
from netspec.metrics.rmse import RMSE

REGRESSIONS: list[Metric] = [MAE(), RMSE(), R2()]
ANY_FLOAT = st.floats(allow_nan=False, allow_infinity=False)
MODERATE = st.floats(-1e6, 1e6)


def measure(metric: Metric, outputs: Any, targets: Any) -> Any:
    accumulator = metric.start()
    accumulator.update(outputs, targets)
    return accumulator.compute()


def test_hand_calculated_values() -> None:
    outputs, targets = [2.0, 2.0, 5.0], [1.0, 2.0, 3.0]
    assert measure(MAE(), outputs, targets) == 1.0
    assert measure(RMSE(), outputs, targets) == math.sqrt(5 / 3)
    assert measure(R2(), outputs, targets) == 1 - 5 / 2


def test_r2_of_several_outputs_is_the_mean_over_the_outputs() -> None:
    targets = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    outputs = np.array([[2.0, 10.0], [2.0, 20.0], [5.0, 30.0]])
    assert measure(R2(), outputs, targets) == (1 - 5 / 2 + 1) / 2


def test_r2_of_equal_targets_is_1_when_hit_and_else_0() -> None:
    assert measure(R2(), [0.1, 0.1, 0.1], [0.1, 0.1, 0.1]) == 1.0
    assert measure(R2(), [0.1, 0.1, 0.2], [0.1, 0.1, 0.1]) == 0.0


def test_r2_survives_a_mean_far_above_the_spread() -> None:
    # Σ y² − n ȳ² in plain float64 has no correct digit here.
    targets = 1e9 + np.arange(4.0)
    assert measure(R2(), targets + 1, targets) == 0.2  # 1 − 4/5


def test_r2_of_one_sample_is_nan() -> None:
    assert math.isnan(measure(R2(), [1.0], [1.0]))


def test_a_column_and_a_vector_match_row_by_row() -> None:
    assert measure(MAE(), np.array([[1.0], [2.0]]), np.array([1.0, 2.0])) == 0.0


@pytest.mark.parametrize("metric", REGRESSIONS, ids=Metric.better_name)
def test_nan_outputs_give_nan(metric: Metric) -> None:
    assert math.isnan(measure(metric, [1.0, np.nan, 3.0], [1.0, 2.0, 3.0]))


def test_infinite_and_overflowing_outputs_are_infinitely_bad() -> None:
    for outputs in ([np.inf, 2.0], [1e200, 2.0]):
        assert measure(RMSE(), outputs, [1.0, 2.0]) == math.inf
        assert measure(R2(), outputs, [1.0, 3.0]) == -math.inf


def test_r2_beyond_the_range_of_float64_is_minus_infinity() -> None:
    assert measure(R2(), [1e150, 0.0], [0.0, 1e-100]) == -math.inf


@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_r2_of_targets_whose_squares_leave_the_range_is_nan(scale: float) -> None:
    assert math.isnan(measure(R2(), [1 * scale, 2 * scale], [1 * scale, 3 * scale]))


@pytest.mark.parametrize(
    ("outputs", "targets", "message"),
    [
        (np.zeros((2, 3)), np.zeros(2), "metrics: targets have shape (2,), outputs (2, 3); give equal shapes"),
        (np.zeros(2), np.zeros(3), "metrics: targets have shape (3,), outputs (2,); give equal shapes"),
        (np.zeros(1), [np.nan], "metrics: a target is NaN or infinite; repair or drop that sample"),
        (np.float64(0), np.float64(0), "metrics: a single number was given; give arrays of shape (N, …)"),
    ],
)
@pytest.mark.parametrize("metric", REGRESSIONS, ids=Metric.better_name)
def test_what_does_not_fit_is_refused(metric: Metric, outputs: Any, targets: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        measure(metric, outputs, targets)


def test_r2_refuses_a_batch_of_another_width() -> None:
    accumulator = R2().start()
    accumulator.update(np.zeros((2, 3)), np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"^metrics: r2: this batch has 1 outputs a sample, the one before 3"):
        accumulator.update(np.zeros((2, 1)), np.zeros((2, 1)))


@pytest.mark.parametrize("metric", REGRESSIONS, ids=Metric.better_name)
def test_an_empty_epoch_is_an_error_not_a_number(metric: Metric) -> None:
    with pytest.raises(ValueError, match=r"^metrics: nothing was counted; call update"):
        measure(metric, np.zeros((0, 3)), np.zeros((0, 3)))


@pytest.mark.parametrize("metric", REGRESSIONS, ids=Metric.better_name)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_every_cut_and_every_order_gives_exactly_the_same(metric: Metric, data: st.DataObject) -> None:
    samples, columns = data.draw(st.integers(2, 20)), data.draw(st.integers(1, 3))
    outputs = data.draw(hnp.arrays(np.float64, (samples, columns), elements=MODERATE))
    targets = data.draw(hnp.arrays(np.float64, (samples, columns), elements=MODERATE))
    cuts = sorted(data.draw(st.lists(st.integers(0, samples), max_size=5)))
    order = np.array(data.draw(st.permutations(range(samples))))
    accumulator = metric.start()
    for part in np.split(order, cuts):
        accumulator.update(outputs[part], targets[part])
        resumed = metric.start()
        resumed.restore(json.loads(json.dumps(accumulator.state())))
        accumulator = resumed
    np.testing.assert_array_equal(accumulator.compute(), measure(metric, outputs, targets))


@settings(deadline=None)
@given(values=hnp.arrays(np.float64, st.tuples(st.integers(0, 12), st.integers(1, 3)), elements=ANY_FLOAT))
def test_exact_sum_is_the_sum_of_the_fractions(values: np.ndarray) -> None:
    total = ExactSum(values.shape[1])
    total.add(values)
    total.add(values)
    assert total.totals() == [2 * sum((Fraction(v) for v in column), Fraction(0)) for column in values.T]
    assert total.not_finite() == [0.0] * values.shape[1]


def test_exact_sum_holds_the_extremes_of_float64() -> None:
    tiny, huge = 5e-324, 1.7976931348623157e308
    total = ExactSum(1)
    total.add(np.array([[tiny], [-tiny], [tiny], [huge], [huge], [-huge]]))
    assert total.totals() == [Fraction(tiny) + Fraction(huge)]


@settings(deadline=None)
@given(value=st.floats(1e-130, 1e150).flatmap(lambda v: st.sampled_from([v, -v])))
def test_the_parts_of_a_square_sum_to_it_exactly(value: float) -> None:
    parts = exact_squares(np.array([value]))
    assert sum(Fraction(part.item()) for part in parts) == Fraction(value) ** 2

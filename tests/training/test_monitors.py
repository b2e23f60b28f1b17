"""Best and patience."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.losses.cross_entropy import CrossEntropy
from netspec.metrics.accuracy import Accuracy
from netspec.metrics.confusion import Confusion
from netspec.training.monitors import Kept, Patience, available_monitors, is_better, mode_of

values = st.lists(st.sampled_from([0.5, 0.4, 0.3, 0.2, math.nan, math.inf, -math.inf]), max_size=20)


@given(values=values, most=st.integers(1, 4))
def test_the_best_are_the_first_of_the_finite_values_in_order(values: list[float], most: int) -> None:
    kept = Kept("val_loss", "min", most, [])
    for step, value in enumerate(values):
        is_among = kept.observe({"val_loss": value}, step, 0)
        assert is_among == (step in kept.steps())
    expected = sorted((value, step) for step, value in enumerate(values) if math.isfinite(value))[:most]
    assert [(value, step) for value, step, _ in kept.entries] == expected


def test_patience_counts_only_what_is_measured_and_resumes() -> None:
    patience = Patience("val_loss", "min", patience=2, min_delta=0.1)
    assert not patience.observe({"val_loss": 1.0}, 1)
    assert not patience.observe({"running_loss": 9.0}, 2)
    assert not patience.observe({"val_loss": 0.95}, 3)  # better, but by less than min_delta
    again = Patience("val_loss", "min", patience=2, min_delta=0.1)
    again.restore(patience.state())
    assert again.observe({"val_loss": math.nan}, 4)
    assert again.reason() == "val_loss has not improved for 2 validations; the best was 1 at step 1"


def test_patience_0_stops_at_the_first_validation_without_improvement() -> None:
    patience = Patience("val_accuracy", "max", patience=0, min_delta=0.0)
    assert not patience.observe({"val_accuracy": 0.5}, 1)
    assert patience.observe({"val_accuracy": 0.5}, 2)


def test_only_what_is_measured_and_has_a_direction_can_be_monitored() -> None:
    found = available_monitors([CrossEntropy()], [Accuracy(), Confusion()], has_validation=True, evaluate_train=False)
    assert found == ["val_loss", "val_accuracy", "running_loss", "running_accuracy"]


@pytest.mark.parametrize(
    ("monitor", "mode"),
    [("val_loss", "min"), ("val_accuracy", "max"), ("running_accuracy", "max"), ("running_loss", "min")],
)
def test_auto_knows_the_direction(monitor: str, mode: str) -> None:
    assert mode_of(monitor, "auto") == mode


def test_min_delta_must_be_exceeded() -> None:
    assert not is_better(0.5, 1.0, "min", 0.5)
    assert is_better(0.49, 1.0, "min", 0.5)
    assert is_better(1.51, 1.0, "max", 0.5)

"""Factors calculated by hand, warm-up, purity, and what the keys refuse."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from netspec.registry import plugins
from netspec.schedules.base import Schedule
from netspec.schedules.constant import Constant
from netspec.schedules.cosine import Cosine
from netspec.schedules.exponential import Exponential
from netspec.schedules.multistep import MultiStep
from netspec.schedules.one_cycle import OneCycle
from netspec.schedules.plateau import Plateau
from netspec.schedules.polynomial import Polynomial
from netspec.schedules.step import Step

EXAMPLES: list[Schedule] = [
    Constant(),
    Cosine(min_factor=0.1),
    Exponential(gamma=0.9),
    MultiStep(milestones=(2, 5)),
    OneCycle(),
    Plateau(),
    Polynomial(power=2),
    Step(step_size=3),
]


def factors(schedule: Schedule, total: int, per_epoch: int = 1, extra: int = 0) -> list[float]:
    state = schedule.initial_state()
    return [
        schedule.factor(step, steps_per_epoch=per_epoch, total_steps=total, state=state)
        for step in range(total + extra)
    ]


def test_the_registry_finds_every_schedule() -> None:
    names = ["constant", "cosine", "exponential", "multistep", "one_cycle", "plateau", "polynomial", "step"]
    assert list(plugins("netspec.schedules")) == names
    assert [schedule.type_name() for schedule in EXAMPLES] == names


def test_constant_is_1() -> None:
    assert factors(Constant(), 3, extra=2) == [1.0] * 5


def test_step_size_counts_epochs_unless_told_steps() -> None:
    assert factors(Step(step_size=2, gamma=0.5), 6, per_epoch=2) == [1, 1, 1, 1, 0.5, 0.5]
    assert factors(Step(step_size=2, gamma=0.5, unit="step"), 6, per_epoch=2) == [1, 1, 0.5, 0.5, 0.25, 0.25]


def test_a_milestone_holds_from_its_epoch_on() -> None:
    schedule = MultiStep(milestones=(1, 3), gamma=0.5)
    assert factors(schedule, 8, per_epoch=2) == [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_exponential_falls_once_an_epoch_or_at_each_step() -> None:
    assert factors(Exponential(gamma=0.5), 6, per_epoch=3) == [1, 1, 1, 0.5, 0.5, 0.5]
    assert factors(Exponential(gamma=0.5, unit="step"), 4, per_epoch=3) == [1, 0.5, 0.25, 0.125]


def test_polynomial_of_power_1_is_a_straight_line_to_the_end_factor() -> None:
    assert factors(Polynomial(end_factor=0.5), 4, extra=2) == [1, 0.875, 0.75, 0.625, 0.5, 0.5]
    assert factors(Polynomial(power=2), 4) == [1, 0.5625, 0.25, 0.0625]


def test_cosine_is_halfway_in_the_middle_and_stays_at_its_end() -> None:
    values = factors(Cosine(min_factor=0.2), 4, extra=2)
    assert values[0] == 1.0
    assert values[2] == pytest.approx(0.6, abs=1e-15)
    assert values[4] == values[5] == pytest.approx(0.2, abs=1e-15)


def test_cosine_by_the_epoch_stands_still_within_an_epoch() -> None:
    values = factors(Cosine(unit="epoch"), 5, per_epoch=2)  # the third epoch is cut short
    assert values == pytest.approx([1, 1, 0.75, 0.75, 0.25])


def test_one_cycle_starts_peaks_and_ends_where_it_says() -> None:
    values = factors(OneCycle(max_factor=2, pct_start=0.3, div_factor=20, final_div_factor=100), 10, extra=1)
    assert values[0] == pytest.approx(0.1)
    assert max(values) == values[2] == 2.0
    assert values[9] == values[10] == pytest.approx(0.001)


def test_one_cycle_by_straight_lines() -> None:
    schedule = OneCycle(pct_start=0.6, div_factor=2, final_div_factor=2, anneal="linear")
    assert factors(schedule, 5) == pytest.approx([0.5, 0.75, 1.0, 0.625, 0.25])


@pytest.mark.parametrize("pct_start", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("total", [1, 2, 3, 10])
def test_one_cycle_has_finite_positive_factors_in_runs_of_any_length(pct_start: float, total: int) -> None:
    assert all(0 < value <= 1 for value in factors(OneCycle(pct_start=pct_start), total))


def test_warmup_rises_in_a_straight_line_and_never_starts_at_0() -> None:
    assert factors(Constant(warmup_steps=4), 6) == [0.25, 0.5, 0.75, 1, 1, 1]
    assert factors(Constant(warmup_steps=4, warmup_start=0.2), 5) == pytest.approx([0.4, 0.6, 0.8, 1, 1])


def test_milestones_are_not_moved_by_the_warmup() -> None:
    schedule = MultiStep(milestones=(3,), unit="step", gamma=0.5, warmup_steps=2)
    assert factors(schedule, 4) == [0.5, 1, 1, 0.5]


def test_cosine_begins_to_fall_after_the_warmup() -> None:
    values = factors(Cosine(warmup_steps=3), 7, extra=1)
    assert values == pytest.approx([1 / 3, 2 / 3, 1, 1, *(0.5 + 0.5 * math.cos(math.pi * k / 4) for k in (1, 2, 3, 4))])


def test_a_warmup_longer_than_the_run_only_rises() -> None:
    for schedule in (Cosine(warmup_steps=10), Polynomial(warmup_steps=10)):
        assert all(a < b for a, b in pairwise(factors(schedule, 8)))


@pytest.mark.parametrize("schedule", EXAMPLES, ids=lambda schedule: schedule.type_name())
@settings(deadline=None, max_examples=50)
@given(step=st.integers(0, 500), per_epoch=st.integers(1, 60), total=st.integers(1, 400))
def test_every_factor_is_finite_and_between_0_and_1(schedule: Schedule, step: int, per_epoch: int, total: int) -> None:
    state = schedule.initial_state()
    value = schedule.factor(step, steps_per_epoch=per_epoch, total_steps=total, state=state)
    assert 0 <= value <= 1
    assert value == schedule.factor(step, steps_per_epoch=per_epoch, total_steps=total, state=state)


@pytest.mark.parametrize("schedule", EXAMPLES, ids=lambda schedule: schedule.type_name())
def test_only_plateau_asks_for_observations(schedule: Schedule) -> None:
    assert schedule.monitored() == ("val_loss" if isinstance(schedule, Plateau) else None)
    if schedule.monitored() is None:
        assert schedule.observe(schedule.initial_state(), 1.0) == schedule.initial_state() == {}


@pytest.mark.parametrize("bad", [(-1, 1, 1), (0, 0, 1), (0, 1, 0)])
def test_impossible_moments_are_refused(bad: tuple[int, int, int]) -> None:
    step, per_epoch, total = bad
    with pytest.raises(
        ValueError, match=rf"^schedule: step {step}, {per_epoch} steps per epoch, {total} steps in all; "
    ):
        Constant().factor(step, steps_per_epoch=per_epoch, total_steps=total)


@pytest.mark.parametrize(
    ("kind", "keys", "message"),
    [
        (MultiStep, {"milestones": (5, 2)}, r"\[5, 2\] do not rise; give each milestone once, in ascending order"),
        (MultiStep, {"milestones": (2, 2)}, r"\[2, 2\] do not rise"),
        (MultiStep, {"milestones": ()}, "at least 1 item"),
        (MultiStep, {"milestones": (0,)}, "greater than or equal to 1"),
        (Step, {}, "Field required"),
        (Step, {"step_size": 3, "gamma": 10}, "less than or equal to 1"),
        (Exponential, {"gamma": 0}, "greater than 0"),
        (OneCycle, {"warmup_steps": 5}, "one_cycle rises by itself; remove warmup_steps and warmup_start"),
        (Plateau, {"monitor": "val_acuracy"}, "monitor 'val_acuracy' is no known loss or metric; set mode"),
        (Plateau, {"monitor": "val_confusion"}, "monitor 'val_confusion' is no known loss or metric; set mode"),
        (Constant, {"gamma": 0.1}, "Extra inputs are not permitted"),
        (Constant, {"warmup_steps": -1}, "greater than or equal to 0"),
    ],
)
def test_impossible_keys_are_refused(kind: type[Schedule], keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        kind(**keys)


def plateau_factors(schedule: Plateau, values: list[float]) -> list[float]:
    state, result = schedule.initial_state(), []
    for value in values:
        state = schedule.observe(json.loads(json.dumps(state, allow_nan=False)), value)
        result.append(schedule.factor(0, steps_per_epoch=1, total_steps=1, state=state))
    return result


def test_plateau_drops_at_the_validation_after_its_patience() -> None:
    schedule = Plateau(patience=1, gamma=0.5, min_delta=0)
    assert plateau_factors(schedule, [3, 2, 2, 2, 2, 2, 1]) == [1, 1, 1, 0.5, 0.5, 0.25, 0.25]


def test_plateau_wants_more_than_min_delta() -> None:
    schedule = Plateau(patience=0, gamma=0.5, min_delta=0.5)
    assert plateau_factors(schedule, [3, 2.5, 2.4]) == [1, 0.5, 0.5]


def test_plateau_of_an_accuracy_knows_that_more_is_better() -> None:
    schedule = Plateau(monitor="val_accuracy", patience=0, gamma=0.5)
    assert plateau_factors(schedule, [0.1, 0.5, 0.4, 0.6]) == [1, 1, 0.5, 0.5]


def test_plateau_believes_a_stated_mode() -> None:
    assert plateau_factors(Plateau(monitor="reward", mode="max", patience=0, gamma=0.5), [1, 2, 1]) == [1, 1, 0.5]


def test_plateau_counts_nothing_in_its_cooldown() -> None:
    schedule = Plateau(patience=0, gamma=0.5, cooldown=2)
    assert plateau_factors(schedule, [1, 1, 1, 1, 1]) == [1, 0.5, 0.5, 0.5, 0.25]


def test_plateau_never_falls_below_its_min_factor() -> None:
    assert plateau_factors(Plateau(patience=0, gamma=0.5, min_factor=0.4), [1, 1, 1, 1]) == [1, 0.5, 0.4, 0.4]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_plateau_never_takes_a_value_that_is_not_finite_for_better(bad: float) -> None:
    assert plateau_factors(Plateau(patience=0, gamma=0.5), [bad, 1.0, bad, 0.5]) == [0.5, 0.5, 0.25, 0.25]


def test_plateau_leaves_the_old_state_alone() -> None:
    state = Plateau().initial_state()
    Plateau().observe(state, 1.0)
    assert state == Plateau().initial_state()


def test_plateau_without_its_state_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^schedule: plateau needs its state; pass initial_state\(\)"):
        Plateau().factor(0, steps_per_epoch=1, total_steps=1)

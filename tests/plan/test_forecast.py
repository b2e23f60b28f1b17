"""The memory that a plan foretells is what a process then takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from netspec.plan.forecast import MOST_SAMPLES, forecast, largest_batch
from netspec.plan.pipeline import make_plan, start_plan
from netspec.plan.plan import Goal
from tests.kit.networks import small_convnet

ROOT = Path(__file__).parent.parent.parent
TRAINING = Goal(batch=3, training=True, loss=True, gradients=True)


def test_every_lane_has_parameters_and_slots_of_its_own() -> None:
    lanes = [{"type": "adam", "lr": 0.1}, {"type": "sgd", "lr": 0.1}]
    one, two = small_convnet(), small_convnet(optimizers=lanes)
    alone, race = (
        forecast(make_plan(start_plan(spec, dtype="float32", seed=0), TRAINING), spec.optimizers, 1) for spec in (one, two)
    )
    assert race.parameters == 2 * alone.parameters
    assert alone.optimizer == 0
    assert race.optimizer == race.parameters  # adam keeps two numbers a parameter, sgd none
    assert (race.arena, race.gradients, race.batch) == (alone.arena, alone.gradients, alone.batch)


@pytest.mark.parametrize(("limit", "expected"), [(9, 0), (10, 1), (79, 7), (80, 8), (85, 8)])
def test_the_largest_batch_is_found(limit: int, expected: int) -> None:
    assert largest_batch(lambda batch: 10 * batch, limit) == expected


@pytest.mark.parametrize("limit", [10**6, 10**7, 123_456_789, 10**8])
def test_the_search_for_the_largest_batch_makes_few_plans_and_is_exact_despite_jumps(limit: int) -> None:
    tried: list[int] = []

    def needed(batch: int) -> int:
        tried.append(batch)
        return 300_000 + 60_000 * batch + (200_000 if batch % 16 == 0 else 0) - (20_000 * batch if batch > 500 else 0)

    found = largest_batch(needed, limit)
    assert len(tried) <= 14
    assert needed(found) <= limit < needed(found + 1)


@pytest.mark.parametrize(("limit", "expected"), [(80_000, 8000), (81_919, 8191), (81_920, 8192), (2**60, 8192)])
def test_the_search_for_the_largest_batch_ends_at_8192_samples(limit: int, expected: int) -> None:
    tried: list[int] = []

    def needed(batch: int) -> int:
        tried.append(batch)
        return 10 * batch

    assert largest_batch(needed, limit) == expected
    assert max(tried) <= MOST_SAMPLES == 8192
    assert len(tried) <= 8


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_predicted_peak_is_the_measured_one() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.peak_memory", "--child", "netspec", "resnet18", "4"],
        cwd=ROOT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    measured, predicted = map(int, ended.stdout.split()[:2])
    assert measured == pytest.approx(predicted, rel=0.05)

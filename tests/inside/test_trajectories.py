"""Ways over surfaces: gradients are those of the formulas, and each step is the optimizer's formula."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.inside.surfaces import SURFACES
from netspec.inside.trajectories import walk
from netspec.registry import plugins
from tests.optimizers.references import REFERENCES

KINDS = sorted(plugins("netspec.optimizers"))


def optimizer(kind: str, **keys: Any) -> Any:
    return plugins("netspec.optimizers")[kind].model_validate({"type": kind, **keys})


@pytest.mark.parametrize("name", SURFACES)
def test_gradients_agree_with_central_differences(name: str) -> None:
    surface, h = SURFACES[name], 1e-6
    for x, y in np.random.default_rng(0).uniform(-1.5, 1.5, (20, 2)):
        dx, dy = surface.gradient(x, y)
        f = surface.function
        assert dx == pytest.approx((f(x + h, y) - f(x - h, y)) / (2 * h), rel=1e-6, abs=1e-6)
        assert dy == pytest.approx((f(x, y + h) - f(x, y - h)) / (2 * h), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", SURFACES)
def test_the_gradient_vanishes_at_the_minima_which_lie_in_the_picture(name: str) -> None:
    surface = SURFACES[name]
    left, right, bottom, top = surface.bounds
    for x, y in (*surface.minima, surface.start):
        assert left < x < right
        assert bottom < y < top
    for minimum in surface.minima:
        np.testing.assert_allclose(surface.gradient(*minimum), 0, atol=1e-12)
    assert surface.grid(41, 31).min() >= min(surface.function(*minimum) for minimum in surface.minima) - 1e-12


@pytest.mark.parametrize("name", SURFACES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_walk_is_the_formula_in_numpy(kind: str, name: str) -> None:
    surface = SURFACES[name]
    chosen = optimizer(kind, lr=surface.rates.get(kind, 0.01))
    points, losses = walk(chosen, surface, surface.start, 25)  # later on, walks to and fro blow the last bit up
    reference = REFERENCES[kind](
        chosen, np.array(surface.start), lambda p, t: np.array(surface.gradient(*p)), [chosen.lr] * 25
    )
    np.testing.assert_allclose(points[1:], list(reference), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(losses, surface.function(points[:, 0], points[:, 1]))


@pytest.mark.parametrize("name", SURFACES)
@pytest.mark.parametrize("kind", KINDS)
def test_with_the_suggested_rates_everybody_gets_lower(kind: str, name: str) -> None:
    surface = SURFACES[name]
    _, losses = walk(optimizer(kind, lr=surface.rates[kind]), surface, surface.start, 300)
    lowest = min(surface.function(*minimum) for minimum in surface.minima)
    assert losses[-1] - lowest < 0.2 * (losses[0] - lowest)


def test_a_walk_that_runs_away_ends_in_nan() -> None:
    points, losses = walk(optimizer("sgd", lr=2.0), SURFACES["rosenbrock"], (-1.5, 2.0), 30)
    assert np.isnan(points[-1]).all()
    assert np.isnan(losses[-1])
    assert not np.isnan(losses[0])

"""Learning rates equal those of torch.optim.lr_scheduler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from netspec.schedules.base import Schedule
from netspec.schedules.cosine import Cosine
from netspec.schedules.exponential import Exponential
from netspec.schedules.multistep import MultiStep
from netspec.schedules.one_cycle import OneCycle
from netspec.schedules.plateau import Plateau
from netspec.schedules.polynomial import Polynomial
from netspec.schedules.step import Step

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install netspec[peers]")
pytestmark = pytest.mark.peers

LR, TOTAL = 0.3, 40
TOLERANCE = 1e-12  # PyTorch multiplies step by step, which rounds at each of the 40 steps


def torch_rates(make: Callable[[Any, Any], Any], values: list[float] | None = None) -> list[float]:
    """Learning rate of each of the first TOTAL epochs; `values` are reported to the scheduler after each of them."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    rates = []
    for epoch in range(TOTAL):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if epoch < TOTAL - 1:
            scheduler.step() if values is None else scheduler.step(values[epoch])
    return rates


def our_rates(schedule: Schedule, per_epoch: int = 1) -> list[float]:
    """Learning rate at the first step of each of the first TOTAL epochs."""
    total = TOTAL * per_epoch
    return [
        LR * schedule.factor(step, steps_per_epoch=per_epoch, total_steps=total) for step in range(0, total, per_epoch)
    ]


@pytest.mark.parametrize(
    ("schedule", "make"),
    [
        (Step(step_size=7, gamma=0.3), lambda s, o: s.StepLR(o, 7, 0.3)),
        (MultiStep(milestones=(1, 8, 9, 30), gamma=0.5), lambda s, o: s.MultiStepLR(o, [1, 8, 9, 30], 0.5)),
        (Exponential(gamma=0.87), lambda s, o: s.ExponentialLR(o, 0.87)),
        (Cosine(unit="epoch"), lambda s, o: s.CosineAnnealingLR(o, TOTAL)),
        (Cosine(min_factor=0.2, unit="epoch"), lambda s, o: s.CosineAnnealingLR(o, TOTAL, 0.2 * LR)),
        (Polynomial(unit="epoch"), lambda s, o: s.PolynomialLR(o, TOTAL)),
        (Polynomial(power=2.5, unit="epoch"), lambda s, o: s.PolynomialLR(o, TOTAL, 2.5)),
    ],
)
@pytest.mark.parametrize("per_epoch", [1, 13])
def test_schedules_by_the_epoch(schedule: Schedule, make: Any, per_epoch: int) -> None:
    np.testing.assert_allclose(our_rates(schedule, per_epoch), torch_rates(make), rtol=TOLERANCE)


@pytest.mark.parametrize("anneal", ["cosine", "linear"])
@pytest.mark.parametrize("pct_start", [0.3, 0.11, 0.9])
def test_one_cycle(anneal: Any, pct_start: float) -> None:
    schedule = OneCycle(max_factor=2, pct_start=pct_start, div_factor=10, final_div_factor=50, anneal=anneal)
    strategy = {"cosine": "cos", "linear": "linear"}[anneal]
    theirs = torch_rates(
        lambda s, o: s.OneCycleLR(
            o,
            max_lr=2 * LR,
            total_steps=TOTAL,
            pct_start=pct_start,
            anneal_strategy=strategy,
            cycle_momentum=False,
            div_factor=10,
            final_div_factor=50,
        )
    )
    np.testing.assert_allclose(our_rates(schedule), theirs, rtol=TOLERANCE)


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("seed", range(6))
def test_plateau(mode: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(size=TOTAL), 1).tolist()  # rounded: equal values occur
    patience, cooldown = int(rng.integers(0, 4)), int(rng.integers(0, 3))
    schedule = Plateau(mode=mode, gamma=0.6, patience=patience, cooldown=cooldown, min_delta=0.05, min_factor=0.01 / LR)
    theirs = torch_rates(
        lambda s, o: s.ReduceLROnPlateau(
            o, mode, 0.6, patience, threshold=0.05, threshold_mode="abs", cooldown=cooldown, min_lr=0.01, eps=0
        ),
        values,
    )
    state, ours = schedule.initial_state(), []
    for step, value in enumerate(values):
        ours.append(LR * schedule.factor(step, steps_per_epoch=1, total_steps=TOTAL, state=state))
        state = schedule.observe(state, value)
    np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE)
    assert len(set(ours)) > 2


@pytest.mark.parametrize("start", [0.0, 0.3])
def test_warm_up(start: float) -> None:
    """A straight rise, then the schedule over the rest of the run; PyTorch counts the first rung as its start."""
    warmup = 6
    first = start + (1 - start) / warmup
    ours = our_rates(Cosine(warmup_steps=warmup, warmup_start=start, min_factor=0.1))
    theirs = torch_rates(lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, first, 1.0, total_iters=warmup - 1), s.CosineAnnealingLR(o, TOTAL - warmup, 0.1 * LR)], [warmup]
    ))  # fmt: skip
    np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE)

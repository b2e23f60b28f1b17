"""Each architecture compiles, trains, and passes its gradient check, at a reduced size."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

import netspec
from netspec.gradcheck import differentiate, relative_error
from netspec.gradcheck_network import LossOfBatch, quantities
from netspec.program import Program
from netspec.random import stream
from netspec.shipped import shipped_specs
from tests.networks.small import SMALL, small

CHECKED = SMALL.keys() - {"resnext50_32x4d", "mobilenet_v1", "mnasnet0_5"}
"""Those left out consist of the blocks of another one."""


@pytest.mark.parametrize("name", sorted(CHECKED))
def test_the_slope_of_the_loss_along_a_random_direction_is_that_of_the_gradients(name: str) -> None:
    """L(θ + t·d) has the slope Σ g·d at t = 0, over all parameters at once: no branch is left out of the chain rule.

    A ReLU or a maximum that changes its mind within the step spoils a point; wrong gradients are wrong at all of them.
    """
    program = netspec.compile(small(name), batch_size=4, dtype="float64")
    initial = program.parameters
    assert any(_error_of_slope(program, initial, seed) < 1e-5 for seed in (1, 2, 3))


def _error_of_slope(program: Program, initial: Mapping[str, np.ndarray], seed: int) -> float:
    rng = stream(seed, "direction")
    start = {key: tensor + 0.02 * rng.standard_normal(tensor.shape) for key, tensor in initial.items()}
    program.lanes[0].load_tensors(start)  # nothing is zero any more
    loss = next(item for item in quantities(program, 4, seed) if isinstance(item, LossOfBatch))
    gradients = loss.gradients()
    assert all(np.any(gradient) for gradient in gradients.values())
    direction = {key: rng.standard_normal(start[key].shape) * np.abs(start[key]).mean() for key in gradients}

    def value(at: float) -> float:
        program.lanes[0].load_tensors({key: start[key] + at * direction[key] for key in gradients})
        return loss.value(loss.batch)

    quotients = differentiate(value, 0.0, 1e-8)  # so small that hardly a ReLU changes its mind
    slope = sum(float(np.vdot(gradients[key], direction[key])) for key in gradients)
    return relative_error(slope, quotients.numeric, abs(slope), quotients.roundoff)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vgg19", "densenet121", "efficientnet_b0"])
def test_a_network_of_full_size_takes_a_step(name: str) -> None:
    program = netspec.compile(netspec.load(shipped_specs()[name]), batch_size=1)
    x = np.random.default_rng(0).normal(size=(1, 3, 224, 224)).astype(np.float32)
    assert np.isfinite(program.train_step(x, np.array([7])))

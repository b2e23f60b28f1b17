"""Layers that are done at the end of another kernel, and work on constants that is done once: the same numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import netspec
from netspec.kernels.normalize import normalize_rows
from netspec.plan import pipeline
from netspec.plan.fuse import fuse
from netspec.plan.pipeline import make_plan, start_plan
from netspec.plan.plan import Goal
from netspec.plan.prepare import prepare
from tests.kit.every_plugin import network_of_every_layer
from tests.kit.networks import CROSS_ENTROPY, SGD, spec_of

WINOGRAD = {"type": "conv2d", "out_channels": 5, "kernel_size": 3, "padding": 1, "algorithm": "winograd"}
BLOCK = [
    {"name": "conv1", **WINOGRAD},
    {"name": "bn1", "type": "batch_norm"},
    {"name": "relu1", "type": "relu"},
    {"name": "conv2", "type": "conv2d", "out_channels": 5, "kernel_size": 3, "padding": 1, "bias": False},
    {"name": "bn2", "type": "batch_norm"},
    {"name": "short", "type": "conv2d", "out_channels": 5, "kernel_size": 1, "inputs": ["relu1"]},
    {"name": "bn3", "type": "batch_norm"},
    {"name": "sum", "type": "add", "inputs": ["bn2", "bn3"]},
    {"name": "relu2", "type": "relu"},
    {"name": "conv3", **WINOGRAD},
    {"name": "sum2", "type": "add", "inputs": ["conv3", "relu2"]},
    {"name": "relu3", "type": "relu"},
    {"name": "fc", "type": "linear", "out_features": 3},
]
TRAINING = Goal(batch=3, training=True, loss=True, gradients=True)


def network(**more):
    return spec_of(BLOCK, [2, 9, 7], loss=CROSS_ENTROPY, optimizer=SGD, **more)


def plan_of(goal, **more):
    return make_plan(start_plan(network(**more), dtype="float32", seed=0), goal)


def test_in_inference_a_block_is_its_convolutions() -> None:
    plan = plan_of(Goal(batch=3))
    first, last = plan.sections["forward"]
    done = [(call.owner, call.absorbed) for call in plan.calls[first:last] if call.kernel.name != "add_margins"]
    assert [work for work in done if work[0] != "conv1" and work[0] != "conv3"] == [
        ("conv2", ("bn2",)), ("short", ("bn3", "sum", "relu2")), ("fc", ()),
    ]  # fmt: skip
    assert ("conv1", ("bn1", "relu1")) in done
    assert ("conv3", ("sum2", "relu3")) in done


def test_in_training_a_normalization_adds_and_cuts_off_and_statistics_stay_apart() -> None:
    plan = plan_of(TRAINING)
    done = {call.owner: call.absorbed for call in plan.calls if call.kernel is normalize_rows}
    assert done == {"bn1": ("relu1",), "bn2": (), "bn3": ("sum", "relu2")}
    assert "prepare" not in plan.sections


def test_a_value_that_the_caller_reads_is_not_absorbed() -> None:
    plan = plan_of(Goal(batch=3), outputs=["fc", "bn1", "conv3"])
    assert {call.owner: call.absorbed for call in plan.calls if call.absorbed} == {
        "conv1": ("bn1",), "conv2": ("bn2",), "short": ("bn3", "sum", "relu2"),
    }  # fmt: skip


@pytest.mark.parametrize("make", [network, network_of_every_layer])
@pytest.mark.parametrize("batch", [3, 16])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_results_are_those_without_these_passes(make, batch, dtype, monkeypatch) -> None:
    fused = results(make(), batch, dtype)
    monkeypatch.setattr(pipeline, "PASSES", tuple(one for one in pipeline.PASSES if one not in (fuse, prepare)))
    plain = results(make(), batch, dtype)
    assert fused.keys() == plain.keys()
    tolerance = 2e-5 if dtype == "float32" else 1e-12
    for name, value in fused.items():
        np.testing.assert_allclose(value, plain[name], rtol=tolerance, atol=tolerance, err_msg=name)


def results(spec, batch, dtype):
    """Outputs in inference before and after two training steps, with and without a loss, and all tensors."""
    rng = np.random.default_rng(5)
    program = netspec.compile(spec, batch_size=batch, dtype=dtype)
    x = {name: rng.standard_normal((batch, *program.shapes[name])) for name in program.start.inputs}
    y = rng.integers(0, 3, batch)
    before = program.forward(x)
    losses = {f"loss {step}": program.train_step(x, y) for step in range(2)}
    return {**losses, "before": before, "after": program.forward(x), **program.parameters, **program.states}


FROZEN = {"transfer": {"freeze": ["conv1", "bn1"]}}


def test_work_on_frozen_tensors_is_done_once_in_training_and_on_all_in_inference() -> None:
    def prepared(plan):
        return {call.owner for call in plan.calls if call.direction == "prepare"}

    assert prepared(plan_of(TRAINING, **FROZEN)) == {"conv1", "bn1"}
    assert prepared(plan_of(Goal(batch=3), **FROZEN)) == {"conv1", "bn1", "bn2", "bn3", "conv3"}


def test_what_was_prepared_is_made_again_when_tensors_change() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((3, 2, 9, 7)), rng.integers(0, 3, 3)
    program = netspec.compile(network(**FROZEN), batch_size=3)
    seen = [program.forward(x)]
    program.train_step(x, y)
    seen.append(program.forward(x))
    program.load_parameters({name: 2 * value for name, value in program.parameters.items()}, strict=False)
    seen.append(program.forward(x))
    program.forward(x, training=True)  # moves the running statistics
    seen.append(program.forward(x))
    fresh = netspec.compile(network(**FROZEN), batch_size=3)
    fresh.load_parameters({**program.parameters, **program.states})
    np.testing.assert_array_equal(fresh.forward(x), seen[-1])
    for one, other in pairwise(seen):
        assert not np.array_equal(one, other)


def test_lanes_do_not_see_what_was_prepared_for_another() -> None:
    spec = network().model_copy(update={"optimizers": (network().optimizers[0], network().optimizers[0].model_copy(
        update={"name": "faster", "lr": 0.5})),
    })  # fmt: skip
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((3, 9, 7, 2)).astype("float32"), rng.integers(0, 3, 3)
    program = netspec.compile(spec, batch_size=3)
    for lane in program.lanes:
        lane.train_step(x, y, lr=lane.optimizer.lr)
    together = []
    for lane in program.lanes:
        lane.evaluate(x)
        together.append(lane.outputs)
    for lane, outputs in zip(program.lanes, together, strict=True):
        alone = netspec.compile(network(), batch_size=3)
        alone.load_parameters(lane.tensors())
        np.testing.assert_array_equal(alone.forward(x.transpose(0, 3, 1, 2)), outputs)
    assert not np.array_equal(*together)


def test_while_weights_are_trained_inference_keeps_nothing_and_gives_the_same_bits() -> None:
    x = np.random.default_rng(2).standard_normal((3, 2, 9, 7))
    program, trained = netspec.compile(network(), batch_size=3), netspec.compile(network(), batch_size=3)
    trained.is_steady = False
    np.testing.assert_array_equal(trained.forward(x), program.forward(x))
    assert program.kept.arrays
    assert not trained.kept.arrays


def test_calls_that_run_behind_our_back_leave_nothing_stale() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((3, 9, 7, 2)).astype("float32"), rng.integers(0, 3, 3)
    program = netspec.compile(network(), batch_size=3)
    lane = program.lanes[0]
    bound = lane.bind(lane.training_plan(3).goal, {"input": x}, y, lr=0.1)
    lane.evaluate(x)
    bound.run()
    lane.evaluate(x)
    fresh = netspec.compile(network(), batch_size=3)
    fresh.load_parameters(lane.tensors())
    np.testing.assert_array_equal(fresh.forward(x.transpose(0, 3, 1, 2)), lane.outputs)

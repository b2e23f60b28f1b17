"""Parallel regions: few, and without any order between their units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import netspec
from netspec.kernels.calls import Ref
from netspec.kernels.machine import execute
from netspec.memory import to_stored
from netspec.plan.lower import SCRATCH, is_scratch
from netspec.plan.plan import Goal
from netspec.plan.verify import PlanError, verify
from tests.kit.networks import CROSS_ENTROPY, SGD, spec_of

LAYERS = [
    {"name": "conv1", "type": "conv2d", "out_channels": 6, "kernel_size": 3, "padding": 1},
    {"name": "bn1", "type": "batch_norm"},
    {"name": "relu1", "type": "relu"},
    {"name": "pool1", "type": "max_pool2d", "kernel_size": 2},
    {"name": "drop", "type": "dropout", "p": 0.3},
    {"name": "conv2", "type": "conv2d", "out_channels": 6, "kernel_size": 3, "padding": 1, "groups": 2},
    {"name": "silu2", "type": "silu"},
    {"name": "sum", "type": "add", "inputs": ["drop", "silu2"]},
    {"name": "join", "type": "concat", "inputs": ["sum", "conv2"]},
    {"name": "mean", "type": "avg_pool2d", "kernel_size": 3, "stride": 2, "padding": 1},
    {"name": "flat", "type": "flatten"},
    {"name": "fc1", "type": "linear", "out_features": 10},
    {"name": "soft", "type": "softmax"},
    {"name": "fc2", "type": "linear", "out_features": 3},
]
N = 24
RNG = np.random.default_rng(11)
X, Y = to_stored(RNG.standard_normal((N, 2, 8, 8)), "float32"), RNG.integers(0, 3, N)


def program_of(batch=N):
    return netspec.compile(spec_of(LAYERS, [2, 8, 8], loss=CROSS_ENTROPY, optimizer=SGD), batch_size=batch)


def training_plan(program):
    return program.plan(Goal(batch=N, training=True, loss=True, gradients=True))


def test_a_small_network_runs_in_few_regions():
    plan = training_plan(program_of())
    assert plan.shards == 12  # the divisor of 24 nearest to 16
    assert len(plan.regions) < len(plan.calls) / 3
    assert [call for region in plan.regions for call in plan.calls[region.first : region.last]] == list(plan.calls)


def test_a_network_with_large_pictures_is_not_sharded():
    layers = [{"name": "conv", "type": "conv2d", "out_channels": 64, "kernel_size": 3}]
    program = netspec.compile(spec_of(layers, [3, 128, 128]), batch_size=16)
    plan = program.plan(Goal(batch=16))
    assert plan.shards == 0
    assert len(plan.regions) == len(plan.calls)


def test_independent_calls_of_a_region_touch_nothing_that_another_writes():
    plan = training_plan(program_of())
    for region in plan.regions:
        calls = plan.calls[region.first : region.last]
        if region.by_sample:
            assert {(call.by_sample, call.chunks) for call in calls} == {(True, plan.shards)}
            continue
        for call in calls:
            written = {(ref.buffer, ref.offset) for ref in call.writes()}
            for other in calls:
                touched = {(ref.buffer, ref.offset) for ref in [*other.reads(), *other.writes()]}
                assert other is call or not written & touched, (call.owner, other.owner)


@pytest.mark.parametrize("order", ["reversed", "shuffled"])
def test_the_order_of_units_does_not_matter(order):
    program, other = program_of(), program_of()
    lane, twin = program.lanes[0], other.lanes[0]
    lane.train_step(X, Y, lr=0.1)
    twin.train_step(X, Y, lr=0.1)
    expected = lane.train_step(X, Y, lr=0.1)
    # The same step once more, with the units of every region one by one in another order.
    bound = twin._bind(training_plan(other).goal, X, Y, update=True)
    twin._set_hyper(0.1)
    units, regions = bound._whole
    for first, last in regions:
        sequence = np.arange(first, last)[::-1] if order == "reversed" else RNG.permutation(np.arange(first, last))
        for unit in sequence:
            execute(bound._table, units, np.array([[unit, unit + 1]]), 1)
    assert twin._read_loss() == expected
    for name, value in lane.tensors().items():
        np.testing.assert_array_equal(twin.tensors()[name], value, err_msg=name)


def test_shards_give_what_the_whole_batch_gives():
    sharded, seven = program_of(), program_of()
    sharded.lanes[0].evaluate(X)
    parts = []
    for start in range(0, N, 7):  # 7 samples have no shards
        seven.lanes[0].evaluate(X[start : start + 7])
        parts.append(seven.lanes[0].outputs)
    np.testing.assert_allclose(np.concatenate(parts), sharded.lanes[0].outputs, rtol=1e-5, atol=1e-6)


def test_calls_side_by_side_have_scratch_memory_of_one_size():
    """A thread's part begins at its number times the size: with two sizes, threads would write into each other's."""
    conv = {"type": "conv2d", "kernel_size": 3, "padding": 1, "algorithm": "winograd"}
    layers = [{"name": "narrow", "out_channels": 20, **conv}, {"name": "wide", "out_channels": 36, **conv}]
    program = netspec.compile(spec_of(layers, [20, 10, 10], loss={"type": "mse"}, optimizer=SGD), batch_size=24)
    plan = program.plan(Goal(batch=24, training=True, gradients=True, loss=True))
    calls = [call for call in plan.calls if any(is_scratch(value) for value in call.arguments.values())]
    assert {call.owner for call in calls} == {"narrow", "wide"}
    sizes = {value.size for call in calls for value in call.arguments.values() if is_scratch(value)}
    assert sizes == {plan.buffers[SCRATCH].size}
    smaller = replace(calls[0], arguments={**calls[0].arguments, "scratch": Ref(SCRATCH, 16)})
    with pytest.raises(PlanError, match="would meet"):
        verify(replace(plan, calls=tuple(smaller if call is calls[0] else call for call in plan.calls)))

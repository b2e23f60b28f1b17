"""Results in the place of inputs, and copies left out: the same bits in less memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import netspec
from netspec.kernels.abi import Argument
from netspec.kernels.binding import BoundCalls, element_type
from netspec.kernels.calls import Call, Ref
from netspec.plan import pipeline
from netspec.plan.copies import leave_out_copies
from netspec.plan.fuse import fuse
from netspec.plan.in_place import in_place
from netspec.plan.pipeline import make_plan, start_plan
from netspec.plan.plan import Goal
from netspec.plan.verify import PlanError, verify
from tests.kit.every_plugin import network_of_every_layer
from tests.kit.networks import CROSS_ENTROPY, SGD, spec_of

TRAINING = Goal(batch=3, training=True, loss=True, gradients=True)
RESIDUAL = [
    {"name": "conv1", "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1},
    {"name": "bn1", "type": "batch_norm"},
    {"name": "relu1", "type": "relu"},
    {"name": "conv2", "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1},
    {"name": "bn2", "type": "batch_norm"},
    {"name": "sum", "type": "add", "inputs": ["bn2", "relu1"]},
    {"name": "relu2", "type": "relu"},
    {"name": "flat", "type": "flatten"},
    {"name": "same", "type": "identity"},
    {"name": "fc", "type": "linear", "out_features": 3},
]


def plan_of(spec, goal=TRAINING):
    return make_plan(start_plan(spec, dtype="float32", seed=0), goal)


def residual_plan(batch=3):
    """Without fusion, which leaves few values to share places."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "PASSES", tuple(one for one in pipeline.PASSES if one is not fuse))
        return plan_of(spec_of(RESIDUAL, loss=CROSS_ENTROPY, optimizer=SGD), replace(TRAINING, batch=batch))


@pytest.mark.parametrize("batch", [3, 16])
def test_the_values_of_a_residual_block_take_two_places(batch):
    buffers = residual_plan(batch).buffers
    assert buffers["value:relu1"].home == "value:bn1"
    assert {buffers[f"value:{name}"].home for name in ("sum", "relu2")} == {"value:bn2"}


def test_the_gradients_of_a_sum_are_not_copied():
    plan = residual_plan()
    assert [call.kernel.name for call in plan.calls if call.owner == "sum"] == ["add_pair"]
    (add,) = (call for call in plan.calls if call.owner == "relu1" and call.kernel.name == "add_to")
    assert add.arguments["x"].buffer == "gradient:sum"


def test_an_identity_between_two_layers_costs_nothing():
    plan = residual_plan()
    assert not [call for call in plan.calls if call.owner == "same"]
    assert "value:same" not in plan.buffers


def test_a_copy_that_the_caller_reads_is_made():
    spec = spec_of([{"type": "relu"}, {"type": "identity"}], [5])
    plan = plan_of(spec, Goal(batch=2))
    assert [call.owner for call in plan.calls] == ["relu", "identity"]
    assert plan.buffers["value:relu"].home == ""  # never over the input
    assert plan.buffers["value:identity"].home == "value:relu"


@pytest.mark.parametrize("batch", [24, 7])
def test_results_are_the_same_bits_without_these_passes(monkeypatch, batch):
    spec = network_of_every_layer()
    with_them = results(spec, batch)
    monkeypatch.setattr(pipeline, "PASSES", tuple(p for p in pipeline.PASSES if p not in (in_place, leave_out_copies)))
    without, arena = results(spec, batch), plan_of(spec, replace(TRAINING, batch=batch)).arena_bytes
    monkeypatch.undo()
    assert plan_of(spec, replace(TRAINING, batch=batch)).arena_bytes < arena
    assert with_them.keys() == without.keys()
    for name, value in with_them.items():
        np.testing.assert_array_equal(value, without[name], err_msg=name)


def results(spec, batch):
    """All tensors after two steps, and the gradients of a backward pass without a loss."""
    rng = np.random.default_rng(5)
    program = netspec.compile(spec, batch_size=batch)
    x = {name: rng.standard_normal((batch, *program.shapes[name])) for name in program.start.inputs}
    y = rng.integers(0, 4, batch)
    losses = {f"loss {step}": program.train_step(x, y) for step in range(2)}
    outputs = program.forward(x, training=True)
    dx = program.backward(np.cos(outputs))
    return {**losses, "y": outputs, **program.parameters, **program.states, **program.gradients, **dx}


def declared_pairs():
    """One call for each pair of arguments that a kernel of a layer declares."""
    spec = network_of_every_layer()
    plans = [plan_of(spec, goal) for goal in (TRAINING, Goal(batch=3))]
    calls = [call for plan in plans for call in plan.calls]
    found = {(call.kernel.name, *pair): (call, *pair) for call in calls for pair in sorted(call.kernel.in_place)
             if call.arguments[pair[0]].size}  # fmt: skip
    return found.values()


def test_a_kernel_gives_the_same_bits_in_place():
    pairs = declared_pairs()
    assert len(pairs) > 30
    rng = np.random.default_rng(2)
    for call, source, target in pairs:
        x = rng.standard_normal(call.arguments[source].size).astype("float32")
        memory = memory_of(call, rng)
        apart = run(call, memory | {source: x.copy()}, target)
        together = x.copy()
        np.testing.assert_array_equal(
            run(call, memory | {source: together, target: together}, target), apart, err_msg=call.kernel.name
        )


def memory_of(call: Call, rng):
    """An array of its own for each argument."""
    roles = call.kernel.parameters
    return {
        name: np.abs(rng.standard_normal(value.offset + value.size)).astype(element_type(value.element, "float32"))
        for name, value in call.arguments.items() if isinstance(roles[name], Argument) and isinstance(value, Ref)
    }  # fmt: skip


def run(call: Call, memory, target):
    refs = {name: Ref(name, v.size, v.offset, v.element) for name, v in call.arguments.items() if isinstance(v, Ref)}
    BoundCalls([replace(call, arguments={**call.arguments, **refs})], memory, "float32").run()
    return memory[target].copy()


def broken(plan, name, other):
    """The plan with one buffer in the place of another."""
    home = plan.buffers[other].home or other
    changed = replace(plan.buffers[name], home=home, offset=plan.buffers[home].offset)
    moved = {n: replace(b, home=home, offset=changed.offset) for n, b in plan.buffers.items() if b.home == name}
    return replace(plan, buffers={**plan.buffers, **moved, name: changed})


def test_verify_finds_a_value_that_is_overwritten_while_needed():
    plan = residual_plan()
    for name in ("value:conv2", "value:relu1"):  # which the backward pass reads
        with pytest.raises(PlanError, match="has overwritten"):
            verify(broken(plan, "value:bn2", name))


def test_verify_finds_an_output_that_is_overwritten():
    layers = [{"type": "relu"}, {"type": "tanh"}]
    plan = plan_of(spec_of(layers, [5], outputs=["relu", "tanh"]), Goal(batch=2))
    assert plan.buffers["value:tanh"].home == ""
    with pytest.raises(PlanError, match="which the caller reads"):
        verify(broken(plan, "value:tanh", "value:relu"))


def test_verify_finds_a_kernel_that_cannot_run_in_place():
    layers = [{"name": f"conv{i}", "type": "conv2d", "out_channels": 4, "kernel_size": 1} for i in range(3)]
    plan = plan_of(spec_of(layers), Goal(batch=3))
    with pytest.raises(PlanError, match="cannot write"):
        verify(broken(plan, "value:conv1", "value:conv0"))


def test_calls_side_by_side_do_not_hand_over_a_place():
    plan = residual_plan(16)
    assert plan.shards
    calls, buffers = plan.calls, plan.buffers
    for region in plan.regions:
        if region.by_sample:
            continue
        homes = [
            {(buffers[ref.buffer].home or ref.buffer) for ref in [*call.reads(), *call.writes()]
             if ref.size and buffers[ref.buffer].home}
            for call in calls[region.first : region.last]
        ]  # fmt: skip
        assert sum(map(len, homes)) == len(set().union(*homes))

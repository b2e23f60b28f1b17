"""Values computed again in the backward pass: the same bits in less memory."""

from __future__ import annotations

import numpy as np
import pytest

import netspec
from netspec.plan.pipeline import make_plan, start_plan
from netspec.plan.plan import Goal
from netspec.spec.model import Spec
from tests.kit.every_plugin import network_of_every_layer
from tests.kit.networks import CROSS_ENTROPY, spec_of

CONV = {"type": "conv2d", "out_channels": 6, "kernel_size": 3, "padding": 1, "bias": False}
LAYERS = [
    {"name": "conv1", **CONV},
    {"name": "bn1", "type": "batch_norm"},
    {"name": "drop1", "type": "dropout", "p": 0.3},
    {"name": "relu1", "type": "relu"},
    *(
        layer
        for i in range(2, 6)
        for layer in (
            {"name": f"conv{i}", **CONV},
            {"name": f"bn{i}", "type": "batch_norm", "frozen": i == 4},
            {"name": f"silu{i}", "type": "silu"},
        )
    ),
    {"name": "sum", "type": "add", "inputs": ["silu5", "relu1"]},
    {"name": "pool", "type": "max_pool2d", "kernel_size": 2},
    {"name": "fc", "type": "linear", "out_features": 3},
]
BATCH = 7
MOMENTUM = {"type": "momentum", "lr": 0.05}


def network(*, again: bool) -> Spec:
    return spec_of(LAYERS, [3, 12, 12], loss=CROSS_ENTROPY, optimizer=MOMENTUM, train={"recompute": again})


def plan_of(spec, **goal):
    wanted = Goal(**{"batch": BATCH, "training": True, "loss": True, "gradients": True, **goal})
    return make_plan(start_plan(spec, dtype="float32", seed=0), wanted)


def every_layer(*, again: bool) -> Spec:
    spec = network_of_every_layer()
    return spec.model_copy(update={"train": spec.train.model_copy(update={"recompute": again})})


@pytest.mark.parametrize("make", [network, every_layer])
def test_recomputed_training_gives_the_same_bits_in_less_memory(make):
    kept, again = (trained(make(again=again)) for again in (False, True))
    assert kept.keys() == again.keys()
    for name, value in kept.items():
        np.testing.assert_array_equal(again[name], value, err_msg=name)
    assert plan_of(make(again=True)).arena_bytes < plan_of(make(again=False)).arena_bytes


def trained(spec):
    """Everything after three steps: statistics that moved twice or another mask of dropout would show."""
    rng = np.random.default_rng(7)
    program = netspec.compile(spec, batch_size=BATCH)
    x = {name: rng.standard_normal((BATCH, *program.shapes[name])) for name in program.start.inputs}
    losses = {f"loss {step}": program.train_step(x, rng.integers(0, 3, BATCH)) for step in range(3)}
    return {**losses, **program.parameters, **program.states, **program.gradients, **program.lanes[0].slots()}


def test_cheap_values_are_forgotten_and_statistics_are_not_taken_again():
    plan = plan_of(network(again=True))
    again = {call.owner for call in plan.calls if call.direction == "again"}
    assert again >= {"bn1", "drop1", "relu1"}
    assert again.isdisjoint({"conv1", "conv2", "conv5", "fc", "loss"})
    assert "batch_statistics" not in {call.kernel.name for call in plan.calls if call.direction == "again"}
    backward, _ = plan.sections["backward"]
    assert plan.buffers["value:relu1"].last < backward <= plan.buffers["value:relu1 again"].first


def test_without_the_key_nothing_is_computed_twice():
    assert not [call for call in plan_of(network(again=False)).calls if call.direction == "again"]


def test_inference_and_sharded_batches_compute_nothing_twice():
    spec = network(again=True)
    inference = plan_of(spec, training=False, loss=False, gradients=False)
    assert not [call for call in inference.calls if call.direction == "again"]
    sharded = plan_of(spec, batch=16)
    assert sharded.shards
    assert not [call for call in sharded.calls if call.direction == "again"]

"""Updates among the backward calls: the same bits with less memory."""

from __future__ import annotations

import numpy as np
import pytest

import netspec
from netspec.plan import stream
from netspec.plan.pipeline import make_plan, start_plan
from netspec.registry import plugins
from tests.kit.networks import CROSS_ENTROPY, spec_of

LAYERS = [
    {"name": "conv1", "type": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": 1},
    {"name": "bn1", "type": "batch_norm"},
    {"name": "relu1", "type": "relu"},
    {"name": "conv2", "type": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": 1, "groups": 2, "lr_mult": 0.5},
    {"name": "sum", "type": "add", "inputs": ["conv2", "relu1"]},
    {"name": "fc1", "type": "linear", "out_features": 400, "decay_mult": 2},
    {"name": "prelu", "type": "prelu"},
    {"name": "fc2", "type": "linear", "out_features": 3},
]
BATCH = 7
RNG = np.random.default_rng(4)
X, Y = RNG.standard_normal((BATCH, 3, 9, 9)), RNG.integers(0, 3, BATCH)


@pytest.fixture
def _all_is_large(monkeypatch):
    monkeypatch.setattr(stream, "LARGE_BYTES", 1)
    monkeypatch.setattr(stream, "SLICE_BYTES", 1 << 18)


def network(**optimizer):
    return spec_of(LAYERS, [3, 9, 9], loss=CROSS_ENTROPY, optimizers=[{"lr": 0.01, "weight_decay": 1e-3, **optimizer}])


def step_plan(spec, batch=BATCH):
    start = start_plan(spec, dtype="float32", seed=0)
    return make_plan(start, stream.training_goal(start, spec.optimizers[0], batch))


def trained(spec):
    lane = netspec.compile(spec, batch_size=BATCH).lanes[0]
    stored = np.ascontiguousarray(X.transpose(0, 2, 3, 1), dtype="float32")
    losses = [lane.train_step(stored, Y, lr=0.01).sum for _ in range(3)]
    return {"losses": np.array(losses), **lane.tensors(), **lane.slots()}


@pytest.mark.usefixtures("_all_is_large")
@pytest.mark.parametrize("optimizer", [{"type": name} for name in plugins("netspec.optimizers")]
                         + [{"type": "sgd", "clip_value": 1e-3}], ids=lambda optimizer: "-".join(map(str, optimizer.values())))
def test_updates_among_the_calls_give_the_same_bits(monkeypatch, optimizer):
    spec = network(**optimizer)
    assert step_plan(spec).updates
    among = trained(spec)
    monkeypatch.setattr(stream, "LARGE_BYTES", 1 << 60)
    assert not step_plan(spec).updates
    for name, value in trained(spec).items():
        np.testing.assert_array_equal(among[name], value, err_msg=name)


@pytest.mark.usefixtures("_all_is_large")
def test_a_large_matrix_is_worked_on_in_slices_after_its_last_reader():
    plan = step_plan(network(type="momentum"))
    slices = [name for name in plan.buffers if name.startswith("gradient of fc1.weight")]
    assert len(slices) == 4  # 243 · 4 bytes · 400 columns in slices of 128 columns
    assert "gradients" not in plan.buffers
    entry = plan.layout.parameters["fc1.weight"]
    span = range(entry.offset, entry.offset + entry.tensor.size)

    def touches(refs):
        return any(ref.buffer == "parameters" and ref.offset in span for ref in refs)

    written = [i for i, call in enumerate(plan.calls) if touches(call.writes())]
    read = [i for i, call in enumerate(plan.calls) if touches(call.reads()) and call.direction != "update"]
    assert len(written) == 4
    assert max(read) < min(written)


@pytest.mark.usefixtures("_all_is_large")
@pytest.mark.parametrize("key", ["clip_norm", "clip_global_norm"])
def test_gradients_whose_norm_is_needed_are_kept(key):
    assert not step_plan(network(type="sgd", **{key: 1.0})).updates


@pytest.mark.usefixtures("_all_is_large")
def test_a_batch_in_shards_keeps_its_gradients():
    plan = step_plan(network(type="sgd"), batch=16)
    assert plan.shards
    assert not plan.updates


@pytest.mark.usefixtures("_all_is_large")
def test_gradients_that_are_gone_are_not_shown():
    program = netspec.compile(network(type="sgd"), batch_size=BATCH)
    stored = np.ascontiguousarray(X.transpose(0, 2, 3, 1), dtype="float32")
    program.lanes[0].train_step(stored, Y, lr=0.01)
    with pytest.raises(ValueError, match="kept none, to save memory; call"):
        program.gradients  # noqa: B018
    program.lanes[0].differentiate(stored, Y)
    assert "fc1.weight" in program.gradients


@pytest.mark.usefixtures("_all_is_large")
def test_a_program_keeps_the_gradients_of_its_steps():
    program, other = (netspec.compile(network(type="sgd"), batch_size=BATCH) for _ in range(2))
    program.train_step(X, Y)
    assert "fc1.weight" in program.gradients
    lane = other.lanes[0]
    lane.train_step(np.ascontiguousarray(X.transpose(0, 2, 3, 1), dtype="float32"), Y, lr=lane.optimizer.lr)
    for name, value in other.parameters.items():
        np.testing.assert_array_equal(program.parameters[name], value, err_msg=name)


@pytest.mark.usefixtures("_all_is_large")
def test_frozen_layers_are_not_updated():
    sgd, frozen = {"type": "sgd", "lr": 0.1}, {"freeze_to": "sum"}
    spec = spec_of(LAYERS, [3, 9, 9], loss=CROSS_ENTROPY, optimizer=sgd, transfer=frozen)
    assert step_plan(spec).updates
    start = netspec.compile(spec, batch_size=BATCH).parameters
    after = trained(spec)
    assert {name for name in start if not np.array_equal(start[name], after[name])} == {
        "fc1.weight", "fc1.bias", "prelu.weight", "fc2.weight", "fc2.bias"}  # fmt: skip

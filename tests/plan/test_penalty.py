"""The penalty of weight decay: its value by hand, its gradient in the update, and where it is told."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

import netspec
from netspec.spec.model import Spec
from netspec.training.events import Epoch, Validation, event_from_json
from netspec.training.series import collect
from tests.kit.networks import CROSS_ENTROPY, spec_of

LAYERS = [
    {"name": "fc1", "type": "linear", "out_features": 5},
    {"name": "bn", "type": "batch_norm"},
    {"name": "fc2", "type": "linear", "out_features": 3},
]
SGD = {"type": "sgd", "lr": 0.1}


def program_of(optimizer: dict, **keys: dict) -> netspec.Program:
    """keys: more keys of a layer, by its name."""
    layers = [{**layer, **keys.get(layer["name"], {})} for layer in LAYERS]
    spec = spec_of(layers, [4], optimizer={**SGD, **optimizer}, loss=CROSS_ENTROPY)
    program = netspec.compile(spec, batch_size=6, dtype="float64", seed=3)
    rng = np.random.default_rng(0)
    program.lanes[0].load_tensors({name: rng.standard_normal(array.shape) for name, array in program.parameters.items()})
    return program


def squares(program, *names):
    return sum(float((program.parameters[name] ** 2).sum()) for name in names)


def sizes(program, *names):
    return sum(float(np.abs(program.parameters[name]).sum()) for name in names)


def test_l2_and_l1_spare_biases_and_normalizations():
    l2, l1 = program_of({"weight_decay": 0.3}), program_of({"weight_decay": 0.3, "weight_decay_mode": "l1"})
    assert l2.lanes[0].penalty() == pytest.approx(0.15 * squares(l2, "fc1.weight", "fc2.weight"), rel=1e-14)
    assert l1.lanes[0].penalty() == pytest.approx(0.3 * sizes(l1, "fc1.weight", "fc2.weight"), rel=1e-14)


def test_decay_bias_multipliers_and_frozen_layers_count():
    keys = {"fc1": {"frozen": True}, "fc2": {"decay_mult": 3}, "bn": {"decay_mult": 0}}
    program = program_of({"weight_decay": 0.2, "decay_bias": True}, **keys)
    assert program.lanes[0].penalty() == pytest.approx(0.3 * squares(program, "fc2.weight", "fc2.bias"), rel=1e-14)


def test_there_is_none_without_decay_and_with_a_decoupled_one():
    assert program_of({}).lanes[0].penalty() is None
    assert program_of({"weight_decay": 0.1, "weight_decay_mode": "decoupled"}).lanes[0].penalty() is None


def test_a_layer_has_penalties_of_its_own_beside_any_optimizer():
    keys = {"fc1": {"l2": 0.4, "l1": 0.01}, "fc2": {"l1": 0.05}}
    for optimizer in ({}, {"type": "adamw", "weight_decay": 0.1}):
        program = program_of(optimizer, **keys)
        expected = 0.2 * squares(program, "fc1.weight") + 0.01 * sizes(program, "fc1.weight")
        expected += 0.05 * sizes(program, "fc2.weight")
        assert program.lanes[0].penalty() == pytest.approx(expected, rel=1e-14)
    program = program_of({"weight_decay": 0.5}, fc1={"l2": 0.4})
    expected = 0.45 * squares(program, "fc1.weight") + 0.25 * squares(program, "fc2.weight")
    assert program.lanes[0].penalty() == pytest.approx(expected, rel=1e-14)


def test_an_update_goes_down_the_loss_and_the_penalty():
    program = program_of({"weight_decay": 0.5}, fc1={"l2": 0.4, "l1": 0.03})
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((6, 4)), rng.integers(0, 3, 6)
    before = dict(program.parameters)
    program.lanes[0].differentiate(x, y)
    gradients = dict(program.gradients)
    program.train_step(x, y)
    w = before["fc1.weight"]
    gradients["fc1.weight"] += 0.9 * w + 0.03 * np.sign(w)
    gradients["fc2.weight"] += 0.5 * before["fc2.weight"]
    for name, value in program.parameters.items():
        np.testing.assert_allclose(value, before[name] - 0.1 * gradients[name], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("layer", "text"), [
    ({"name": "bn", "type": "batch_norm", "l2": 0.1},
     "l2 spares biases and normalization parameters, and this layer has no others"),
    ({"name": "relu", "type": "relu", "l1": 0.1}, "l1 has no effect: this layer has nothing to learn"),
])
def test_a_penalty_of_nothing_is_warned_of(layer, text):
    spec = Spec.model_validate({"input": {"shape": [4]}, "layers": [{**LAYERS[0], "bias": False}, layer]})
    assert [(problem.code, problem.message) for problem in netspec.analyze(spec).problems] == [("NS926", text)]


def test_a_run_tells_the_penalty_apart_from_the_loss(tmp_path):
    layers = [{"name": "fc", "type": "linear", "out_features": 2}]
    rng = np.random.default_rng(2)
    x = rng.standard_normal((20, 4)).astype("float32")
    spec = spec_of(layers, [4], loss=CROSS_ENTROPY, optimizer={**SGD, "weight_decay": 0.1}, metrics=["accuracy"],
                   train={"epochs": 2, "batch_size": 5})
    data = (x, (x[:, 0] > 0).astype("int64"))
    events = list(netspec.train(spec, data=data, output=tmp_path / "run"))
    told = [event for event in events if isinstance(event, Epoch | Validation)]
    assert all(event.penalty is not None and event.penalty > 0 for event in told)
    curve = next(iter(collect(events).lanes.values())).penalty
    assert curve.x == sorted({event.step for event in told if getattr(event, "part", "") != "train"})
    lines = [json.loads(line) for line in (tmp_path / "run" / "history.jsonl").read_text().splitlines()]
    assert [line["penalty"] for line in lines if line["event"] in ("epoch", "validation")] == [e.penalty for e in told]
    rows = list(csv.DictReader((tmp_path / "run" / "history.csv").read_text().splitlines()))
    assert [float(row["penalty"]) for row in rows if row["event"] == "validation"] == [
        event.penalty for event in told if isinstance(event, Validation)]


def test_lines_of_older_runs_have_no_penalty():
    where = {"optimizer": "sgd", "step": 1, "epoch": 1, "seconds": 0.5}
    event = event_from_json({"event": "validation", **where, "loss": 1.0, "samples": 3})
    assert event.penalty is None
    assert "penalty" not in event.to_json()

"""L2-SP: the pull towards the pretrained weights, beside every kind of clipping and optimizer, and over a run."""

from __future__ import annotations

import numpy as np
import pytest

import netspec
from netspec.problems import SpecError
from netspec.training.events import Validation
from netspec.weights import write_weights
from tests.kit.networks import CROSS_ENTROPY, spec_of

LAYERS = [
    {"name": "fc1", "type": "linear", "out_features": 5},
    {"name": "tanh", "type": "tanh"},
    {"name": "fc2", "type": "linear", "out_features": 4},
    {"name": "head", "type": "linear", "out_features": 3},
]
ALPHA = 0.3
PULLED = ("fc1.weight", "fc2.weight")
TRANSFER = {"replace": ["head"], "l2_sp": ALPHA}


def spec_with(optimizer: dict, **sections):
    sections = {"transfer": TRANSFER, **sections}
    return spec_of(LAYERS, [4], loss=CROSS_ENTROPY, optimizer={"type": "sgd", "lr": 0.1, **optimizer}, **sections)


def batch(seed=1):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((6, 4)), rng.integers(0, 3, 6)


def loaded(optimizer: dict, **sections):
    """The program, and the weights that it was given."""
    program = netspec.compile(spec_with(optimizer, **sections), batch_size=6, dtype="float64", seed=3)
    rng = np.random.default_rng(0)
    start = {name: rng.standard_normal(array.shape) for name, array in program.parameters.items()}
    program.load_parameters(start)
    return program, start


def gradients_of(program, x, y):
    program.lanes[0].differentiate(x, y)
    return dict(program.gradients)


@pytest.mark.parametrize("optimizer", [{}, {"clip_global_norm": 0.05}, {"clip_norm": 0.02}, {"weight_decay": 0.2}])
def test_every_step_follows_the_gradient_and_the_pull(optimizer):
    program, start = loaded(optimizer)
    for seed in range(3):
        x, y = batch(seed)
        before, gradients = dict(program.parameters), gradients_of(program, x, y)
        if "clip_global_norm" in optimizer:
            norm = np.sqrt(sum((g**2).sum() for g in gradients.values()))
            gradients = {name: g * min(1, 0.05 / norm) for name, g in gradients.items()}
        if "clip_norm" in optimizer:
            gradients = {name: g * min(1, 0.02 / np.linalg.norm(g)) for name, g in gradients.items()}
        program.train_step(x, y)
        for name, value in program.parameters.items():
            g = gradients[name] + ALPHA * (before[name] - start[name]) * (name in PULLED)
            g = g + optimizer.get("weight_decay", 0) * before[name] * name.endswith("weight")
            np.testing.assert_allclose(value, before[name] - 0.1 * g, rtol=1e-12, atol=1e-14, err_msg=name)


def test_the_penalty_is_half_alpha_times_the_squared_distance():
    program, start = loaded({})
    assert program.lanes[0].penalty() == 0.0
    for seed in range(2):
        program.train_step(*batch(seed))
    distance = sum(((program.parameters[name] - start[name]) ** 2).sum() for name in PULLED)
    assert program.lanes[0].penalty() == pytest.approx(0.5 * ALPHA * distance, rel=1e-13)
    assert distance > 1e-4


def test_a_layer_that_is_unfrozen_late_is_pulled_to_where_it_was_frozen():
    spec = {"transfer": {**TRANSFER, "freeze_to": "fc1", "unfreeze": [{"at_epoch": 1, "to": "input"}]},
            "train": {"epochs": 2}}
    program, start = loaded({"type": "adam"}, **spec)
    program.train_step(*batch())
    fc2 = program.lanes[0].slots()["pretrained/fc2.weight"]
    program.enter(1)
    slots = program.lanes[0].slots()
    np.testing.assert_array_equal(slots["pretrained/fc1.weight"], start["fc1.weight"])
    np.testing.assert_array_equal(slots["pretrained/fc2.weight"], fc2)
    np.testing.assert_array_equal(fc2, start["fc2.weight"])
    assert {name for name in slots if name.startswith("pretrained/head")} == {"pretrained/head.weight", "pretrained/head.bias"}
    before, pulled = dict(program.parameters), program.lanes[0].penalty()
    assert pulled == pytest.approx(0.5 * ALPHA * ((before["fc2.weight"] - start["fc2.weight"]) ** 2).sum(), rel=1e-13)


def run(tmp_path, spec, name, **options):
    x, y = batch(7)
    x = np.tile(x, (4, 1)).astype("float32")
    output = None if "resume" in options else tmp_path / name
    return list(netspec.train(spec, data=(x, np.tile(y, 4)), output=output, **options))


def test_a_resumed_run_is_pulled_to_the_same_weights(tmp_path):
    spec = spec_with({"type": "momentum"}, train={"epochs": 3, "batch_size": 6, "validation_split": 0.25})
    program = netspec.compile(spec, seed=0)
    write_weights(tmp_path / "start.safetensors", program.parameters)
    weights = tmp_path / "start.safetensors"
    whole = run(tmp_path, spec, "whole", weights=weights)
    steps = iter(range(100))
    run(tmp_path, spec, "cut", weights=weights, stop=lambda: next(steps) >= 4)
    resumed = run(tmp_path, spec, "cut", resume=tmp_path / "cut")
    assert resumed[-1].digest == whole[-1].digest
    penalties = [event.penalty for event in whole if isinstance(event, Validation)]
    assert penalties[0] == 0.0
    assert all(penalty > 0 for penalty in penalties[1:])


def test_without_pretrained_weights_it_is_refused(tmp_path):
    with pytest.raises(SpecError, match="l2_sp pulls towards pretrained weights, but none are loaded"):
        run(tmp_path, spec_with({}), "none")
    spec = spec_with({}, transfer={**TRANSFER, "strict": False})
    parameters = netspec.compile(spec).parameters
    write_weights(tmp_path / "part.safetensors", {n: a for n, a in parameters.items() if not n.startswith("fc2")})
    with pytest.raises(SpecError, match=r"has no fc2\.weight, fc2\.bias"):
        run(tmp_path, spec, "part", weights=tmp_path / "part.safetensors")

"""Trainable tensors that an epoch has not moved are told, once; those that rest on purpose are not."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import netspec
from netspec.training.events import Warned
from netspec.training.history import read_history
from netspec.training.movement import without_effect
from tests.kit.networks import CROSS_ENTROPY, spec_of
from tests.training.fake import FakeLane, make_program, make_spec
from tests.training.helpers import of, run

LAYERS: list[dict[str, Any]] = [
    {"name": "fc1", "type": "linear", "out_features": 4},
    {"name": "relu", "type": "relu"},
    {"name": "fc2", "type": "linear", "out_features": 3},
]


def warned(layers: list[dict[str, Any]], lr: float = 0.1) -> list[str]:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(12, 5)).astype("f4"), rng.integers(0, 3, 12)
    spec = spec_of(layers, [5], loss=CROSS_ENTROPY, optimizer={"type": "sgd", "lr": lr}, train={"epochs": 2, "batch_size": 6})
    with TemporaryDirectory() as folder:
        events = list(netspec.train(spec, data, Path(folder) / "run"))
    return [event.message for event in of(events, Warned)]


def test_a_training_that_works_is_not_warned_of() -> None:
    assert warned(LAYERS) == []


def test_layers_behind_dead_units_are_named_once() -> None:
    dead = {"type": "constant", "value": -10.0}
    first = {**LAYERS[0], "bias_init": dead, "weight_init": {"type": "constant", "value": 0.0}}
    (message,) = warned([first, *LAYERS[1:]])
    assert message.startswith("sgd: trainable, but not moved by any step of epoch 1: fc1.weight, fc1.bias, fc2.weight; ")
    assert "netspec doctor" in message


def test_a_rate_of_0_moves_nothing_and_a_layer_or_schedule_that_means_it_is_left_alone() -> None:
    (message,) = warned(LAYERS, lr=0.0)
    assert "fc1.weight, fc1.bias, fc2.weight, fc2.bias" in message
    assert warned([{**LAYERS[0], "lr_mult": 0}, *LAYERS[1:]]) == []
    assert warned([{**LAYERS[0], "frozen": True}, *LAYERS[1:]]) == []


def test_a_bias_that_batch_normalization_takes_away_may_stand_still() -> None:
    """Its gradient is rounding alone, too small to move a number of ordinary size."""
    norm = {"name": "norm", "type": "batch_norm"}
    assert warned([LAYERS[0], norm, *LAYERS[1:]], lr=0.01) == []
    conv = {"type": "conv2d", "out_channels": 2, "kernel_size": 3, "inputs": ["input"]}
    beside = [{**conv, "name": "c1"}, {**conv, "name": "c2"}, {"name": "both", "type": "concat", "inputs": ["c1", "c2"]}]
    behind = [{"name": "pool", "type": "max_pool2d", "kernel_size": 2}, norm, LAYERS[2]]
    assert without_effect(netspec.compile(spec_of([*beside, *behind], [1, 6, 6])).start) == {"c1.bias", "c2.bias"}
    seen = [*beside, *behind, {"name": "more", "type": "relu", "inputs": ["c2"]}]
    assert without_effect(netspec.compile(spec_of(seen, [1, 6, 6], outputs=["fc2", "more"])).start) == {"c1.bias"}
    frozen = without_effect(netspec.compile(spec_of([LAYERS[0], {**norm, "frozen": True}, *LAYERS[1:]], [5])).start)
    assert frozen == set()


def test_a_lane_that_stands_still_is_told_of_and_the_others_are_not(tmp_path: Path) -> None:
    spec = make_spec(("sgd", "momentum"))
    program = make_program(spec)
    lane = program.lanes[1]
    update = FakeLane.update

    def idle(*, lr: float) -> None:
        weight = lane.weight
        update(lane, lr=lr)
        lane.weight = weight

    lane.update = idle
    events, _ = run(spec, tmp_path / "run", program=program)
    assert [event.message.partition(":")[0] for event in of(events, Warned)] == ["momentum"]
    assert [event.epoch for event in of(list(read_history(tmp_path / "run")), Warned)] == [1]

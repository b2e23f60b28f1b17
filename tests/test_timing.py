"""Timings: every call counted once, for the right part, with the right number of operations; the network stays as it is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.plan.plan import Goal
from netspec.program import Program
from netspec.shipped import shipped_specs
from netspec.timing import CallTime, Line, Part, Timing, measure

NETWORK: dict[str, Any] = {
    "input": {"shape": [2, 8, 8]},
    "layers": [
        {"name": "conv1", "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1},
        {"name": "bn", "type": "batch_norm"},
        {"name": "loss", "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1},
        {"name": "sum", "type": "add", "inputs": ["bn", "loss"]},
        {"name": "update", "type": "linear", "out_features": 3},
    ],
    "loss": {"type": "cross_entropy"},
    "optimizer": {"type": "adam", "lr": 0.1, "clip_global_norm": 1.0},
}


def compiled(batch: int = 4, **changes: Any) -> Program:
    keys = {key: value for key, value in {**NETWORK, **changes}.items() if value is not None}
    return netspec.compile(netspec.Spec.model_validate(keys), batch_size=batch, threads=1)


def frozen(*names: str) -> list[dict[str, Any]]:
    return [{**layer, "frozen": layer["name"] in names} for layer in NETWORK["layers"]]


def flops(timing: Timing) -> dict[tuple[str, str], int]:
    return {(part.name, part.direction): part.flops for part in timing.parts if part.flops}


@pytest.mark.parametrize("batch", [4, 16])  # 16: the batch is cut into shards, and calls change places
def test_every_call_of_the_step_belongs_to_one_part(batch: int) -> None:
    program = compiled(batch)
    timing = measure(program, rounds=1)
    timed = Counter(call.kernel for part in timing.parts for call in part.calls)
    assert timed == Counter(call.kernel.name for call in program.lanes[0].training_calls(batch))
    assert all(part.seconds > 0 for part in timing.parts)


def test_layers_that_are_called_as_the_loss_and_the_update_keep_their_own_lines() -> None:
    lines = [[(part.name, part.direction, part.type) for part in line.parts] for line in measure(compiled(), rounds=1).lines()]
    assert [("loss", "forward", "conv2d"), ("loss", "backward", "conv2d")] in lines
    assert [("loss", "loss", "cross_entropy")] in lines
    assert [("update", "forward", "linear"), ("update", "backward", "linear")] in lines
    assert lines[-1] == [("update", "update", "adam")]


def test_operations_are_two_for_each_multiply_add_of_what_is_computed() -> None:
    conv1, conv2, linear = (2 * 4 * macs for macs in (8 * 8 * 4 * 9 * 2, 8 * 8 * 4 * 9 * 4, 256 * 3))
    assert flops(measure(compiled(), rounds=1)) == {
        ("conv1", "forward"): conv1, ("conv1", "backward"): conv1,  # nobody wants the gradient to the input
        ("loss", "forward"): conv2, ("loss", "backward"): 2 * conv2,
        ("update", "forward"): linear, ("update", "backward"): 2 * linear,
    }  # fmt: skip


def test_frozen_layers_count_no_gradient_of_their_weights_and_nothing_below_the_last_trained_one() -> None:
    found = flops(measure(compiled(layers=frozen("loss")), rounds=1))
    assert found["loss", "backward"] == found["loss", "forward"]
    found = flops(measure(compiled(layers=frozen("conv1", "bn", "loss")), rounds=1))
    assert {name for name, direction in found if direction == "backward"} == {"update"}
    assert found["update", "backward"] == found["update", "forward"]


def test_inference_has_forward_parts_only_and_needs_no_loss() -> None:
    timing = measure(compiled(loss=None, optimizer=None), inference=True, rounds=1)
    assert timing.directions() == ["forward"]
    with pytest.raises(ValueError, match="the spec has no loss"):
        measure(compiled(loss=None, optimizer=None), rounds=1)


def test_without_an_optimizer_there_is_no_update() -> None:
    timing = measure(compiled(optimizer=None), rounds=1)
    assert timing.directions() == ["forward", "loss", "backward"]


def test_timing_leaves_the_weights_their_bits_and_the_folder_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program = netspec.compile(netspec.load(shipped_specs()["digits"]))
    before = program.parameters
    measure(program, rounds=3)
    for name, array in program.parameters.items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)
    assert program.lanes[0].step == 0
    assert list(tmp_path.iterdir()) == []


def test_the_program_trains_as_before_after_a_timing() -> None:
    x, y = np.random.default_rng(1).normal(size=(4, 2, 8, 8)), np.arange(4) % 3
    program, other = (compiled(optimizer={"type": "sgd", "lr": 0.1}) for _ in range(2))
    measure(program, rounds=1)
    assert program.train_step(x, y) == other.train_step(x, y)


def test_progress_tells_every_round() -> None:
    told: list[tuple[int, int]] = []
    timing = measure(compiled(), rounds=3, progress=lambda done, wanted: told.append((done, wanted)))
    assert told == [(0, 3), (1, 3), (2, 3)]
    assert timing.rounds == 3


def part(name: str, direction: str, *calls: CallTime) -> Part:
    return Part(name, "conv2d", direction, sum(call.seconds for call in calls), 0, calls)


def test_the_algorithm_is_what_the_calls_name_else_the_longest_kernel() -> None:
    margins, contract = CallTime("add_margins", "", 1, 0.1), CallTime("contract", "", 1, 0.4)
    winograd, direct = CallTime("multiply", "winograd", 1, 0.2), CallTime("contract", "direct", 1, 0.3)
    assert part("a", "forward", margins, contract).algorithm == "contract"
    assert part("a", "forward", margins, contract, winograd).algorithm == "winograd"
    assert part("a", "backward", winograd, direct, winograd).algorithm == "winograd, direct"
    transform = CallTime("winograd_input", "", 1, 0.1)
    assert part("a", "forward", transform, contract).algorithm == "winograd"


def test_a_convolution_by_winograds_algorithm_says_so() -> None:
    layers = [{"name": "conv", "type": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": 1, "algorithm": choice}
              for choice in ("winograd", "direct")]  # fmt: skip
    for layer in layers:
        timing = measure(compiled(layers=[layer, NETWORK["layers"][-1]]), rounds=1)
        (forward,) = (part for part in timing.parts if (part.name, part.direction) == ("conv", "forward"))
        assert (forward.algorithm == "winograd") == (layer["algorithm"] == "winograd")


def test_slowest_lines_come_first() -> None:
    call = CallTime("contract", "", 1, 0.25)
    parts = (part("a", "forward", call), part("b", "forward", call, call), part("a", "backward", call, call))
    timing = Timing(parts, step_seconds=1, peak=1, rounds=1)
    assert timing.lines() == [Line((parts[0], parts[2])), Line((parts[1],))]
    assert [line.parts[0].name for line in timing.slowest(2)] == ["a", "b"]
    assert timing.slowest(1)[0].seconds == timing.seconds() - timing.slowest(2)[1].seconds == 0.75
    assert timing.seconds("forward") == 0.75


def test_a_plan_of_the_goal_is_the_one_that_training_uses() -> None:
    program = compiled()
    measure(program, rounds=1)
    program.train_step(np.zeros((4, 2, 8, 8)), np.zeros(4, int))
    assert [goal for goal in program._plans if goal.gradients] == [Goal(4, training=True, loss=True, gradients=True)]

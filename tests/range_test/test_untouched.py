"""The range test leaves a program, and a run, to the bit as they were."""

from __future__ import annotations

import hashlib
import random
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.program import Program
from netspec.range_test import find
from netspec.range_test.snapshot import Snapshot, digest, lasting
from netspec.spec.model import Spec
from netspec.training.errors import TrainError
from netspec.training.events import Step
from tests.kit.networks import CROSS_ENTROPY
from tests.training.helpers import StopAfter, numbers, of, weights_digest

LANES = [{"type": "adam", "lr": 0.01}, {"type": "momentum", "lr": 0.05}]
SHORT: dict[str, Any] = {"steps": 10, "lr_min": 1e-4}


def network(**sections: Any) -> Spec:
    """A frozen layer, batch norm, dropout, and a head: everything that has a state. 2 optimizers."""
    layers: list[dict[str, Any]] = [
        {"name": "fc1", "type": "linear", "out_features": 8, "frozen": True},
        {"name": "bn", "type": "batch_norm"},
        {"name": "drop", "type": "dropout", "p": 0.3},
        {"name": "relu", "type": "relu"},
        {"name": "fc2", "type": "linear", "out_features": 3},
    ]
    train = {"epochs": 2, "batch_size": 6, **sections.pop("train", {})}
    return Spec.model_validate({
        "name": "small", "input": {"shape": [5]}, "layers": layers, "loss": CROSS_ENTROPY, "optimizers": LANES,
        "train": train, **sections,
    })  # fmt: skip


def data(samples: int = 30) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    y = rng.integers(0, 3, samples)
    return rng.normal(size=(samples, 5)) + np.eye(5)[y], y


def contents(program: Program) -> list[dict[str, bytes]]:
    """Every lasting bit, by lane."""
    return [{"step": bytes([lane.step]), **{n: a.tobytes() for n, a in lasting(lane).items()}} for lane in program.lanes]


def files(folder: Path) -> dict[str, str]:
    """Every file of a folder with its hash."""
    found = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    return {str(path.relative_to(folder)): hashlib.sha256(content).hexdigest() for path, content in found.items()}


@pytest.mark.parametrize("steps", [1, 5, 8])
def test_a_program_in_the_middle_of_its_training_goes_on_with_equal_bits(tmp_path: Path, steps: int) -> None:
    spec, both = network(), []
    for looks in (False, True):
        program = netspec.compile(spec)
        events = netspec.train(spec, data(), tmp_path / str(looks), program=program)
        steps_of = (event for event in events if isinstance(event, Step))
        losses = [event.loss for event in islice(steps_of, 2 * steps)]
        before = contents(program)
        if looks:
            test = netspec.lr_find(program, data(), **SHORT)
            assert test.unchanged
            assert test.step == steps
        assert contents(program) == before
        losses += [event.loss for event in steps_of]
        both.append((losses, contents(program)))
    assert both[0] == both[1]
    assert len(both[0][0]) == 20


@pytest.mark.parametrize("stop", [3, 5])
def test_a_run_whose_state_was_looked_at_keeps_every_file_and_ends_as_the_uninterrupted_one(
    tmp_path: Path, stop: int
) -> None:  # fmt: skip
    spec = network()
    for name in ("whole", "parts"):
        list(netspec.train(spec, data(), tmp_path / name, stop=StopAfter(stop) if name == "parts" else None))
    before = files(tmp_path / "parts")
    test = netspec.lr_find(spec, data(), resume=tmp_path / "parts", **SHORT)
    assert (test.unchanged, test.step) == (True, stop)
    assert files(tmp_path / "parts") == before
    list(netspec.train(spec, data(), resume=tmp_path / "parts"))
    assert numbers(tmp_path / "parts") == numbers(tmp_path / "whole")
    for label in ("adam", "momentum"):
        name = f"checkpoints/last.{label}.safetensors"
        assert weights_digest(tmp_path / "parts" / name) == weights_digest(tmp_path / "whole" / name)


def test_the_state_looked_at_is_that_of_the_run_and_the_batches_are_those_that_come_next(tmp_path: Path) -> None:
    spec = network()
    list(netspec.train(spec, data(), tmp_path / "run", stop=StopAfter(4)))
    first = netspec.lr_find(spec, data(), resume=tmp_path / "run", **SHORT).lanes[0].before
    losses = [event.loss for event in of(list(netspec.train(spec, data(), tmp_path / "whole")), Step, "adam")]
    assert first == losses[4]


def test_the_curve_is_the_loss_of_the_next_batch_after_a_step_with_that_rate() -> None:
    """Replayed by hand, with the batches of a training at constant rates."""
    spec, program = network(train={"shuffle": "never"}), netspec.compile(network())
    test = netspec.lr_find(spec, data(), **SHORT)
    rates = [*test.lanes[0].lr, test.lr_max]
    x, y = data()
    batches = [slice(6 * (i % 5), 6 * (i % 5) + 6) for i in range(11)]
    losses = [program.lanes[0].train_step(x[b].astype("f4"), y[b], lr=r).mean for b, r in zip(batches, rates, strict=True)]
    assert [test.lanes[0].before, *test.lanes[0].loss] == losses


def test_the_untouched_network_sees_the_same_batches_with_the_same_masks() -> None:
    test = netspec.lr_find(network(), data(), steps=10, lr_min=1e-30, lr_max=1e-28)
    for lane in test.lanes:
        assert lane.loss == lane.untouched
        assert lane.suggestions == {}


def test_accumulated_steps_are_one_update_each(tmp_path: Path) -> None:
    spec = network(train={"gradient_accumulation_steps": 2})
    test = netspec.lr_find(spec, data(), **SHORT)
    assert test.unchanged
    assert test.samples == 12
    losses = [event.loss for event in of(list(netspec.train(spec, data(), tmp_path / "run")), Step, "adam")]
    assert test.lanes[0].before == losses[0]


def test_the_users_random_numbers_go_on_where_they_were() -> None:
    np.random.seed(4)
    random.seed(4)
    netspec.lr_find(network(), data(), **SHORT)
    here = np.random.rand(), random.random()
    np.random.seed(4)
    random.seed(4)
    assert here == (np.random.rand(), random.random())


def test_the_hash_sees_every_buffer_every_step_and_the_data() -> None:
    program = netspec.compile(network())
    seen = {digest(program, b"")}
    for lane in program.lanes:
        lane.step += 1
        seen.add(digest(program, b""))
        for array in lasting(lane).values():
            array[-1] += 1
            seen.add(digest(program, b""))
    seen.add(digest(program, b"other"))
    buffers = sum(len(lasting(lane)) for lane in program.lanes)
    assert len(seen) == 1 + 2 + buffers + 1
    assert {"parameters", "state", "slot:m", "slot:v", "counters"} <= set(lasting(program.lanes[0])) | {"slot:m", "slot:v"}


def test_a_program_that_is_not_brought_back_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Snapshot, "restore", lambda self: None)
    test = netspec.lr_find(network(), data(), **SHORT)
    assert not test.unchanged
    assert test.digest_before != test.digest_after


def test_a_program_is_brought_back_when_the_test_fails_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    program = netspec.compile(network())
    before = contents(program)
    real = find.sweep

    def broken(*arguments: Any) -> Any:
        real(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(find, "sweep", broken)
    with pytest.raises(KeyboardInterrupt):
        netspec.lr_find(program, data(), **SHORT)
    assert contents(program) == before


def test_outputs_of_the_test_are_not_taken_for_the_callers() -> None:
    program = netspec.compile(network())
    program.forward(data()[0][:6])
    netspec.lr_find(program, data(), **SHORT)
    with pytest.raises(ValueError, match="nothing has been computed yet"):
        _ = program.lanes[0].outputs


def test_gradients_that_wait_for_their_update_are_not_lost() -> None:
    program = netspec.compile(network())
    x, y = data(6)
    program.lanes[1].accumulate(x.astype("f4"), y)
    with pytest.raises(ValueError, match="momentum: gradients of accumulate are waiting; call update first"):
        netspec.lr_find(program, data(), **SHORT)
    program.lanes[1].update(lr=0.1)
    assert netspec.lr_find(program, data(), **SHORT).unchanged


def test_a_program_chooses_its_own_weights_and_must_take_the_batches() -> None:
    with pytest.raises(ValueError, match="a program has its weights, seed and threads"):
        netspec.lr_find(netspec.compile(network()), data(), seed=3)
    with pytest.raises(TrainError, match="compiled for batches of 2, the spec wants 6"):
        netspec.lr_find(netspec.compile(network(), batch_size=2), data())


def test_nan_ends_a_lane_and_the_others_go_on() -> None:
    spec = network(optimizers=[{"type": "sgd", "lr": 0.1}, {"type": "adam", "lr": 0.01}])
    test = netspec.lr_find(spec, data(), steps=12, lr_min=1e-2, lr_max=1e30)
    sgd, adam = test.lanes
    assert sgd.stopped in ("nan", "diverged")
    assert len(sgd.loss) <= len(adam.loss)
    assert test.unchanged


def test_trainable_and_frozen_layers_are_named() -> None:
    test = netspec.lr_find(network(), data(), **SHORT)
    assert (test.trainable, test.frozen) == (("bn", "fc2"), ("fc1",))


def test_a_run_is_looked_at_in_the_stage_in_which_it_goes_on(tmp_path: Path) -> None:
    transfer = {"freeze": ["fc2"], "unfreeze": [{"at_epoch": 1, "to": "fc2"}]}
    spec = network(transfer=transfer, train={"epochs": 2})
    list(netspec.train(spec, data(), tmp_path / "run", stop=StopAfter(5)))
    assert netspec.lr_find(spec, data(), **SHORT).trainable == ("bn",)
    test = netspec.lr_find(spec, data(), resume=tmp_path / "run", **SHORT)
    assert (test.step, set(test.trainable), test.unchanged) == (5, {"bn", "fc2"}, True)

"""A freeze schedule while a run trains: stages, their proofs, and a resume in any of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec
from netspec import room
from netspec.probe import Probe
from netspec.registry import plugins
from netspec.room import NotEnoughMemoryError
from netspec.spec.model import Spec
from netspec.training.errors import TrainError
from netspec.training.events import End, FrozenProof, Run, Stage, Step
from netspec.training.history import read_history
from netspec.training.run import train
from netspec.weights import read_weights, write_weights
from tests.kit.networks import CROSS_ENTROPY, spec_of
from tests.training.helpers import StopAfter, numbers, of, weights_digest
from tests.training.test_changes_at_resume import changed, data, warnings_of, weights_of

LANES = sorted(plugins("netspec.optimizers"))
SCHEDULE: dict[str, Any] = {
    "freeze_to": "drop", "replace": ["fc"], "warmup_epochs": 1,
    "unfreeze": [{"at_epoch": 2, "to": "c2", "lr_mult": 0.5}, {"at_epoch": 3, "to": "input", "lr_mult": 0.1}],
}  # fmt: skip
STEPS = 3
"""Of each epoch: 30 samples in batches of 10."""


def spec_with(optimizers: list[str], train: dict[str, Any] | None = None, **transfer: Any) -> Spec:
    conv = {"type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1}
    layers: list[dict[str, Any]] = [
        {"name": "c1", **conv}, {"name": "bn", "type": "batch_norm"}, {"name": "c2", **conv, "kernel_size": 3},
        {"name": "drop", "type": "dropout", "p": 0.2}, {"name": "fc", "type": "linear", "out_features": 3},
    ]  # fmt: skip
    lanes = [{"type": name, "lr": 0.05, **({"momentum": 0.9} if name == "rmsprop" else {})} for name in optimizers]
    return spec_of(
        layers, [2, 4, 4], loss=CROSS_ENTROPY, optimizers=lanes, transfer={**SCHEDULE, **transfer},
        train={"epochs": 4, "batch_size": 10, **(train or {})}, schedule={"type": "cosine"},
    )  # fmt: skip


def train_all(spec: Spec, folder: Path | None, **options: Any) -> list[Any]:
    return list(train(spec, data(), folder, threads=1, **options))


def test_layers_learn_from_their_epoch_on_and_the_proof_holds_in_every_stage(tmp_path: Path) -> None:
    spec = spec_with(["adam"])
    events = train_all(spec, tmp_path / "run")
    assert of(events, Run)[0].trainable_parameters == 4 * 16 * 3 + 3
    assert list(read_history(tmp_path / "run")) == events
    found = of(events, Stage)
    assert [(e.number, e.stages, e.epoch, e.step, e.until) for e in found] == [
        (0, 3, 0, 0, 2), (1, 3, 2, 6, 3), (2, 3, 3, 9, None),
    ]  # fmt: skip
    assert [e.frozen for e in found] == [["bn", "c1", "c2", "drop"], ["bn", "c1"], []]
    assert [e.unfrozen for e in found] == [[], ["c2"], ["c1", "bn"]]
    assert [e.trainable_parameters for e in found] == [195, 195 + 148, 195 + 148 + 76 + 8]
    assert [e.rates for e in found] == [
        None, {"c2": 0.5, "fc": 1.0}, {"c1": 0.1, "bn": 0.1, "c2": 0.5, "fc": 1.0},
    ]  # fmt: skip
    proofs = of(events, FrozenProof)
    assert all(e.unchanged for e in proofs)
    assert [e.epoch for e in proofs] == [0, 1, 2, 2, 3], "at the stages' begins and the epochs' ends, while any is frozen"
    assert [e.reason for e in of(events, End)] == ["completed"]


def test_what_moved_in_each_stage_is_what_learns(tmp_path: Path) -> None:
    moved = []
    folder, before = tmp_path / "run", {}
    for epoch in range(5):
        options: dict[str, Any] = {"resume": folder} if epoch else {}
        train_all(spec_with(["momentum"], {"epochs": epoch}), None if epoch else folder, **options)
        after = weights_of(folder)
        moved.append({name.split(".")[0] for name in changed(before, after)} if before else set())
        before = after
    assert moved == [set(), {"fc"}, {"fc"}, {"fc", "c2"}, {"fc", "c2", "c1", "bn"}]


@pytest.mark.parametrize("stops", [[6], [7], [2, 4, 3]])
def test_a_run_resumed_in_any_stage_is_the_uninterrupted_one(
    tmp_path: Path, stops: list[int], whole: dict[str, Any], pretrained: Path
) -> None:  # fmt: skip
    """All optimizers side by side, a pull to loaded weights, restarted schedule, dropout; after 6 and 9 steps layers are
    unfrozen."""
    folder = tmp_path / "parts"
    train_all(spec_with(LANES, restart_schedule=True, l2_sp=0.02), folder, weights=pretrained, stop=StopAfter(stops[0]))
    for stop in stops[1:]:
        train_all(spec_with(LANES, restart_schedule=True, l2_sp=0.02), None, resume=folder, stop=StopAfter(stop))
    train_all(spec_with(LANES, restart_schedule=True, l2_sp=0.02), None, resume=folder)
    assert numbers(folder) == whole["numbers"]
    assert {p.name: weights_digest(p) for p in (folder / "checkpoints").iterdir()} == whole["digests"]


def test_a_run_that_dies_in_a_new_stage_before_it_is_saved_goes_through_that_stage_again(tmp_path: Path) -> None:
    spec = spec_with(["adam"])
    events = train(spec, data(), tmp_path / "run", threads=1)
    for event in events:
        if isinstance(event, Step) and event.step == 7:
            break
    events.close()  # type: ignore[attr-defined]
    assert [e.number for e in of(read_history(tmp_path / "run"), Stage)] == [0, 1]
    train_all(spec, None, resume=tmp_path / "run")
    train_all(spec, tmp_path / "whole")
    assert numbers(tmp_path / "run") == numbers(tmp_path / "whole")


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "weights.safetensors"
    write_weights(path, netspec.compile(spec_with(["sgd"]), seed=5).lanes[0].tensors())
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, pretrained: Path) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("whole") / "run"
    train_all(spec_with(LANES, restart_schedule=True, l2_sp=0.02), folder, weights=pretrained)
    return {
        "numbers": numbers(folder), "digests": {p.name: weights_digest(p) for p in (folder / "checkpoints").iterdir()},
    }  # fmt: skip


def test_the_schedule_restarts_in_each_stage_or_runs_once(whole: dict[str, Any]) -> None:
    rates = [line["lr"] for line in whole["numbers"] if line["event"] == "step" and line["optimizer"] == "sgd"]
    assert rates[0] == rates[6] == rates[9] == 0.05
    assert rates[5] < rates[3] < rates[0]
    assert rates[7] == rates[10], "both stages have 3 steps"
    once = [e.lr for e in of(train_all(spec_with(["sgd"]), None, dry_run=False, limit_batches=1), Step)]
    assert sorted(once, reverse=True) == once


def test_a_changed_schedule_is_told_at_the_resume_and_late_layers_begin_fresh(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    train_all(spec_with(["adam"]), folder, stop=StopAfter(7))
    other = [{"at_epoch": 1, "to": "input"}]
    events = train_all(spec_with(["adam"], unfreeze=other), None, resume=folder)
    assert "transfer.unfreeze has changed" in warnings_of(events)
    assert "parameters no longer frozen: bn, c1" in warnings_of(events)
    assert [e.reason for e in of(events, End)] == ["completed"]
    first = of(events, Stage)[0]
    assert (first.number, first.frozen) == (1, [])


def test_gradients_that_are_added_up_never_span_two_stages(tmp_path: Path) -> None:
    spec = spec_with(["momentum"], {"gradient_accumulation_steps": 2})
    events = train_all(spec, tmp_path / "whole")
    assert [(e.step, e.epoch) for e in of(events, Stage)] == [(0, 0), (4, 2), (6, 3)]
    train_all(spec, tmp_path / "parts", stop=StopAfter(5))
    train_all(spec, None, resume=tmp_path / "parts")
    assert numbers(tmp_path / "parts") == numbers(tmp_path / "whole")


def test_after_nan_in_a_late_stage_the_bundle_has_the_tensors_before_the_step(tmp_path: Path) -> None:
    """Step 7 is the first of the second stage; the state was saved before that stage began."""
    spec = spec_with(["adam"])
    program = netspec.compile(spec)
    lane = program.lanes[0]
    for event in train(spec, data(), tmp_path / "run", threads=1, program=program):
        if isinstance(event, Step) and event.step == 7:
            tensors, slots = lane.tensors(), lane.slots()
            lane.store.arrays["parameters"][:] = np.nan
        if isinstance(event, End):
            end = event
    assert (end.reason, end.step) == ("nan", 8)
    bundle = tmp_path / "run" / str(end.bundle)
    report = json.loads((bundle / "report.json").read_text())
    assert report["tensors"] == "before the step"
    assert report["stage"] == {"number": 1, "step": 6, "since": {"c2": 6, "drop": 6}}
    for file, expected in (("tensors", tensors), ("slots", slots)):
        found = read_weights(bundle / f"{file}.safetensors").tensors
        assert found.keys() == expected.keys()
        assert all(np.array_equal(found[name], expected[name]) for name in found), file


def test_a_stage_that_would_not_fit_is_refused_before_the_run_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = netspec.compile(spec_with(["adam"]))
    monkeypatch.setattr(room, "available_bytes", lambda: room.KEPT_BYTES + 20_000)
    with pytest.raises(NotEnoughMemoryError, match=r"\[transfer\] unfreeze, in stage 2: a batch of 10 samples needs"):
        train_all(spec_with(["adam"]), tmp_path / "run", program=program)
    assert not (tmp_path / "run").exists()


def test_a_program_compiled_from_another_schedule_is_refused(tmp_path: Path) -> None:
    program = netspec.compile(spec_with(["adam"]))
    with pytest.raises(TrainError, match="freezes other layers, or at other times"):
        train_all(spec_with(["adam"], unfreeze=[{"at_epoch": 2, "to": "input"}]), tmp_path / "run", program=program)


def test_a_program_compiled_with_other_statistics_is_refused(tmp_path: Path) -> None:
    program = netspec.compile(spec_with(["adam"], bn="train"))
    with pytest.raises(TrainError, match='compiled with bn = "train"'):
        train_all(spec_with(["adam"]), tmp_path / "run", program=program)


def test_a_run_begins_and_goes_on_in_its_own_stage_wherever_its_program_stands(tmp_path: Path) -> None:
    spec, program = spec_with(["momentum"]), netspec.compile(spec_with(["momentum"]))
    program.enter(2)
    train_all(spec, tmp_path / "parts", program=program, stop=StopAfter(4))
    assert program.stage == 0
    program.enter(2)
    train_all(spec, None, resume=tmp_path / "parts", program=program)
    train_all(spec, tmp_path / "whole")
    assert numbers(tmp_path / "parts") == numbers(tmp_path / "whole")


@pytest.mark.parametrize("stop", [4, 6, 7])
def test_a_layer_frozen_again_by_a_later_epoch_at_resume_is_proved_to_stay(tmp_path: Path, stop: int) -> None:
    """Between and within epochs; normalization in inference mode from then on, and its statistics in the proof."""
    folder, later = tmp_path / "run", [{"at_epoch": 3, "to": "input"}]
    train_all(spec_with(["adam"], unfreeze=[{"at_epoch": 1, "to": "input"}]), folder, stop=StopAfter(stop))
    before = weights_of(folder)
    events = train_all(spec_with(["adam"], {"epochs": 3}, unfreeze=later), None, resume=folder)
    assert {e.unchanged for e in of(events, FrozenProof)} == {True}
    assert of(events, End)[0].reason == "completed"
    assert {name.split(".")[0] for name in changed(before, weights_of(folder))} == {"fc"}


def test_a_resume_that_loses_what_l2_sp_pulls_to_is_refused(tmp_path: Path) -> None:
    weights = tmp_path / "w.npz"
    np.savez(weights, **{**(p := netspec.compile(spec_with(["sgd"]), seed=9)).parameters, **p.states})
    plan: dict[str, Any] = {"l2_sp": 0.1, "warmup_epochs": 0, "freeze_to": None, "unfreeze": []}
    train_all(spec_with(["sgd"], **plan), tmp_path / "run", weights=weights, stop=StopAfter(4))
    again = {**plan, "freeze_to": "bn", "unfreeze": [{"at_epoch": 3, "to": "input"}]}
    with pytest.raises(TrainError, match="bn, c1 has moved from the weights that l2_sp pulls it to"):
        train_all(spec_with(["sgd"], **again), None, resume=tmp_path / "run")


def test_nan_is_looked_into_although_layers_with_slots_are_frozen_by_now(tmp_path: Path) -> None:
    folder, plain = tmp_path / "run", {"warmup_epochs": 0, "unfreeze": []}
    train_all(spec_with(["momentum"], {"epochs": 6}, freeze_to="bn", **plain), folder, stop=StopAfter(4))
    hot = spec_with(["momentum"], {"epochs": 6}, **plain)
    hot = hot.model_copy(update={"optimizers": tuple(o.model_copy(update={"lr": 3e38}) for o in hot.optimizers)})
    with np.errstate(all="ignore"):
        (end,) = of(train_all(hot, None, resume=folder), End)
    assert end.reason == "nan"
    assert json.loads((folder / end.bundle / "report.json").read_text())["tensors"] == "before the step"


def test_only_stages_of_the_spec_are_entered() -> None:
    program = netspec.compile(spec_with(["sgd"]))
    for stage in (-1, 3):
        with pytest.raises(ValueError, match=f"no stage {stage}; the spec has the stages 0 … 2"):
            program.enter(stage)
    with pytest.raises(ValueError, match="no stage 1; without unfreeze"):
        netspec.compile(spec_with(["sgd"], warmup_epochs=0, unfreeze=[])).enter(1)
    assert program.stage == 0


def test_a_probe_sees_the_values_of_the_stage_that_holds() -> None:
    program = netspec.compile(spec_with(["sgd"]), dtype="float64")
    probe, x = Probe(program, ["c2", "fc"]), {"input": np.random.default_rng(0).normal(size=(4, 4, 4, 2))}
    before = probe.values(program.lanes[0], x)
    for stage in (1, 2):
        program.enter(stage)
        assert {name: y.tobytes() for name, y in probe.values(program.lanes[0], x).items()} == {
            name: y.tobytes() for name, y in before.items()
        }

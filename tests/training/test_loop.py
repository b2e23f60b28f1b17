"""What the loop tells: every step once, whole counts, lanes in lock step, and why each lane ends."""

from __future__ import annotations

import math
import threading
from pathlib import Path

import numpy as np
import pytest

from netspec.problems import SpecError
from netspec.training.errors import TrainError
from netspec.training.events import End, Epoch, FrozenProof, Run, Stage, Step, Validation
from netspec.training.history import read_history
from netspec.training.inputs import data_for
from netspec.training.outcome import exit_status
from netspec.training.run import train
from tests.training.fake import make_data, make_program, make_spec
from tests.training.helpers import StopAfter, of, run, without_times

RACE = ("sgd", "momentum", "adagrad")


@pytest.mark.parametrize("last_batch", ["keep", "drop"])
@pytest.mark.parametrize("accumulation", [1, 2])
def test_the_history_has_every_step_of_every_lane_once_and_in_order(
    tmp_path: Path, last_batch: str, accumulation: int
) -> None:
    spec = make_spec(RACE, train={"last_batch": last_batch, "gradient_accumulation_steps": accumulation})
    run(spec, tmp_path / "run")
    events = list(read_history(tmp_path / "run"))
    batches = 5 if last_batch == "keep" else 4  # 35 training samples in batches of 8
    steps = 3 * math.ceil(batches / accumulation)
    for label in RACE:
        assert [e.step for e in of(events, Step, label)] == list(range(1, steps + 1))
        assert [e.epoch for e in of(events, Epoch, label)] == [1, 2, 3]
    assert sum(e.samples for e in of(events, Step, "sgd")) == 3 * (35 if last_batch == "keep" else 32)
    assert of(events, Run)[0].total_steps == steps


def test_the_history_on_the_disk_is_what_was_handed_out_before_the_next_step(tmp_path: Path) -> None:
    spec, seen = make_spec(("sgd", "momentum")), []
    for event in train(spec, make_data(), tmp_path / "run", program=make_program(spec)):
        seen.append(event)
        assert without_times(read_history(tmp_path / "run")) == without_times(seen)


def test_evaluation_comes_before_the_first_step_with_the_expected_loss(tmp_path: Path) -> None:
    events, _ = run(make_spec(), tmp_path / "run")
    first = next(i for i, e in enumerate(events) if isinstance(e, Step))
    before = of(events[:first], Validation)
    assert [(e.step, e.epoch, e.part) for e in before] == [(0, 0, "validation")]
    assert before[0].expected_loss == pytest.approx(math.log(3), rel=1e-15)
    assert all(e.expected_loss is None for e in of(events[first:], Validation))


def test_without_a_validation_part_the_first_look_is_on_training_samples(tmp_path: Path) -> None:
    events, _ = run(make_spec(train={"validation_split": 0.0}), tmp_path / "run")
    looks = of(events, Validation)
    assert [(e.part, e.samples) for e in looks] == [("train", 50)]
    assert "no best checkpoint" in of(events, Run)[0].warnings[0]


def test_a_lane_gets_the_same_result_alone_and_in_a_race(tmp_path: Path) -> None:
    together, _ = run(make_spec(RACE), tmp_path / "race")
    for label in RACE:
        alone, _ = run(make_spec((label,)), tmp_path / label)
        for kind in (Step, Validation, Epoch):
            assert without_times(of(together, kind, label)) == without_times(of(alone, kind, label))


def test_losses_of_an_epoch_are_means_over_samples_not_over_batches(tmp_path: Path) -> None:
    """35 training samples in batches of 8 leave 3 for the last one; lr 0 makes running and fixed weights agree."""
    spec = make_spec(train={"evaluate_train": True, "epochs": 1}).model_copy()
    spec = spec.model_copy(update={"optimizers": (spec.optimizers[0].model_copy(update={"lr": 0.0}),)})
    events, program = run(spec, tmp_path / "run")
    data = data_for(spec, make_data())
    logits = data.train.x @ program.lanes[0].weight.T + program.lanes[0].bias
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(35), data.train.y]
    epoch = of(events, Epoch)[0]
    assert epoch.running_loss == pytest.approx(losses.mean(), rel=1e-12)
    assert epoch.train_loss == pytest.approx(losses.mean(), rel=1e-12)
    accuracy = float((logits.argmax(axis=1) == data.train.y).mean())
    assert epoch.metrics == {"running_accuracy": accuracy, "train_accuracy": accuracy}
    of_batches = np.mean([e.loss for e in of(events, Step)])
    assert abs(of_batches - losses.mean()) > 1e-4  # the wrong mean would be seen


def test_fixed_weight_training_metrics_come_only_when_asked_for(tmp_path: Path) -> None:
    events, _ = run(make_spec(), tmp_path / "run")
    assert all(e.train_loss is None and set(e.metrics) == {"running_accuracy"} for e in of(events, Epoch))


@pytest.mark.parametrize(("every", "steps"), [({"steps": 4}, [0, 4, 8, 12, 15]), (2, [0, 10, 15]), (1, [0, 5, 10, 15])])
def test_validation_comes_when_due_and_at_the_end(tmp_path: Path, every: object, steps: list[int]) -> None:
    events, _ = run(make_spec(train={"validation_every": every}), tmp_path / "run")
    assert [e.step for e in of(events, Validation)] == steps


def test_a_nan_ends_its_lane_and_the_others_go_on(tmp_path: Path) -> None:
    spec = make_spec(RACE)
    program = make_program(spec)
    program.lanes[1].nan_at = 7
    events, _ = run(spec, tmp_path / "run", program=program)
    ends = {e.optimizer: e for e in of(events, End)}
    assert {label: end.reason for label, end in ends.items()} == {
        "sgd": "completed", "momentum": "nan", "adagrad": "completed",
    }  # fmt: skip
    assert ends["momentum"].step == 8
    assert "layer fc, weight (parameters)" in ends["momentum"].message
    assert math.isnan(of(events, Step, "momentum")[-1].loss)
    assert len(of(events, Step, "momentum")) == 8
    assert len(of(events, Step, "sgd")) == 15
    alone, _ = run(make_spec(("sgd",)), tmp_path / "alone")
    assert without_times(of(alone, Step)) == without_times(of(events, Step, "sgd"))
    assert exit_status(of(events, End)) == 3


def test_training_is_stopped_between_two_steps_and_saved(tmp_path: Path) -> None:
    events, program = run(make_spec(), tmp_path / "run", stop=StopAfter(7))
    end = of(events, End)[0]
    assert (end.reason, end.step, end.epoch) == ("interrupted", 7, 2)
    assert program.lanes[0].step == 7
    assert exit_status([end]) == 130
    assert (tmp_path / "run/checkpoints/last.state.safetensors").exists()


def test_a_threading_event_stops_it_too(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    events, program = run(make_spec(), tmp_path / "run", stop=stop)
    assert of(events, End)[0].reason == "interrupted"
    assert program.lanes[0].step == 0


def test_a_dry_run_takes_one_step_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    events, program = run(make_spec(("sgd", "momentum")), dry_run=True)
    assert [e.reason for e in of(events, End)] == ["dry run", "dry run"]
    assert [lane.step for lane in program.lanes] == [1, 1]
    assert all(e.samples <= 8 for e in of(events, Validation))
    assert not list(tmp_path.iterdir())


def test_limit_batches_shortens_epochs_and_validations(tmp_path: Path) -> None:
    events, _ = run(make_spec(), tmp_path / "run", limit_batches=1)
    assert len(of(events, Step)) == 3
    assert {e.samples for e in of(events, Validation)} == {8}


def test_overfitting_repeats_the_same_samples_and_validates_with_them(tmp_path: Path) -> None:
    spec = make_spec(("momentum",), train={"epochs": 150, "validation_every": 150}, checkpoint={"save_last": False})
    events, _ = run(spec, tmp_path / "run", overfit_batches=1)
    last = of(events, Validation)[-1]
    assert last.samples == 8
    assert last.metrics["accuracy"] == 1.0
    assert of(events, Run)[0].samples == {"train": 8, "validation": 8}


def test_the_freeze_proof_comes_at_the_start_and_after_each_epoch(tmp_path: Path) -> None:
    events, _ = run(make_spec(), tmp_path / "run")
    proofs = of(events, FrozenProof)
    assert [(e.epoch, e.unchanged) for e in proofs] == [(0, True), (1, True), (2, True), (3, True)]
    assert len({e.digest for e in proofs}) == 1
    assert of(events, Stage)[0].frozen == ["base"]


def test_changed_frozen_tensors_end_the_whole_run_without_saving_them(tmp_path: Path) -> None:
    spec = make_spec(("sgd", "momentum"))
    program = make_program(spec)
    program.lanes[1].drift_at = 7
    events, _ = run(spec, tmp_path / "run", program=program)
    assert [e.reason for e in of(events, End)] == ["frozen tensors changed"] * 2
    assert [e.unchanged for e in of(events, FrozenProof, "momentum")] == [True, True, False]
    assert max(e.step for e in of(events, Step)) == 10
    assert exit_status(of(events, End)) == 1
    from netspec.training.state import read_state

    assert read_state(tmp_path / "run/checkpoints/last.state.safetensors").position.step == 5


@pytest.mark.parametrize(
    ("sections", "text"),
    [
        ({"checkpoint": {"monitor": "val_acuracy"}}, "did you mean val_accuracy?"),
        ({"early_stopping": {"monitor": "train_loss"}}, "'train_loss' is not measured in this run"),
        ({"early_stopping": {}, "train": {"validation_split": 0.0}}, "which has no validation part"),
        ({"schedule": {"type": "plateau"}, "train": {"validation_split": 0.0}}, "set validation_split under [train]"),
        ({"early_stopping": {"monitor": "val_accuracy"}, "checkpoint": {"monitor": "val_loss"}}, "restore_best"),
        ({"optimizers": ()}, "there is no optimizer"),
        ({"loss": None}, "there is no loss to minimize"),
        ({"metrics": ["mae"]}, "mae is a metric of regression, but the data have labels of 3 classes"),
        ({"metrics": [{"type": "top_k", "k": 5}]}, "k 5 exceeds the 3 classes"),
        ({"metrics": ["f1", "f1"]}, "f1 is asked for twice"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_written(tmp_path: Path, sections: dict, text: str) -> None:
    spec = make_spec(**sections)
    with pytest.raises(SpecError) as caught:
        train(spec, make_data(), tmp_path / "run", program=make_program(spec))
    assert text in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_labels_that_the_network_has_no_output_for_are_refused(tmp_path: Path) -> None:
    x, y = make_data()
    spec = make_spec()
    with pytest.raises(SpecError, match="4 classes"):
        train(spec, (x, np.where(y == 2, 3, y)), tmp_path / "run", program=make_program(spec))


def test_a_folder_with_a_run_is_not_overwritten(tmp_path: Path) -> None:
    run(make_spec(), tmp_path / "run")
    with pytest.raises(TrainError, match="already holds a run"):
        run(make_spec(), tmp_path / "run")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"train": {"batch_size": 16}}, "compiled for batches of 8, the spec wants 16"),
        ({"seed": 3}, "compiled with seed 0, the run has seed 3"),
        ({"loss": {"type": "cross_entropy", "label_smoothing": 0.1}}, "compiled from other loss"),
        ({"optimizers": ("momentum",)}, "compiled from other optimizers"),
    ],
)
def test_a_program_of_another_spec_is_refused(tmp_path: Path, change: dict, text: str) -> None:
    with pytest.raises(TrainError, match=text):
        train(make_spec(**change), make_data(), tmp_path / "run", program=make_program(make_spec()))


def test_a_program_that_has_been_trained_is_refused(tmp_path: Path) -> None:
    _, program = run(make_spec(), tmp_path / "run")
    with pytest.raises(TrainError, match="has already taken 15 steps"):
        run(make_spec(), tmp_path / "again", program=program)


def test_samples_of_another_shape_are_refused(tmp_path: Path) -> None:
    from netspec.datasets.base import DataError

    x, y = make_data()
    spec = make_spec()
    with pytest.raises(DataError, match="vectors of 5 values"):
        train(spec, (x[:, :5], y), tmp_path / "run", program=make_program(spec))
    with pytest.raises(SpecError, match=r"samples of \[6\], the network reads \[5\]"):
        train(make_spec(inputs=[{"shape": [5]}]), data_for(spec, (x, y)), tmp_path / "run")

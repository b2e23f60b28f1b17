"""A resumed run is the uninterrupted run, to the bit, wherever it was stopped; and what differs is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.spec.model import Spec
from netspec.training.errors import TrainError
from netspec.training.events import Checkpoint, End, Run, Step
from netspec.training.history import read_history
from netspec.training.run import train
from tests.training.fake import FakeProgram, make_data, make_program, make_spec
from tests.training.helpers import StopAfter, numbers, of, run, weights_digest

SECTIONS: dict[str, Any] = {
    "train": {"epochs": 4, "evaluate_train": True, "validation_every": {"steps": 3}},
    "metrics": ["accuracy", {"type": "top_k", "k": 2}, "f1", "confusion"],
    "schedule": {"type": "plateau", "patience": 0, "min_delta": 0.05, "gamma": 0.5},
    "early_stopping": {"patience": 3, "min_delta": 0.05},
    "checkpoint": {"top_k": 2, "every": {"steps": 7}},
}


def stop_and_resume(spec: Spec, folder: Path, calls: list[int]) -> None:
    """Train in pieces of so many steps, each in a fresh program, then to the end."""
    run(spec, folder, stop=StopAfter(calls[0]))
    for number in calls[1:]:
        run(spec, None, resume=folder, stop=StopAfter(number))
    run(spec, None, resume=folder)


@pytest.mark.parametrize("stops", [[n] for n in range(20)] + [[1, 1, 1, 4, 0, 3], [6, 2]])
def test_a_run_resumed_anywhere_equals_the_uninterrupted_one(tmp_path: Path, stops: list[int]) -> None:
    """With plateau, early stopping, best and top-k, running metrics and two lanes: history and every file of weights."""
    spec = make_spec(("momentum", "sgd"), **SECTIONS)
    run(spec, tmp_path / "whole")
    stop_and_resume(spec, tmp_path / "parts", stops)
    whole, parts = numbers(tmp_path / "whole"), numbers(tmp_path / "parts")
    assert parts == whole
    files = {p.name for p in (tmp_path / "whole/checkpoints").iterdir()}
    assert {p.name for p in (tmp_path / "parts/checkpoints").iterdir()} == files
    for name in files:
        assert weights_digest(tmp_path / "whole/checkpoints" / name) == weights_digest(
            tmp_path / "parts/checkpoints" / name
        ), name


def test_in_that_run_the_plateau_drops_and_one_lane_stops_early(tmp_path: Path) -> None:
    """Otherwise the test above would not show that their state survives."""
    events, _ = run(make_spec(("momentum", "sgd"), **SECTIONS), tmp_path / "run")
    assert len({e.lr for e in of(events, Step, "momentum")}) == 3
    assert [(e.optimizer, e.step, e.reason) for e in of(events, End)] == [
        ("momentum", 18, "early stopping"), ("sgd", 20, "completed"),
    ]  # fmt: skip


@pytest.mark.parametrize("stop", [1, 4, 7])
def test_resume_inside_an_epoch_with_accumulation(tmp_path: Path, stop: int) -> None:
    spec = make_spec(("momentum",), train={"gradient_accumulation_steps": 2})
    run(spec, tmp_path / "whole")
    stop_and_resume(spec, tmp_path / "parts", [stop])
    assert numbers(tmp_path / "parts") == numbers(tmp_path / "whole")


def test_events_after_the_checkpoint_are_cut_and_no_step_is_there_twice(tmp_path: Path) -> None:
    """A run that dies without saving: its last steps are in the history, and are made again."""
    spec, folder = make_spec(("sgd",)), tmp_path / "run"
    events = train(spec, make_data(), folder, program=make_program(spec))
    for event in events:
        if isinstance(event, Step) and event.step == 8:
            break
    events.close()
    assert [e.step for e in of(read_history(folder), Step)] == list(range(1, 9))
    run(spec, None, resume=folder)
    run(spec, tmp_path / "whole")
    assert numbers(folder) == numbers(tmp_path / "whole")
    csv = (folder / "history.csv").read_text().splitlines()
    assert len([line for line in csv if line.startswith("step,")]) == 15
    resumed = [e for e in of(read_history(folder), Run) if e.resumed]
    assert [e.step for e in resumed] == [5]


def test_a_finished_lane_stays_finished(tmp_path: Path) -> None:
    spec = make_spec(("sgd", "momentum"), early_stopping={"patience": 1, "min_delta": 0.2})
    program = make_program(spec)
    run(spec, tmp_path / "whole", program=program)
    early = [e.step for e in of(read_history(tmp_path / "whole"), End) if e.reason == "early stopping"]
    assert early
    stop_and_resume(spec, tmp_path / "parts", [min(early) + 1])
    assert numbers(tmp_path / "parts") == numbers(tmp_path / "whole")


def test_resuming_a_finished_run_adds_nothing(tmp_path: Path) -> None:
    run(make_spec(), tmp_path / "run")
    before = numbers(tmp_path / "run")
    run(make_spec(), None, resume=tmp_path / "run")
    assert numbers(tmp_path / "run") == before


def test_a_finished_run_goes_on_with_more_epochs(tmp_path: Path) -> None:
    run(make_spec(train={"epochs": 2}), tmp_path / "run")
    events, _ = run(make_spec(train={"epochs": 4}), None, resume=tmp_path / "run")
    run(make_spec(train={"epochs": 4}), tmp_path / "whole")
    assert numbers(tmp_path / "run")[-1]["digest"] == numbers(tmp_path / "whole")[-1]["digest"]
    assert of(events, Run)[0].warnings == []


def test_the_seed_and_the_options_of_the_run_are_kept(tmp_path: Path) -> None:
    def program() -> FakeProgram:
        return make_program(make_spec(seed=5))

    run(make_spec(), tmp_path / "whole", seed=5, limit_batches=3, program=program())
    run(make_spec(), tmp_path / "run", seed=5, limit_batches=3, stop=StopAfter(4), program=program())
    run(make_spec(), None, resume=tmp_path / "run", program=program())
    assert numbers(tmp_path / "run") == numbers(tmp_path / "whole")
    with pytest.raises(TrainError, match="the run has seed 5, not 6"):
        run(make_spec(), None, resume=tmp_path / "run", seed=6)


def test_what_differs_is_told(tmp_path: Path) -> None:
    run(make_spec(), tmp_path / "run", stop=StopAfter(5))
    spec = make_spec(loss={"type": "cross_entropy", "label_smoothing": 0.1})
    x, y = make_data()
    events, _ = run(spec, None, resume=tmp_path / "run", data=(x + 1, y))
    warnings = "\n".join(of(events, Run)[0].warnings)
    assert "losses.0.label_smoothing has changed from 0.0 to 0.1" in warnings
    assert "the data are not those of the run" in warnings


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (make_spec(("momentum",)), "the run trains sgd, the spec momentum"),
        (make_spec(train={"batch_size": 4}), "train.batch_size has changed from 8 to 4"),
        (make_spec(metrics=["f1"]), r"metrics\S* has changed"),
    ],
)
def test_what_cannot_go_on_is_refused(tmp_path: Path, spec: Spec, text: str) -> None:
    run(make_spec(), tmp_path / "run", stop=StopAfter(7))
    with pytest.raises(TrainError, match=text):
        run(spec, None, resume=tmp_path / "run")


def test_other_shapes_are_refused_with_both_shapes(tmp_path: Path) -> None:
    run(make_spec(), tmp_path / "run", stop=StopAfter(7))
    program = make_program(make_spec())
    program.lanes[0].weight = np.zeros((3, 9))
    with pytest.raises(TrainError, match=r"fc.weight is \[3, 6\] in the run and \[3, 9\] in the spec"):
        run(make_spec(), None, resume=tmp_path / "run", program=program)


def test_a_history_shorter_than_the_checkpoint_says_is_refused(tmp_path: Path) -> None:
    run(make_spec(), tmp_path / "run", stop=StopAfter(7))
    (tmp_path / "run/history.jsonl").write_text("")
    with pytest.raises(TrainError, match=r"0 bytes, but \d+ were written before the checkpoint"):
        run(make_spec(), None, resume=tmp_path / "run")


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainError, match="no run to resume"):
        run(make_spec(), None, resume=tmp_path)


@pytest.mark.parametrize("option", [{"weights": "w.npz"}, {"dry_run": True}])
def test_resume_excludes_other_beginnings(tmp_path: Path, option: dict[str, Any]) -> None:
    run(make_spec(), tmp_path / "run", stop=StopAfter(7))
    with pytest.raises(TrainError, match="were both given"):
        run(make_spec(), None, resume=tmp_path / "run", **option)


def test_a_kill_between_state_and_renaming_is_repaired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit stops right after the state is on the disk; resuming completes it, events included."""
    spec, folder = make_spec(("sgd", "momentum")), tmp_path / "run"
    from netspec.training import checkpoints

    complete = checkpoints.complete_commit

    def dies(training: Any) -> Any:
        if training.position.step == 10:
            raise KeyboardInterrupt
        return complete(training)

    monkeypatch.setattr(checkpoints, "complete_commit", dies)
    with pytest.raises(KeyboardInterrupt):
        run(spec, folder)
    assert list((folder / "checkpoints").glob("*.pending-*"))
    monkeypatch.undo()
    run(spec, None, resume=folder)
    run(spec, tmp_path / "whole")
    assert numbers(folder) == numbers(tmp_path / "whole")
    for path in (tmp_path / "whole/checkpoints").iterdir():
        assert weights_digest(folder / "checkpoints" / path.name) == weights_digest(path)
    saved = [(e.kind, e.step) for e in of(read_history(folder), Checkpoint, "sgd")]
    assert saved == [(e.kind, e.step) for e in of(read_history(tmp_path / "whole"), Checkpoint, "sgd")]


def test_the_lock_says_what_the_run_was_made_with(tmp_path: Path) -> None:
    run(make_spec(), tmp_path / "run")
    lock = json.loads((tmp_path / "run/lock.json").read_text())
    assert {"numpy", "numba", "llvmlite", "python", "netspec"} == set(lock["versions"])
    assert lock["machine"]["features"]
    assert len(lock["spec_hash"]) == len(lock["data_fingerprint"]) == 64


def test_best_weights_that_no_state_names_are_removed(tmp_path: Path) -> None:
    """A kill between writing new best weights and writing the state leaves them behind."""
    folder = tmp_path / "run"
    run(make_spec(), folder, stop=StopAfter(7))
    left = folder / "checkpoints/best.pending-9.safetensors"
    left.write_bytes((folder / "checkpoints/best.safetensors").read_bytes())
    run(make_spec(), None, resume=folder)
    assert not left.exists()


def test_training_time_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    stop_and_resume(make_spec(), folder, [7])
    events = list(read_history(folder))
    seconds = [event.seconds for event in events]
    resumed = next(i for i, event in enumerate(events) if isinstance(event, Run) and event.resumed)
    assert seconds[resumed] > 0
    assert seconds[resumed:] == sorted(seconds[resumed:])
    assert seconds[resumed + 1] >= of(events[:resumed], Step)[-1].seconds

"""Events as lines of history: every bit comes back, and writing them costs next to nothing."""

from __future__ import annotations

import csv
import json
import math
import struct
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.training.errors import TrainError
from netspec.training.events import End, Epoch, Event, FrozenProof, Run, Step, Validation, event_from_json
from netspec.training.history import CSV_COLUMNS, History, read_history
from netspec.training.outcome import exit_status
from netspec.training.ranking import ranking
from tests.training.fake import make_spec
from tests.training.helpers import of, run

floats = st.floats(allow_nan=True, allow_infinity=True)


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


def through_json(event: Event) -> Event:
    text = json.dumps(event.to_json(), allow_nan=False)
    return event_from_json(json.loads(text))


@settings(max_examples=200, deadline=None)
@given(loss=floats, lr=floats, label=st.text())
def test_steps_come_back_to_the_bit(loss: float, lr: float, label: str) -> None:
    back = through_json(Step(optimizer=label, step=3, epoch=1, seconds=0.1, loss=loss, lr=lr, samples=8))
    assert isinstance(back, Step)
    assert back.optimizer == label
    for given_value, found in ((loss, back.loss), (lr, back.lr)):
        assert bits(found) == bits(given_value) or (math.isnan(found) and math.isnan(given_value))


@settings(max_examples=200, deadline=None)
@given(
    numbers=st.tuples(floats, floats, floats), step=st.integers(0, 2**60), metrics=st.sampled_from([[], ["accuracy", "f1"]]),
    label=st.sampled_from(["adam", "sgd 2", 'a "quoted", one', "naïve", "a\nb", "True", "NaN"])
    | st.text(st.characters(exclude_categories=("Cc", "Cs"))),
)
def test_steps_are_written_as_all_other_events_are(
    tmp_path_factory: pytest.TempPathFactory, numbers: tuple[float, float, float], step: int, metrics: list[str], label: str
) -> None:
    event = Step(optimizer=label, step=step, epoch=2, seconds=numbers[0], loss=numbers[1], lr=numbers[2], samples=64)
    folder = tmp_path_factory.mktemp("run")
    history = History(folder, metrics)
    history.write(event)
    history.close()
    line = json.dumps(event.to_json(), ensure_ascii=False, allow_nan=False)
    assert (folder / "history.jsonl").read_bytes() == (line + "\n").encode()
    with (folder / "history.csv").open(encoding="utf-8", newline="") as stream:
        _, row = csv.reader(stream)
    values = event.to_json()
    cells = [values.get(column, "") for column in (*CSV_COLUMNS, *metrics)]
    assert row == [repr(cell) if isinstance(cell, float) else str(cell) for cell in cells]


@settings(max_examples=100, deadline=None)
@given(value=floats, row=st.lists(st.integers(0, 2**53)))
def test_metrics_come_back(value: float, row: list[int]) -> None:
    event = Validation(optimizer="a", loss=None, samples=4, metrics={"accuracy": value, "confusion": [row, row]})
    back = through_json(event)
    assert isinstance(back, Validation)
    assert back.metrics["confusion"] == [row, row]
    assert bits(back.metrics["accuracy"]) == bits(value) or math.isnan(value)


def test_all_events_of_a_run_come_back_equal(tmp_path: Path) -> None:
    spec = make_spec(("sgd", "momentum"), train={"evaluate_train": True}, metrics=["accuracy", "confusion"])
    events, _ = run(spec, tmp_path / "run")
    assert [event.to_json() for event in read_history(tmp_path / "run")] == [event.to_json() for event in events]
    assert {type(event).__name__ for event in events} == {
        "Run", "Stage", "FrozenProof", "Validation", "Step", "Epoch", "Checkpoint", "End",
    }  # fmt: skip


def test_every_line_has_the_keys_of_the_conventions(tmp_path: Path) -> None:
    run(make_spec(("sgd", "momentum")), tmp_path / "run")
    names = {"run", "step", "epoch", "validation", "stage", "checkpoint", "end"}
    for text in (tmp_path / "run/history.jsonl").read_text().splitlines():
        line = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
        assert line["event"] in names
        assert {"optimizer", "step", "epoch", "seconds"} <= line.keys()
        if line["event"] in ("step", "epoch", "validation"):
            assert isinstance(line["loss"], float)
        if line["event"] == "end":
            assert line["reason"] == "completed"


def test_the_csv_has_the_steps_and_validations_of_the_history(tmp_path: Path) -> None:
    run(make_spec(("sgd", "momentum"), metrics=["accuracy", "confusion"]), tmp_path / "run")
    with (tmp_path / "run/history.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    events = [e for e in read_history(tmp_path / "run") if isinstance(e, Step | Validation)]
    assert list(rows[0]) == [*CSV_COLUMNS, "accuracy", "confusion"]
    assert [(r["event"], r["optimizer"], int(r["step"]), float(r["loss"])) for r in rows] == [
        (e.event, e.optimizer, e.step, e.loss) for e in events
    ]
    confusion = [json.loads(row["confusion"]) for row in rows if row["event"] == "validation"]
    assert confusion == [e.metrics["confusion"] for e in of(events, Validation)]


@pytest.mark.parametrize(("split", "part"), [(0.0, "train"), (0.3, "validation")])
def test_the_csv_says_which_part_was_looked_at_before_the_first_step(tmp_path: Path, split: float, part: str) -> None:
    run(make_spec(train={"validation_split": split}), tmp_path / "run")
    with (tmp_path / "run/history.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert (rows[0]["event"], rows[0]["step"], rows[0]["part"]) == ("validation", "0", part)
    assert {row["part"] for row in rows if row["event"] == "step"} == {""}


def test_a_line_that_is_being_written_is_left_out_and_a_broken_one_is_named(tmp_path: Path) -> None:
    events, _ = run(make_spec(), tmp_path / "run")
    path = tmp_path / "run/history.jsonl"
    whole = path.read_text()
    path.write_text(whole[:-20])
    assert len(list(read_history(path))) == len(events) - 1
    path.write_text(whole.replace('"loss"', '"lo', 1))
    with pytest.raises(TrainError, match=r"history.jsonl:\d+: not an event"):
        list(read_history(path))


def test_writing_a_step_costs_little(tmp_path: Path) -> None:
    """The bound is ten times what it took when written (about 12 µs for both files), for slow, busy machines."""
    history = History(tmp_path, ["accuracy"])
    event = Step(optimizer="adam", step=123456, epoch=12, seconds=123.4567891, loss=0.1234567, lr=0.001, samples=64)
    best = math.inf
    for _ in range(20):
        started = time.perf_counter()
        for _ in range(50):
            history.write(event)
        best = min(best, (time.perf_counter() - started) / 50)
    history.close()
    assert best < 200e-6, f"{best * 1e6:.1f} µs"


def test_no_event_is_no_event() -> None:
    with pytest.raises(ValueError, match="no event of netspec"):
        event_from_json({"event": "party"})
    with pytest.raises(ValueError, match="not a whole step event"):
        event_from_json({"event": "step", "step": 1})


@pytest.mark.parametrize(
    ("reasons", "status"),
    [
        (["completed"], 0),
        (["early stopping", "completed"], 0),
        (["completed", "interrupted"], 130),
        (["interrupted", "nan"], 3),
        (["nan", "frozen tensors changed"], 1),
        (["dry run"], 0),
        ([], 1),
    ],
)
def test_the_exit_status_is_that_of_the_worst_end(reasons: list[str], status: int) -> None:
    assert exit_status(End(reason=reason, message="") for reason in reasons) == status


def race(losses: dict[str, list[float]]) -> list[Event]:
    """A history with these validation losses, one every 10 steps."""
    common = {
        "name": "x", "types": [], "epochs": 1, "batch_size": 1, "steps_per_epoch": 1, "total_steps": 1, "samples": {},
        "parameters": 0, "trainable_parameters": 0, "frozen_parameters": 0, "seed": 0, "dtype": "float32",
        "spec_hash": "", "data_fingerprint": "", "started": "",
    }  # fmt: skip
    events: list[Event] = [Run(optimizers=list(losses), **common)]  # type: ignore[arg-type]
    for label, values in losses.items():
        events += [
            Validation(
                optimizer=label, step=10 * i, loss=loss, samples=1, metrics={"confusion": [[1]], "accuracy": 1 - loss}
            )
            for i, loss in enumerate(values)
        ]
    return events


def test_the_ranking_is_by_the_best_validation_after_step_0() -> None:
    places = ranking(race({"a": [0.1, 0.5, 0.6], "b": [0.1, 0.9, 0.25], "c": [0.1, math.nan], "d": [0.1]}))
    assert [(p.optimizer, p.best_loss, p.best_step) for p in places] == [
        ("b", 0.25, 20), ("a", 0.5, 10), ("c", math.inf, 0), ("d", math.inf, 0),
    ]  # fmt: skip
    assert [p.gap for p in places] == [0.0, 0.25, math.inf, math.inf]
    assert [(p.metric, p.best_metric, p.final_metric) for p in places[:2]] == [
        ("accuracy", 0.75, 0.75), ("accuracy", 0.5, 0.4),
    ]  # fmt: skip


def test_without_validation_the_ranking_is_by_the_running_loss() -> None:
    epochs = [
        Epoch(optimizer=label, step=5, epoch=1, running_loss=loss, lr=1.0, samples=1, samples_per_second=1.0)
        for label, loss in (("a", 0.5), ("b", 0.25))
    ]
    places = ranking([*race({"a": [], "b": []}), *epochs])
    assert [(p.optimizer, p.part) for p in places] == [("b", "training, running"), ("a", "training, running")]


def test_a_frozen_proof_is_a_stage_event() -> None:
    line = FrozenProof(optimizer="a", digest="00", unchanged=True).to_json()
    assert (line["event"], line["stage"], line["unchanged"]) == ("stage", "frozen proof", True)

"""Which lane is told where there is room for one, and what the window says of the test part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gui.runs.best import best_lane, words_of_test
from gui.runs.history import History
from gui.runs.race_model import places, rows
from gui.runs.watch import RunWatch
from netspec.training.closing import Closing, write_closing
from netspec.training.evaluate import Evaluation
from tests.gui.runs.conftest import Window
from tests.gui.runs.made import line, run_line, step_line, whole_run, write

Open = Callable[..., Window]
TEST = Evaluation(loss=0.0834, metrics={"accuracy": 0.97766}, samples=358, confusion=[[1]])
WORDS = "accuracy 97.77 %, loss 0.0834 (358 samples)."


def watched(folder: Path) -> RunWatch:
    watch = RunWatch(folder)
    watch.read_all()
    return watch


def test_the_test_part_is_told_when_a_run_has_ended(open_window: Open, digits: Path) -> None:
    run = write(digits.parent / "runs" / "digits-1", whole_run())
    write_closing(run, {"adam": TEST})
    window = open_window(digits)
    window.desk.show_run(run)
    window.session.watch.read_all()
    assert window.words == f"Completed: 4 epochs, 20 steps. Test {WORDS}"
    window.runs.runs.refresh()
    assert window.runs.runs.runs[0].test == "accuracy 97.77 %"
    (run / "evaluation.json").write_text("{", encoding="utf-8")
    window.session.watch.look_again()
    assert window.words == "Completed: 4 epochs, 20 steps."
    assert "evaluation.json: it cannot be read" in window.panel.status.warnings.toolTip()
    window.runs.runs.refresh()
    assert window.runs.runs.runs[0].test == "unreadable"


def test_of_a_race_the_best_lane_is_told_and_the_table_has_each(qapp: object, tmp_path: Path) -> None:
    run = write(tmp_path / "race", whole_run(("sgd", "adam")))
    write_closing(run, {"adam": TEST, "sgd": Evaluation(0.5, {"accuracy": 0.75}, 358, None)})
    watch = watched(run)
    assert words_of_test(watch.history, watch.tests) == "Test of sgd: accuracy 75.00 %, loss 0.5000 (358 samples)."
    told = rows(watch.history, places(watch.history), None, watch.tests)
    assert [(row.rank, row.label, row.cells[4]) for row in told] == [
        ("1", "sgd", "accuracy 75.00 %"),
        ("2", "adam", "accuracy 97.77 %"),
    ]


def test_what_was_never_tested_says_nothing(qapp: object, tmp_path: Path) -> None:
    watch = watched(write(tmp_path / "run", whole_run()))
    assert (watch.tests, words_of_test(watch.history, watch.tests)) == ({}, "")


@pytest.mark.parametrize(("monitor", "best"), [("val_loss", "sgd"), ("val_accuracy", "adam")])
def test_the_best_lane_is_that_of_the_monitor(monitor: str, best: str) -> None:
    history = History()
    history.add([run_line(("sgd", "adam"))])
    for label, value in (("sgd", 0.1), ("adam", 0.2)):
        history.add([line("checkpoint", 5, label, kind="best", path="", monitor=monitor, value=value)])
    found = best_lane(history)
    assert found is not None
    assert found.label == best


def test_lanes_without_a_best_loss_have_no_rank() -> None:
    history = History()
    history.add([run_line(("sgd", "adam")), step_line(1, 1.0, "sgd"), step_line(1, 2.0)])
    told = rows(history, places(history), None, {})
    assert [(row.rank, row.cells[2]) for row in told] == [("", "–"), ("", "–")]
    history.add([line("validation", 5, loss=0.5, samples=8, part="validation")])
    told = rows(history, places(history), None, {})
    assert [(row.rank, row.label, row.cells[2]) for row in told] == [("1", "adam", "first"), ("", "sgd", "–")]


def test_metrics_that_are_no_number_are_not_told() -> None:
    history = History()
    history.add(whole_run())
    tests = {"adam": Closing(None, {"per_class": [0.5], "f1": 0.5}, 1)}
    assert words_of_test(history, tests) == "Test f1 50.00 % (1 sample)."

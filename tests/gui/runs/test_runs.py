"""The list of runs, the choices beside the spec, and what differs between two runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QFile, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from gui import runner
from gui.main_window import MainWindow
from gui.panels import run_list
from gui.panels.run import RunPanel
from gui.runs import list_model
from gui.runs.choices import Choices, base_folder, known_optimizers
from gui.runs.compare import compare
from gui.runs.finding import Identity, find_runs, label_of, latest_alive, names_apart, set_label
from gui.runs.list_model import LABEL, SHOWN
from gui.runs.order import Order, make_run_folder, read_order, write_order
from gui.runs.summary import END, HEAD, summarize
from netspec.shipped import shipped_specs
from netspec.training.run_folder import refuse_taken
from netspec.training.run_lock import run_lock
from tests.gui.runs.conftest import DIGITS, Window
from tests.gui.runs.made import line, run_line, step_line, whole_run, write

Open = Callable[..., Window]
CHECKED, UNCHECKED = Qt.CheckState.Checked.value, Qt.CheckState.Unchecked.value


@pytest.fixture
def listed(open_window: Open, digits: Path) -> Window:
    """A window with two runs: a race of two, and an older one."""
    runs = digits.parent / "runs"
    write(runs / "digits-1", whole_run())
    write(runs / "digits-2", whole_run(("sgd", "adam")))
    os.utime(runs / "digits-1" / "history.jsonl", (1, 1))
    window = open_window(digits)
    window.runs.follow_document()
    window.runs.runs.read_all()
    return window


def tick(window: Window, row: int, state: int) -> None:
    model = window.runs.runs
    model.setData(model.index(row, SHOWN), state, Qt.ItemDataRole.CheckStateRole)


def test_runs_are_listed_the_latest_first_with_their_best(listed: Window) -> None:
    model = listed.runs.runs
    cells = [[model.data(model.index(row, column)) for column in range(1, 8)] for row in range(model.rowCount())]
    assert cells == [
        ["digits-2", "Completed: 4 epochs, 20 steps.", "sgd, adam", "loss 0.05 (sgd)", "", "4/4", "20"],
        ["digits-1", "Completed: 4 epochs, 20 steps.", "adam", "loss 0.05", "", "4/4", "20"],
    ]


def test_runs_are_shown_laid_over_and_hidden(listed: Window) -> None:
    tick(listed, 0, CHECKED)
    newest, oldest = (run.folder for run in listed.runs.runs.runs)
    assert listed.desk.run_folder == newest
    tick(listed, 1, CHECKED)
    listed.session.overlays[oldest].read_all()
    listed.session.watch.read_all()
    assert [run.name for run in listed.session.shown_runs()] == ["digits-2", "digits-1"]
    listed.panel.plots.draw()
    assert (oldest, "adam", "mean") in listed.panel.plots.loss.curves
    listed.panel.plots.lane_chosen.emit(oldest, "adam")
    assert listed.desk.run_folder == oldest
    tick(listed, 1, UNCHECKED)
    assert listed.desk.run_folder is None


def test_runs_of_one_name_are_drawn_and_exported_all_the_same(listed: Window, tmp_path: Path) -> None:
    newest, oldest = (run.folder for run in listed.runs.runs.runs)
    for run in (newest, oldest):
        set_label(run, "same")
    tick(listed, 0, CHECKED)
    tick(listed, 1, CHECKED)
    listed.session.overlays[oldest].read_all()
    listed.session.watch.read_all()
    plots = listed.panel.plots
    plots.draw()
    assert {key for key in plots.loss.curves if key[2] == "mean"} == {  # type: ignore[index]
        (newest, "sgd", "mean"), (newest, "adam", "mean"), (oldest, "adam", "mean")
    }  # fmt: skip
    assert [label.text for label in plots.overlays[plots.loss].labels] == ["sgd", "adam", "adam · same (digits-1)"]
    listed.panel.export_points(tmp_path / "points.csv")
    losses = [row for row in (tmp_path / "points.csv").read_text().splitlines() if ",loss," in row]
    assert len(losses) == 3 * 20
    assert {row.split(",")[0] for row in losses} == {"same (digits-1)", "same (digits-2)"}
    with_label, without = names_apart([oldest, oldest.parent / "other"]), names_apart([newest, oldest])
    assert list(with_label.values()) == ["same", "other"]
    assert len(set(without.values())) == 2


def test_many_runs_are_read_in_turns_and_only_again_when_they_have_changed(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [write(tmp_path / f"digits-{n}", whole_run()) for n in range(30)]
    for place, run in enumerate(runs):
        for file in (run / "history.jsonl", run):
            os.utime(file, (1e9 + place, 1e9 + place))
    read: list[str] = []
    monkeypatch.setattr(list_model, "summarize", lambda run: (read.append(run.name), summarize(run))[1])
    asked: list[Path] = []
    monkeypatch.setattr(runner, "is_alive", lambda run: asked.append(run))
    monkeypatch.setattr(list_model, "AT_ONCE", 0.0)  # one run a turn
    model = list_model.RunListModel()
    model.show_folder(tmp_path)
    assert len(read) <= 1
    qtbot.waitUntil(lambda: len(read) == 30, timeout=5000)
    assert [run.label for run in model.runs] == [f"digits-{n}" for n in reversed(range(30))]
    assert {run.standing.phase for run in model.runs} == {"ended"}
    read.clear()
    asked.clear()
    model.refresh()
    model.read_all()
    assert (read, asked) == ([], [])
    set_label(runs[3], "mine")
    with run_lock(runs[4] / "running.pid"):
        model.refresh()
        model.read_all()
    assert read == ["digits-4", "digits-3"]
    assert [model.runs[29 - 3].label, model.runs[29 - 3].folder] == ["mine", runs[3]]
    assert set(asked) >= {runs[3], runs[4]}


def test_the_run_that_is_trained_is_found_among_others(tmp_path: Path) -> None:
    runs = [write(tmp_path / f"digits-{n}", whole_run()) for n in range(5)]
    made = Identity(None, "made")
    assert latest_alive(tmp_path, made) is None
    assert latest_alive(tmp_path / "nowhere", made) is None
    (runs[1] / "running.pid").write_text("1\n")  # what a killed process has left
    with run_lock(runs[2] / "running.pid"):
        assert latest_alive(tmp_path, made) == runs[2]
    write_order(runs[3], Order())
    assert latest_alive(tmp_path, made) == runs[3]  # it is starting


def test_a_run_is_renamed_in_the_list(listed: Window) -> None:
    model = listed.runs.runs
    assert model.setData(model.index(0, LABEL), "first try", Qt.ItemDataRole.EditRole)
    model.read_all()
    assert label_of(model.runs[0].folder) == "first try"
    assert model.data(model.index(0, LABEL)) == "first try"
    set_label(model.runs[0].folder, "")
    assert label_of(model.runs[0].folder) == "digits-2"


def test_deleting_asks_and_uses_the_trash(listed: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    run = listed.runs.runs.runs[0].folder
    listed.desk.show_run(run)
    listed.runs.table.selectRow(0)
    answers = [QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Yes]
    asked: list[str] = []
    monkeypatch.setattr(QMessageBox, "question", lambda *args: (asked.append(args[2]), answers.pop(0))[1])
    monkeypatch.setattr(run_list, "QFile", lambda path: Trash(path))
    listed.runs.delete()
    assert run.exists()
    listed.runs.delete()
    assert asked[0] == "Move digits-2 to the trash, with its checkpoints?"
    assert not run.exists()
    assert listed.desk.run_folder is None
    listed.runs.runs.read_all()
    assert [summary.label for summary in listed.runs.runs.runs] == ["digits-1"]


class Trash(QFile):
    """The system's trash, as far as a test may use it."""

    def moveToTrash(self) -> bool:  # type: ignore[override]  # noqa: N802
        Path(self.fileName()).rename(Path(self.fileName()).parent.parent / "trash")
        return True


def test_keys_in_the_list_are_about_runs_and_not_about_layers(
    window: MainWindow, digits: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(digits.parent / "runs" / "digits-1", whole_run())
    window.open(digits)
    window.document.settle()
    text = window.document.text
    window.desk.choose({"conv1"})
    panel = window.panel("Runs")
    assert isinstance(panel, run_list.RunListPanel)
    panel.raise_panel()
    panel.table.selectRow(0)
    panel.table.setFocus()
    asked: list[str] = []
    monkeypatch.setattr(QMessageBox, "question", lambda *args: (asked.append(args[2]), QMessageBox.StandardButton.Cancel)[1])
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    assert asked == ["Move digits-1 to the trash, with its checkpoints?"]
    qtbot.keyClick(panel.table, Qt.Key.Key_F2)
    editor = panel.table.findChild(QLineEdit)
    qtbot.keyClicks(editor, "mine")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.runs.runs[0].label == "mine")
    assert window.desk.run_folder is None
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert window.desk.run_folder == panel.runs.runs[0].folder
    assert window.document.text == text


def test_a_run_that_is_being_trained_is_not_deleted(listed: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    run = listed.runs.runs.runs[0].folder
    monkeypatch.setattr(QMessageBox, "question", lambda *args: pytest.fail("nothing was to be asked"))
    with run_lock(run / "running.pid"):
        listed.runs.table.selectRow(0)
        listed.runs.delete()
    assert listed.messages[-1] == "digits-2 is being trained; stop it first"
    assert run.exists()


def test_what_differs_between_two_runs_is_listed_by_name(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one", []), write(tmp_path / "other", [])
    text = '[[layers]]\nname = "fc"\ntype = "linear"\nout_features = {}\n[optimizer]\ntype = "adam"\nlr = {}\n'
    (one / "spec.resolved.toml").write_text(text.format(10, 0.1))
    (other / "spec.resolved.toml").write_text(text.format(12, 0.1))
    (one / "lock.json").write_text('{"threads": 1}')
    (other / "lock.json").write_text('{"threads": 2}')
    assert compare(one, other) == [("layers.fc.out_features", "10", "12"), ("lock.threads", "1", "2")]
    assert compare(one, one) == []


def test_a_summary_reads_only_the_ends_of_a_long_history(tmp_path: Path) -> None:
    steps = [step_line(step, 1 / step) for step in range(1, 20_001)]
    run = write(tmp_path / "run", [run_line(epochs=4000), *steps, whole_run()[-1] | {"step": 20_000, "epoch": 4000}])
    assert (run / "history.jsonl").stat().st_size > 4 * (HEAD + END)
    summary = summarize(run)
    assert (summary.steps, summary.epochs, summary.standing.phase) == ("20000", "4000/4000", "ended")


@pytest.mark.parametrize(("monitor", "values", "said"), [
    ("val_rmse", (0.9, 0.2), "rmse 0.2 (adam)"),
    ("val_accuracy", (0.9, 0.2), "accuracy 0.9 (sgd)"),
    ("val_loss", ("NaN", 0.5), "loss 0.5 (adam)"),
    ("val_r2", ("NaN", "Infinity"), ""),
    ("val_unheard_of", (0.1, 0.2), ""),
])  # fmt: skip
def test_the_best_lane_is_that_of_the_metrics_own_direction(
    tmp_path: Path, monitor: str, values: tuple[object, object], said: str
) -> None:
    lines = [run_line(("sgd", "adam"))]
    for label, value in zip(("sgd", "adam"), values, strict=True):
        lines.append(line("checkpoint", 5, label, kind="best", path="", monitor=monitor, value=value))
    assert summarize(write(tmp_path / "run", lines)).best == said


def test_choices_are_overrides_and_those_of_the_spec_are_none(open_window: Open, digits: Path) -> None:
    window = open_window(digits)
    controls, choices = window.panel.controls, window.session.choices
    assert (controls.epochs.value(), controls.batch_size.value()) == (3, 32)
    controls.epochs.setValue(7)
    controls.chips.chips["sgd"].click()
    state = window.desk.document.state
    assert state is not None
    order = choices.order(state)
    assert order.overrides == ("train.epochs=7",)
    assert order.optimizers == ("adam", "sgd")
    assert order.folder == str(digits.parent)
    controls.epochs.setValue(3)
    controls.chips.chips["sgd"].click()
    assert window.session.choices.order(state) == Choices().order(state)


def test_the_last_optimizer_cannot_be_switched_off(open_window: Open, digits: Path) -> None:
    chips = open_window(digits).panel.controls.chips.chips
    chips["adam"].click()
    assert chips["adam"].isChecked()


def test_optimizers_of_the_spec_come_first_then_all_others(open_window: Open, digits: Path) -> None:
    digits.write_text(DIGITS.replace('type = "adam", lr', 'type = "adam", name = "mine", lr'))
    window = open_window(digits)
    state = window.desk.document.state
    assert state is not None
    assert state.found is not None
    known = known_optimizers(state.found.spec)
    assert next(iter(known.items())) == ("mine", "adam")
    assert {"sgd", "momentum", "adagrad", "rmsprop"} < set(known)
    assert "adam" not in known


def test_a_shipped_spec_keeps_its_runs_in_the_current_folder(open_window: Open) -> None:
    window = open_window(shipped_specs()["digits"])
    state = window.desk.document.state
    assert state is not None
    assert base_folder(state) == Path.cwd()


def test_run_folders_are_numbered_and_never_taken_twice(tmp_path: Path) -> None:
    made = [make_run_folder("my net", tmp_path / "runs") for _ in range(3)]
    assert [run.name for run in made] == ["my-net-1", "my-net-2", "my-net-3"]
    order = Order(spec_file="a.toml", optimizers=("sgd",), overrides=("train.epochs=2",), seed=3, paused=True)
    write_order(made[0], order)
    assert read_order(made[0]) == order
    refuse_taken(made[0])  # what only orders a run does not stand in its way
    assert find_runs(tmp_path / "runs") == [made[0]]


def test_another_document_has_choices_and_runs_of_its_own_and_one_saved_elsewhere_keeps_them(
    open_window: Open, tmp_path: Path
) -> None:
    window = open_window(None)
    document = window.desk.document
    for _ in range(2):  # both are untitled
        document.new(DIGITS, folder=tmp_path)
        document.settle()
        assert window.session.choices == Choices()
        assert window.desk.run_folder is None
        window.session.choices.epochs = 7
        window.desk.show_run(write(tmp_path / "runs" / "digits-1", whole_run()))
    run = window.desk.run_folder
    assert document.save_as(tmp_path / "mine.toml")
    document.settle()
    assert window.session.choices.epochs == 7
    assert window.desk.run_folder == run is not None


@pytest.fixture
def two_specs(digits: Path) -> tuple[Path, Path]:
    """Two specs in one folder, and so with one runs/: the digits, one of whose runs is being trained, and another."""
    other = digits.parent / "other.toml"
    other.write_text(DIGITS.replace('name = "digits"', 'name = "other"'), encoding="utf-8")
    run = write(digits.parent / "runs" / "digits-1", [run_line(name="digits"), step_line(1), step_line(2)])
    write_order(run, Order(spec_file=str(run / "start" / "spec.toml"), document=str(digits), name="digits"))
    return digits, other


def test_a_document_shows_only_runs_of_its_own(open_window: Open, two_specs: tuple[Path, Path]) -> None:
    digits, other = two_specs
    run = digits.parent / "runs" / "digits-1"
    with run_lock(run / "running.pid"):
        window = open_window(digits)
        assert (window.desk.run_folder, window.desk.is_own_run) == (run, True)
        assert window.panel.status.run.text() == "digits-1"
        assert window.panel.status.foreign.isHidden()
        window.desk.document.open(other)
        window.desk.document.settle()
        assert window.desk.run_folder is None
        assert not window.desk.actions["train.stop"].isEnabled()


def test_a_run_of_another_spec_that_is_asked_for_says_whose_it_is(
    window: MainWindow, two_specs: tuple[Path, Path], qtbot: QtBot
) -> None:
    digits, other = two_specs
    run = digits.parent / "runs" / "digits-1"
    steps = [{"event": "step", "optimizer": "adam", "step": step, "seconds": step / 10} for step in (3, 4)]
    panel = window.panel("Training")
    assert isinstance(panel, RunPanel)
    for file, is_own in ((other, False), (digits, True)):
        window.open(file)
        window.document.settle()
        window.desk.show_run(run)
        assert window.desk.is_own_run == is_own
        assert panel.status.foreign.isHidden() == is_own
        window.desk.run_event.emit(steps)
        assert bool(window.status.step.text()) == is_own
        window.desk.show_run(None)
    assert panel.status.foreign.text == "of another spec (digits)"


def test_runs_are_known_by_file_or_name_and_two_without_a_name_are_not_one(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [run_line(name="network")])
    write_order(run, Order(document=str(tmp_path / "mine.toml"), name="network"))
    assert Identity(tmp_path / "mine.toml", "").owns(run)
    assert not Identity(tmp_path / "yours.toml", "").owns(run)
    assert not Identity(None, "network").owns(run)
    write(run, [run_line(name="known")])
    assert Identity(None, "known").owns(run)
    assert not Identity(None, "").owns(write(tmp_path / "bare", [run_line(name="")]))

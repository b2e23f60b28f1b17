"""Real trainers, started, watched, paused, stopped and killed from a window."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from gui import runner
from gui.runs.finding import find_runs
from gui.runs.order import read_order
from netspec.training.closing import in_words, read_closing
from netspec.training.history import read_history
from netspec.training.load import choose_weights
from netspec.training.ranking import ranking
from tests.gui.runs.conftest import DIGITS, FIVE, WAIT, Window, lines

Open = Callable[..., Window]


def started(window: Window, qtbot: QtBot, *, epochs: int = 3, optimizers: tuple[str, ...] = ("adam",)) -> Path:
    """Train with F5; the run's folder."""
    window.panel.controls.epochs.setValue(epochs)
    for label, chip in window.panel.controls.chips.chips.items():
        if chip.isChecked() != (label in optimizers):
            chip.click()
    window.trigger("train.start")
    run = window.desk.run_folder
    assert run is not None
    return run


def until(qtbot: QtBot, window: Window, *phases: str) -> None:
    qtbot.waitUntil(lambda: window.phase in phases, timeout=WAIT)


@pytest.mark.slow
def test_a_race_shows_its_five_curves_and_their_numbers_are_those_of_the_history(
    open_window: Open, digits: Path, qtbot: QtBot
) -> None:
    window = open_window(digits)
    heard: list[dict[str, object]] = []
    window.desk.run_event.connect(heard.extend)
    run = started(window, qtbot, optimizers=FIVE)
    assert run == digits.parent / "runs" / "digits-1"
    until(qtbot, window, "ended")
    told = lines(run)
    assert heard == told
    tests, best = read_closing(run), ranking(read_history(run))[0].optimizer
    assert set(tests) == set(FIVE)
    assert tests[best].samples == 359
    assert window.words == f"Completed: 3 epochs, 123 steps. Test of {best}: {in_words(tests[best])} (359 samples)."
    history = window.session.watch.history
    assert set(history.lanes) == set(FIVE)
    for label, lane in history.lanes.items():
        steps = [line for line in told if line["event"] == "step" and line["optimizer"] == label]
        checks = [line for line in told if line["event"] == "validation" and line["optimizer"] == label]
        assert len(steps) == 123
        np.testing.assert_array_equal(lane.loss.y, [line["loss"] for line in steps])
        np.testing.assert_array_equal(lane.lr.y, [line["lr"] for line in steps])
        np.testing.assert_array_equal(lane.validation.y, [line["loss"] for line in checks])
        np.testing.assert_array_equal(lane.metrics["accuracy"].y, [line["accuracy"] for line in checks])
    window.panel.plots.draw()
    drawn = {key[1]: curve for key, curve in window.panel.plots.loss.curves.items() if key[2] == "mean"}  # type: ignore[index]
    assert list(drawn) == list(history.lanes)
    assert len({curve.look.colour for curve in drawn.values()}) == 5
    _check_race(window, run)
    _check_export(window, run)


def _check_race(window: Window, run: Path) -> None:
    """The table stands as `netspec race` would print it; under the crosshair are the losses of that batch."""
    window.session.pointed.emit(7.0)
    places = ranking(read_history(run))
    assert [row.label for row in window.race.lanes.rows] == [place.optimizer for place in places]
    assert window.race.lanes.rows[0].cells[2] == "first"
    tests = [f"accuracy {100 * read_closing(run)[place.optimizer].metrics['accuracy']:.2f} %" for place in places]
    assert [row.cells[4] for row in window.race.lanes.rows] == tests
    assert [row.rank for row in window.race.lanes.rows] == ["1", "2", "3", "4", "5"]
    assert window.race.note.text() == "Step 7: step 7 of epoch 1, the same samples for every lane."
    losses = {line["optimizer"]: line["loss"] for line in lines(run) if line["event"] == "step" and line["step"] == 7}
    assert [row.cells[5] for row in window.race.lanes.rows] == [f"{losses[place.optimizer]:#.3g}" for place in places]


def _check_export(window: Window, run: Path) -> None:
    """Every point of the history, with all its digits."""
    path = run.parent / "points.csv"
    window.panel.export_points(path)
    rows = [row.split(",") for row in path.read_text(encoding="utf-8").splitlines()[1:]]
    told = lines(run)
    for curve, event, key in (
        ("loss", "step", "loss"), ("lr", "step", "lr"), ("val_loss", "validation", "loss"),
        ("val_accuracy", "validation", "accuracy"), ("running_accuracy", "epoch", "running_accuracy"),
    ):  # fmt: skip
        written = {(row[1], int(row[3]), float(row[4])) for row in rows if row[2] == curve}
        assert written == {(line["optimizer"], line["step"], line[key]) for line in told if line["event"] == event}, curve
    assert f"{len(rows)} points are in" in window.messages[-1]


@pytest.mark.slow
def test_a_run_is_paused_stepped_and_outlives_its_window_and_another_one_stops_it(
    open_window: Open, digits: Path, qtbot: QtBot
) -> None:
    first = open_window(digits)
    run = started(first, qtbot, epochs=4000)
    until(qtbot, first, "training")
    assert first.desk.actions["train.start"].text() == "Pause"
    first.trigger("train.start")
    until(qtbot, first, "paused")
    history = first.session.watch.history
    step = history.step
    first.trigger("train.step")
    qtbot.waitUntil(lambda: first.words == f"Paused after step {step + 1}.", timeout=WAIT)
    first.trigger("train.epoch")
    qtbot.waitUntil(lambda: history.step > step + 1 and first.phase == "paused", timeout=WAIT)
    assert history.step % 41 == 0
    first.close()
    assert runner.is_alive(run)

    second, third = open_window(digits), open_window(digits)
    assert (second.desk.run_folder, third.desk.run_folder) == (run, run)
    until(qtbot, second, "paused")
    second.trigger("train.start")
    until(qtbot, third, "training")
    before = third.session.watch.history.step
    qtbot.waitUntil(lambda: third.session.watch.history.step > before + 50, timeout=WAIT)
    third.trigger("train.stop")
    until(qtbot, second, "ended")
    until(qtbot, third, "ended")
    assert second.words == third.words
    assert "keeping the best weights (val_loss" in second.words
    assert choose_weights(run, None, None).name == "best.safetensors"
    losses = [line["loss"] for line in lines(run) if line["event"] == "step"]
    np.testing.assert_array_equal(third.session.watch.history.lanes["adam"].loss.y, losses)
    assert "train.resume" in second.desk.actions
    assert second.desk.actions["train.resume"].isEnabled()


def test_the_end_of_a_process_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = {3: "it ended with exit code 3; its last words are in start/trainer.log", -15: "it was ended by SIGTERM"}
    for code, words in codes.items():
        monkeypatch.setitem(runner._codes, tmp_path, code)
        assert runner.death(tmp_path) == words


def test_a_process_that_the_system_has_ended_for_memory_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed:
        def poll(self) -> int:
            return -9

    monkeypatch.setattr(runner, "_kills_for_memory", lambda: 8)
    monkeypatch.setitem(runner._kills_before, tmp_path, 7)
    monkeypatch.setitem(runner._started, tmp_path, Killed())  # type: ignore[arg-type]
    monkeypatch.setitem(runner._codes, tmp_path, 0)
    assert runner.death(tmp_path).startswith("the system ended it because memory ran out")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_trainer_is_reported_and_its_run_can_go_on(open_window: Open, digits: Path, qtbot: QtBot) -> None:
    window = open_window(digits)
    run = started(window, qtbot, epochs=4000)
    until(qtbot, window, "training")
    qtbot.waitUntil(lambda: (run / "checkpoints/best.safetensors").exists(), timeout=WAIT)
    pid = runner.trainer_pid(run)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(qtbot, window, "died")
    assert window.words.endswith("without a last word: it was ended by SIGKILL")
    qtbot.waitUntil(lambda: any("the trainer has gone" in message for message in window.messages), timeout=WAIT)
    window.trigger("train.resume")
    watch = window.session.watch
    watch.read_all()
    assert watch.history.step > 0  # the old part is shown, but nothing can be asked of it
    assert (window.phase, window.words) == ("preparing", "Starting")
    window.trigger("train.stop")
    until(qtbot, window, "failed", "died")
    assert window.words.startswith("Stopped before it went on after step ")
    window.trigger("train.resume")
    until(qtbot, window, "training")  # what is asked at the first moment in which it can be asked is obeyed
    assert watch.history.run is not None
    assert watch.history.run["resumed"]
    window.trigger("train.stop_last")
    until(qtbot, window, "ended")
    assert choose_weights(run, None, None).name == "last.safetensors"
    steps = [line["step"] for line in lines(run) if line["event"] == "step"]
    assert steps == list(range(1, len(steps) + 1))
    np.testing.assert_array_equal(watch.history.lanes["adam"].loss.x, steps)


def test_an_unsaved_text_is_trained_with_its_relative_data_and_a_nan_is_told(
    open_window: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "few.npz", x=rng.random((90, 1, 8, 8)).astype(np.float32), y=rng.integers(0, 10, 90))
    spec = tmp_path / "mine.toml"
    spec.write_text(DIGITS, encoding="utf-8")
    window = open_window(spec)
    text = DIGITS.replace('data.type = "digits"', 'data = { type = "npz", layout = "nchw", file = "few.npz" }')
    window.desk.document.set_text("Type", text.replace('type = "adam", lr = 0.001', 'type = "sgd", lr = 1e30'))
    window.desk.document.settle()
    window.trigger("train.start")
    run = window.desk.run_folder
    assert run is not None
    until(qtbot, window, "ended", "failed")
    assert "the loss is nan" in window.words.lower()
    assert window.panel.status.words.tone == "error"
    assert read_order(run).spec_file == str(run / "start" / "spec.toml")
    assert (run / "spec.toml").read_text(encoding="utf-8") == window.desk.document.text
    assert spec.read_text(encoding="utf-8") == DIGITS
    window.panel.plots.draw()
    label = window.panel.plots.overlays[window.panel.plots.loss].labels[0]
    assert (label.value, label.is_bad) == ("NaN", True)


def test_a_run_that_cannot_start_says_why(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    spec = tmp_path / "mine.toml"
    spec.write_text(DIGITS.replace('data.type = "digits"', 'data = { type = "npz", file = "nowhere.npz" }'), encoding="utf-8")
    window = open_window(spec)
    window.trigger("train.start")
    until(qtbot, window, "failed")
    assert "nowhere.npz" in window.words
    assert window.panel.nothing.text() == window.words
    qtbot.waitUntil(lambda: window.desk.actions["train.start"].isEnabled(), timeout=WAIT)
    assert find_runs(tmp_path / "runs") == [window.desk.run_folder]


def test_a_single_step_from_rest_begins_a_run_and_takes_it(open_window: Open, digits: Path, qtbot: QtBot) -> None:
    window = open_window(digits)
    window.trigger("train.step")
    qtbot.waitUntil(lambda: window.phase == "paused" and window.session.watch.history.step == 1, timeout=WAIT)
    window.trigger("train.stop")
    until(qtbot, window, "ended")
    assert len([line for line in lines(window.desk.run_folder) if line["event"] == "step"]) == 1  # type: ignore[arg-type]


def test_a_text_with_errors_cannot_be_trained(open_window: Open, digits: Path) -> None:
    window = open_window(digits)
    window.desk.document.set_text("Type", DIGITS.replace("relu", "reluu"))
    window.desk.document.settle()
    start = window.desk.actions["train.start"]
    assert not start.isEnabled()
    assert "The text has errors" in start.toolTip()

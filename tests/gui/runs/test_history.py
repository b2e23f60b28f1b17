"""What a followed run shows: every line of its history, whatever happens to the file."""

from __future__ import annotations

import io
import math
import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import runner
from gui.runs.history import History
from gui.runs.plot_area import bands
from gui.runs.points_csv import write_points
from gui.runs.progress import Started, facts, proof, samples_per_second, seconds_left, standing
from gui.runs.watch import RunWatch
from netspec.look import OPTIMIZER_COLOURS
from netspec.training.run_lock import run_lock
from tests.gui.runs.made import line, run_line, step_line, whole_run, write


def made(*lines: dict[str, object]) -> History:
    history = History()
    history.add(lines)
    return history


def test_a_long_history_is_read_in_pieces_and_shown_whole(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    losses = rng.random(60_000)
    steps = (step_line(step, loss, seconds=step / 1000) for step, loss in enumerate(losses.tolist(), 1))
    run = write(tmp_path / "run", [run_line(epochs=12_000), *steps])
    watch = RunWatch(run)
    looks = 0
    while not watch.is_read:
        watch.look()
        looks += 1
    assert looks > 1
    np.testing.assert_array_equal(watch.history.lanes["adam"].loss.y, losses)
    watch.show_run(None)


def test_a_resumed_run_shows_what_the_history_says_in_the_end(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    lines = [run_line(), *(step_line(step, 1 / step) for step in range(1, 13))]
    run = write(tmp_path / "run", lines)
    watch, heard = RunWatch(run), []
    watch.news.connect(heard.append)
    watch.read_all()
    resumed = run_line(resumed=True, step=10, epoch=2, seconds=1.0)
    write(run, [*lines[:11], resumed, *(step_line(step, 2 / step) for step in range(11, 16))])
    watch.read_all()
    lane = watch.history.lanes["adam"]
    np.testing.assert_array_equal(lane.loss.x, range(1, 16))
    np.testing.assert_array_equal(lane.loss.y[10:], [2 / step for step in range(11, 16)])
    assert heard[-1][0] == lines[0]
    assert watch.history.part_began == (10, 1.0)
    watch.show_run(None)


def test_a_run_that_another_process_trains_is_alive_and_one_that_nobody_trains_has_died(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    run = write(tmp_path / "run", [run_line(), step_line(1)])
    watch = RunWatch(run)
    with run_lock(run / "running.pid"):
        watch.look_again()
        assert watch.standing.phase == "training"
    watch.look_again()
    assert watch.standing.phase == "died"
    assert watch.standing.words == "The trainer ended after step 1 without a last word."
    log = run / "start" / "trainer.log"
    log.parent.mkdir()
    log.write_text("Traceback\nMemoryError: 9 GB\n\n")
    watch.look_again()
    assert watch.standing.words.endswith("without a last word: its log ends with “MemoryError: 9 GB”")
    os.utime(log, (1, 1))  # of an earlier part of the run
    watch.look_again()
    assert watch.standing.words.endswith("without a last word.")
    write(run, whole_run())
    watch.look_again()
    assert (watch.standing.phase, watch.standing.words) == ("ended", "Completed: 4 epochs, 20 steps.")
    watch.show_run(None)
    assert runner.death(run) == ""


def test_numbers_that_json_lacks_are_numbers_again() -> None:
    history = made(run_line(), step_line(1, "NaN"), step_line(2, "Infinity"), step_line(3, 0.5))
    y = history.lanes["adam"].loss.y
    assert math.isnan(y[0])
    assert (y[1], y[2]) == (math.inf, 0.5)


def test_lanes_have_the_colours_of_their_optimizers() -> None:
    history = made(run_line(("sgd", "adam")))
    assert {label: lane.colour for label, lane in history.lanes.items()} == {
        label: OPTIMIZER_COLOURS[label] for label in ("sgd", "adam")
    }


def test_pausing_and_going_on_is_seen() -> None:
    history = made(run_line(), line("control", 3, "", command="pause", message="", paused=True))
    assert standing(history, Started(), is_alive=True, has_folder=True).phase == "paused"
    history.add([line("control", 3, "", command="continue", message="", paused=False)])
    assert standing(history, Started(), is_alive=True, has_folder=True).phase == "training"


def test_a_run_that_takes_the_rest_of_an_epoch_is_not_paused_before_it_says_so() -> None:
    step = line("control", 3, "", command="step", message="", paused=True, until="epoch")
    history = made(run_line(), step, step_line(4), line("control", 4, "", command="save", message="", paused=True))
    told = standing(history, Started(), is_alive=True, has_folder=True)
    assert (told.phase, told.words) == ("training", "Training to the end of the epoch, then pausing.")
    history.add([step_line(5), line("control", 5, "", command="paused", message="", paused=True)])
    told = standing(history, Started(), is_alive=True, has_folder=True)
    assert (told.phase, told.words) == ("paused", "Paused after step 5.")


def test_while_compiling_it_is_told_what(tmp_path: Path) -> None:
    started = Started("compiling", "conv2d.forward", 3, 12)
    told = standing(History(), started, is_alive=True, has_folder=True)
    assert (told.phase, told.words) == ("preparing", "Compiling 3 of 12: conv2d.forward")


def test_the_worst_end_of_a_race_is_told_with_the_lane() -> None:
    lines = whole_run(("sgd", "adam"))
    lines[-1] |= {"reason": "nan", "message": "the loss is nan at step 20"}
    told = standing(made(*lines), Started(), is_alive=False, has_folder=True)
    assert (told.words, told.tone) == ("Adam: the loss is NaN at step 20.", "error")


def test_time_left_and_speed_follow_the_pace_of_this_part() -> None:
    history = made(run_line(resumed=True, step=10, seconds=100.0), *(step_line(s, seconds=100 + s - 10) for s in (11, 12, 13)))
    assert seconds_left(history) == pytest.approx(7.0)  # 20 steps in all, one second a step
    assert samples_per_second(history) == pytest.approx(8.0)
    named = dict(facts(history, is_running=True))
    assert (named["epoch"], named["step"], named["left"], named["lr"]) == ("3/4", "13/20", "7.0 s", "0.1")


def test_frozen_stages_are_bands_and_the_proof_is_counted() -> None:
    proofs = [line("stage", step, stage="frozen proof", unchanged=True, digest="") for step in (0, 5, 10)]
    history = made(
        run_line(), line("stage", 0, stage="frozen layers", frozen=["conv1", "conv2"]),
        line("stage", 5, stage="frozen layers", frozen=["conv1"]), *proofs,
    )  # fmt: skip
    assert [(band.first, band.last, band.text) for band in bands(history)] == [
        (0, 5, "2 layers frozen: conv1, conv2"), (5, 10, "1 layer frozen: conv1"),
    ]  # fmt: skip
    assert proof(history) == (True, "1 frozen layer unchanged, proven 3 times")
    history.add([line("stage", 15, stage="frozen proof", unchanged=False, digest="")])
    assert proof(history) == (False, "1 frozen layer CHANGED, proven 4 times")


def test_warnings_of_the_start_and_of_the_way_are_told_once() -> None:
    told = line("warning", 5, message="looks inside cannot be written")
    history = made(run_line(warnings=["few samples"]), told, run_line(resumed=True, step=4, warnings=["few samples"]), told)
    assert history.warnings == ["few samples", "looks inside cannot be written"]


def test_exported_points_are_those_of_the_history() -> None:
    stream = io.StringIO()
    lines = whole_run(("sgd", "adam"))
    count = write_points([("one", made(*lines))], stream)
    rows = stream.getvalue().splitlines()
    assert rows[0] == "run,optimizer,curve,step,value"
    assert len(rows) == count + 1
    losses = {tuple(row.split(",")[1:]) for row in rows if ",loss," in row}
    assert losses == {(a["optimizer"], "loss", str(a["step"]), repr(a["loss"])) for a in lines if a["event"] == "step"}


def test_stages_of_a_schedule_are_bands_with_their_names_and_what_joins_them() -> None:
    history = made(
        run_line(), line("stage", 0, stage="frozen layers", frozen=["a", "b"], number=0, stages=2),
        line("stage", 10, stage="frozen layers", frozen=[], number=1, stages=2, unfrozen=["a", "b"]), step_line(15),
    )  # fmt: skip
    assert [(band.first, band.last, band.text, band.is_frozen) for band in bands(history)] == [
        (0, 10, "stage 1 of 2: 2 layers frozen: a, b", True),
        (10, 15, "stage 2 of 2: 2 further layers learn; nothing is frozen", False),
    ]


def test_epochs_from_the_cache_and_the_weights_at_the_start_are_told() -> None:
    cached = line("epoch", 10, running_loss=1.0, lr=0.1, samples=40, samples_per_second=1.0, from_cache=40)
    part = {"tensors": 6, "parameters": 60, "layers": 3, "shapes": {}}
    load = {"source": "a.pth", "loaded": part, "missing": {**part, "tensors": 0}, "newly_initialized": {**part, "tensors": 1},
            "notes": ["the prefix came off"], "warnings": []}  # fmt: skip
    history = made(run_line(load=load), {**cached, "epoch": 2})
    assert history.cached == {2: 1.0}
    assert "from_cache" not in history.lanes["adam"].training
    assert history.weights == "weights from a.pth: 6 tensors loaded, 1 tensor newly initialized; the prefix came off"
    assert made(run_line()).weights == ""


def test_layers_that_learn_by_now_were_proven_while_they_were_frozen() -> None:
    history = made(
        run_line(), line("stage", 0, stage="frozen layers", frozen=["a", "b"], number=0, stages=2),
        line("stage", 5, stage="frozen proof", unchanged=True, digest=""),
        line("stage", 10, stage="frozen layers", frozen=[], number=1, stages=2, unfrozen=["a", "b"]),
    )  # fmt: skip
    assert proof(history) == (True, "2 frozen layers unchanged until they learned, proven 1 time")

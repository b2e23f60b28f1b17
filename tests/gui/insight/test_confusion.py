"""The confusion matrix: its numbers, and what mouse and keyboard do with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.desk import Desk
from gui.insight.looks import looks_of
from gui.insight.matrix_view import MatrixView
from gui.insight.scores import Matrix, percent
from gui.panels.confusion import Confusion
from netspec.training.history import read_history
from netspec.training.insight_files import append_look, want_insight

LOOK = {"classes": 3, "cells": [[0, 0, 8], [0, 1, 2], [1, 1, 5], [1, -1, 5], [2, 0, 1]], "samples": 21}


@pytest.fixture
def matrix() -> Matrix:
    found = Matrix.of(LOOK)
    assert found is not None
    return found


@pytest.fixture
def view(qtbot: QtBot, matrix: Matrix) -> MatrixView:
    view = MatrixView()
    qtbot.addWidget(view)
    view.set_room(QSize(600, 400))
    view.show_matrix(matrix, ["cat", "dog", "eel"])
    view.show()
    return view


def test_recall_and_precision_by_hand(matrix: Matrix) -> None:
    np.testing.assert_allclose(matrix.recall(), [0.8, 0.5, 0.0])
    np.testing.assert_allclose(matrix.precision(), [8 / 9, 5 / 7, np.nan])
    assert (matrix.right, matrix.samples) == (13, 21)
    assert matrix.mistakes() == [(0, 1, 2), (2, 0, 1)]
    assert percent(0.934) == "93.4 %"
    assert percent(float("nan")) == "–"


def test_rows_sum_to_one_but_for_samples_without_a_prediction(matrix: Matrix) -> None:
    np.testing.assert_allclose(matrix.shares().sum(axis=1), [1.0, 0.5, 1.0])


def test_numbers_as_targets_have_no_matrix() -> None:
    assert Matrix.of({"classes": None, "cells": None}) is None


def test_a_click_chooses_a_cell_and_the_next_one_gives_it_back(view: MatrixView, qtbot: QtBot) -> None:
    chosen: list[object] = []
    view.cell_chosen.connect(chosen.append)
    for _ in range(2):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.cell_box((0, 1)).center())
        view.show_chosen(chosen[-1])  # type: ignore[arg-type]
    assert chosen == [(0, 1), None]
    assert view.cell_at(view.cell_box((2, 0)).center()) == (2, 0)
    assert view.told((0, 1)) == "cat predicted as dog: 2 of 10 samples, 20.0 %"


def test_arrow_keys_move_the_choice_and_escape_gives_it_up(view: MatrixView) -> None:
    chosen: list[object] = []
    view.cell_chosen.connect(chosen.append)
    view.cell_chosen.connect(view.show_chosen)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Escape):
        QTest.keyClick(view, key)
    assert chosen == [(1, 0), (1, 1), (0, 1), (0, 1), None]


def test_cells_of_many_classes_stay_large_enough_to_be_hit(view: MatrixView) -> None:
    cells = [[i, i, 1] for i in range(100)]
    large = Matrix.of({"classes": 100, "cells": cells})
    assert large is not None
    view.show_matrix(large, None)
    assert (view.cell.width(), view.cell.height()) == (14, 14)
    assert view.height() > 1400


def test_the_panel_shows_the_newest_validation_of_the_first_lane(desk: Desk, run: Path, qtbot: QtBot) -> None:
    panel = Confusion(desk)
    qtbot.addWidget(panel)
    panel.show()
    assert "No run is shown" in panel.pages.sentence.text()
    desk.show_run(run)
    last = [event for event in read_history(run) if event.event == "validation" and event.optimizer == "momentum"][-1]
    assert panel.looks.lane == "momentum"
    assert panel.matrix.matrix is not None
    accuracy = panel.matrix.matrix.right / panel.matrix.matrix.samples
    assert accuracy == pytest.approx(last.to_json()["accuracy"])
    assert f"{percent(accuracy)} right" in panel.summary.text()
    assert panel.where.text() == f"validation after epoch 2, step {last.step}"


def test_going_back_with_the_slider_stays_there_while_the_run_goes_on(desk: Desk, run: Path, qtbot: QtBot) -> None:
    panel = Confusion(desk)
    qtbot.addWidget(panel)
    panel.show()
    desk.show_run(run)
    panel.slider.setValue(0)
    assert "epoch 0" in panel.where.text()
    looks = looks_of(desk)
    looks.lanes["momentum"].append({**LOOK, "look": "validation", "part": "validation", "epoch": 3, "step": 99})
    looks.changed.emit()
    assert "epoch 0" in panel.where.text()
    panel.slider.setValue(panel.slider.maximum())
    assert "step 99" in panel.where.text()


def test_another_lane_shows_its_own_matrix(desk: Desk, run: Path, qtbot: QtBot) -> None:
    panel = Confusion(desk)
    qtbot.addWidget(panel)
    panel.show()
    desk.show_run(run)
    before = panel.matrix.matrix
    panel.looks.choose_lane("adam")
    assert before is not None
    assert panel.matrix.matrix is not None
    assert not np.array_equal(before.counts, panel.matrix.matrix.counts)


def test_a_run_that_goes_on_is_asked_for_looks_and_a_finished_one_is_not(desk: Desk, run: Path, tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    for folder in (new, old):
        folder.mkdir()
    (old / "history.jsonl").write_text("")
    looks = looks_of(desk)
    desk.show_run(new)
    assert (new / "insight" / "wanted").is_file()
    assert looks.why_none("It appears") == "It appears."
    desk.show_run(old)
    assert not (old / "insight").exists()
    assert "--insight" in looks.why_none("It appears")


def test_a_run_folder_that_may_only_be_read_is_shown_and_the_reason_for_no_looks_told(
    desk: Desk, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr("gui.insight.looks.want_insight", refused)
    watched, alone = tmp_path / "watched", tmp_path / "alone"
    for folder in (watched, alone):
        shutil.copytree(run, folder)
        (folder / "running.pid").touch()  # being trained
    shutil.rmtree(alone / "insight")
    looks, said = looks_of(desk), []
    desk.message_shown.connect(said.append)
    desk.show_run(watched)
    assert looks.of("validation")
    assert said == [looks.why_none("It appears")]
    desk.show_run(alone)
    assert looks.why_none("It appears").startswith(f"{alone / 'insight'}: no looks at this run can be asked for")
    assert "Permission denied" in looks.why_none("It appears")
    desk.show_run(run)
    assert "Permission denied" not in looks.why_none("It appears")


def test_new_looks_are_taken_in_while_a_run_goes_on(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    panel = Confusion(desk)
    qtbot.addWidget(panel)
    panel.show()
    want_insight(tmp_path)
    desk.show_run(tmp_path)
    assert "appears with the first validation" in panel.pages.sentence.text()
    look = {**LOOK, "look": "validation", "optimizer": "sgd", "part": "validation", "epoch": 1, "step": 7, "loss": 1.0}
    with qtbot.waitSignal(panel.looks.changed, timeout=5000):
        append_look(tmp_path / "insight" / "lane.jsonl", look)
    assert panel.where.text() == "validation after epoch 1, step 7"


def test_a_panel_that_nobody_sees_waits_until_it_is_seen(desk: Desk, run: Path, qtbot: QtBot) -> None:
    panel = Confusion(desk)
    qtbot.addWidget(panel)
    desk.show_run(run)
    assert panel.matrix.matrix is None
    panel.show()
    assert panel.matrix.matrix is not None


def test_a_chosen_cell_shows_its_samples_beside_the_matrix(desk: Desk, run: Path, qtbot: QtBot) -> None:
    panel = Confusion(desk)
    qtbot.addWidget(panel)
    panel.show()
    desk.show_run(run)
    assert panel.samples.isHidden()
    assert panel.matrix.matrix is not None
    true, predicted, found = panel.matrix.matrix.mistakes()[0]
    panel.looks.choose_cell((true, predicted))
    assert min(found, 6) <= len(panel.samples.rows) <= found
    assert panel.sampled.text().startswith(
        f"{true} predicted as {predicted}: {len(panel.samples.rows)} of {found} samples"
    )
    panel.slider.setValue(0)
    assert panel.sampled.text().endswith(", in the newest validation")


def test_files_that_are_no_looks_are_told_and_the_panel_stays(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    panel = Confusion(desk)
    qtbot.addWidget(panel)
    panel.show()
    want_insight(tmp_path)
    (tmp_path / "insight" / "lane.jsonl").write_text("no look\n")
    said: list[str] = []
    desk.message_shown.connect(said.append)
    desk.show_run(tmp_path)
    assert len(said) == 1
    assert "lane.jsonl: left out 1 line that cannot be read" in said[0]
    assert "appears with the first validation" in panel.pages.sentence.text()

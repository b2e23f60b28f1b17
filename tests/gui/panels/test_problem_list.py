from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QTextCharFormat
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.panels.problem_list import FIX, ProblemPanel
from gui.panels.spec_text import SpecTextPanel
from tests.gui.conftest import BROKEN, TEXT
from tests.gui.panels.rig import Rig

TWO = BROKEN.replace("kernel_size = 3", "kernel_size = 30")


@pytest.fixture
def panel(rig: Rig, spec_file: Path) -> ProblemPanel:
    spec_file.write_text(TWO, encoding="utf-8")
    rig.open(spec_file)
    found = rig.panel("Problems")
    assert isinstance(found, ProblemPanel)
    QApplication.processEvents()
    return found


def editor_of(rig: Rig) -> SpecTextPanel:
    panel = rig.panel("Text")
    assert isinstance(panel, SpecTextPanel)
    return panel


def click(panel: ProblemPanel, row: int, column: int) -> None:
    box = panel.problems.visualRect(panel.problems.listed.index(row, column))
    QTest.mouseClick(panel.problems.viewport(), Qt.MouseButton.LeftButton, pos=box.center())


def test_each_problem_has_its_place_code_message_and_remedy(panel: ProblemPanel) -> None:
    model = panel.problems.listed
    rows = [[model.data(model.index(row, column)) for column in range(6)] for row in range(model.rowCount())]
    assert rows == [
        ["", "tiny.toml:5:70", "NS203", "conv1: kernel_size 30 exceeds the padded input 8 + 2·1",
         "use kernel_size ≤ 10 or padding ≥ 11", "Fix"],
        ["", "tiny.toml:6:28", "NS106", 'relu1: there is no layer type "reluu"', "did you mean relu?", "Fix"],
    ]  # fmt: skip
    assert panel.tally.text() == "2 errors"
    assert model.data(model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole) == "error"


def test_a_click_goes_to_the_line_and_chooses_the_layer(rig: Rig, panel: ProblemPanel) -> None:
    editor_of(rig)
    click(panel, 1, 3)
    assert editor_of(rig).editor.textCursor().selectedText() == '"reluu"'
    assert rig.desk.chosen == {"relu1"}


def test_the_fix_column_mends_the_text_in_one_step(rig: Rig, panel: ProblemPanel) -> None:
    click(panel, 1, FIX)
    rig.document.settle()
    assert rig.document.text == TWO.replace("reluu", "relu")
    rig.document.undo_stack.undo()
    assert rig.document.text == TWO


def test_the_button_mends_the_chosen_problem(rig: Rig, panel: ProblemPanel) -> None:
    panel.problems.setCurrentIndex(QModelIndex())
    assert not panel.fix_button.isEnabled()
    panel.problems.selectRow(1)
    panel.fix_button.click()
    assert rig.document.text == TWO.replace("reluu", "relu")


def test_mended_texts_have_no_problems(rig: Rig, panel: ProblemPanel) -> None:
    rig.document.set_text("Typing", TEXT)
    rig.document.settle()
    assert panel.problems.listed.rowCount() == 0
    assert panel.tally.text() == "No problems."
    panel.step(1)
    assert rig.said == "No problems."


def test_the_menu_offers_what_can_be_done(panel: ProblemPanel) -> None:
    menu = panel.menu(panel.problems.listed.problems[1])
    assert [action.text() for action in menu.actions()] == ["Go to", "Replace with relu", "Copy"]
    menu.actions()[2].trigger()
    assert "did you mean relu?" in QApplication.clipboard().text()


def test_the_second_place_of_a_problem_can_be_gone_to_and_is_dotted_in_the_text(rig: Rig, panel: ProblemPanel) -> None:
    editor = editor_of(rig).editor
    problem = panel.problems.listed.problems[0]
    (second,) = problem.related
    actions = {action.text(): action for action in panel.menu(problem).actions()}
    actions[f"Go to line {second.span.line}: {second.message}"].trigger()
    assert editor.textCursor().blockNumber() + 1 == second.span.line
    dotted = [mark for mark in editor.extraSelections()
              if mark.format.underlineStyle() == QTextCharFormat.UnderlineStyle.DotLine]
    assert [mark.cursor.blockNumber() + 1 for mark in dotted] == [second.span.line]
    tip = panel.problems.listed.data(panel.problems.listed.index(0, 3), Qt.ItemDataRole.ToolTipRole)
    assert f"line {second.span.line}: {second.message}" in tip

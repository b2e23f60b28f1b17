from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.main_window import MainWindow
from gui.panels.problem_list import FIX, ProblemPanel
from gui.panels.spec_text import SpecTextPanel
from tests.gui.conftest import BROKEN, TEXT

TWO = BROKEN.replace("kernel_size = 3", "kernel_size = 30")


@pytest.fixture
def panel(window: MainWindow, spec_file: Path) -> ProblemPanel:
    spec_file.write_text(TWO, encoding="utf-8")
    window.open(spec_file)
    found = window.panel("Problems")
    assert isinstance(found, ProblemPanel)
    window.areas.show_panel(found)
    QApplication.processEvents()
    return found


def editor_of(window: MainWindow) -> SpecTextPanel:
    panel = window.panel("Text")
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


def test_a_click_goes_to_the_line_and_chooses_the_layer(window: MainWindow, panel: ProblemPanel) -> None:
    click(panel, 1, 3)
    assert editor_of(window).editor.textCursor().selectedText() == '"reluu"'
    assert window.desk.chosen == {"relu1"}


def test_f8_goes_round_and_shift_f8_back(window: MainWindow, panel: ProblemPanel) -> None:
    editor, seen = editor_of(window).editor, []
    for key in (Qt.KeyboardModifier.NoModifier,) * 3 + (Qt.KeyboardModifier.ShiftModifier,):
        QTest.keyClick(window, Qt.Key.Key_F8, key)
        seen.append(editor.textCursor().selectedText())
    assert seen == ["30", '"reluu"', "30", '"reluu"']
    assert "NS106" in window.statusBar().currentMessage()


def test_the_fix_column_mends_the_text_in_one_step(window: MainWindow, panel: ProblemPanel) -> None:
    click(panel, 1, FIX)
    window.document.settle()
    assert window.document.text == TWO.replace("reluu", "relu")
    window.document.undo_stack.undo()
    assert window.document.text == TWO


def test_the_button_mends_the_chosen_problem(window: MainWindow, panel: ProblemPanel) -> None:
    assert not panel.fix_button.isEnabled()
    panel.problems.selectRow(1)
    panel.fix_button.click()
    assert window.document.text == TWO.replace("reluu", "relu")


def test_mended_texts_have_no_problems(window: MainWindow, panel: ProblemPanel) -> None:
    window.document.set_text("Typing", TEXT)
    window.document.settle()
    assert panel.problems.listed.rowCount() == 0
    assert panel.tally.text() == "No problems."
    QTest.keyClick(window, Qt.Key.Key_F8)
    assert window.statusBar().currentMessage() == "No problems."


def test_the_menu_offers_what_can_be_done(panel: ProblemPanel) -> None:
    menu = panel.menu(panel.problems.listed.problems[1])
    assert [action.text() for action in menu.actions()] == ["Go to", "Replace with relu", "Copy"]
    menu.actions()[2].trigger()
    assert "did you mean relu?" in QApplication.clipboard().text()

"""What only the whole window shows: its keys, and all panels at once."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from gui.forms.row import FieldRow
from gui.main_window import MainWindow
from gui.panels.inspector import InspectorPanel
from gui.panels.layer_table import LayerTablePanel
from gui.panels.problem_list import ProblemPanel
from gui.panels.spec_text import SpecTextPanel
from tests.gui.conftest import BROKEN, TEXT

NONE, CONTROL, SHIFT = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier,
)  # fmt: skip


def row(window: MainWindow, key: str) -> FieldRow:
    panel = window.panel("Inspector")
    assert isinstance(panel, InspectorPanel)
    assert panel.layer.form is not None
    return panel.layer.form.rows[key]


def field(window: MainWindow, key: str) -> QLineEdit:
    return row(window, key).editor.findChildren(QLineEdit)[0]


def text_pane(window: MainWindow) -> SpecTextPanel:
    panel = window.panel("Text")
    assert isinstance(panel, SpecTextPanel)
    window.areas.show_panel(panel)
    panel.editor.setFocus()
    return panel


def test_an_error_stands_in_form_text_list_and_table_at_once_and_undo_takes_it_back(
    window: MainWindow, spec_file: Path, qtbot: QtBot
) -> None:
    window.open(spec_file)
    window.document.settle()
    window.desk.choose({"conv1"})
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    size = field(window, "kernel_size")
    size.setFocus()
    size.selectAll()
    QTest.keyClicks(size, "30")
    QTest.keyClick(size, Qt.Key.Key_Return)
    window.document.settle()
    assert row(window, "kernel_size").error_text() == (
        "kernel_size 30 exceeds the padded input 8 + 2·1; use kernel_size ≤ 10 or padding ≥ 11"
    )
    problems, table = window.panel("Problems"), window.panel("Layers")
    assert isinstance(problems, ProblemPanel)
    assert isinstance(table, LayerTablePanel)
    assert list(text_pane(window).editor.severities().values()) == ["error"]
    assert [problem.code for problem in problems.problems.listed.problems] == ["NS203"]
    window.areas.show_panel(table)
    assert [len(line.problems) for line in table.table.visible_lines()] == [1, 0, 0]
    size.setFocus()
    QTest.keyClick(size, Qt.Key.Key_Z, CONTROL)  # the document's undo, not the field's
    window.document.settle()
    assert window.document.text == TEXT
    assert row(window, "kernel_size").error_text() == ""


def test_f8_goes_round_the_problems_and_shift_f8_back(window: MainWindow, spec_file: Path) -> None:
    spec_file.write_text(BROKEN.replace("kernel_size = 3", "kernel_size = 30"), encoding="utf-8")
    window.open(spec_file)
    window.document.settle()
    pane, seen = text_pane(window), []
    for key in (NONE, NONE, NONE, SHIFT):
        QTest.keyClick(window, Qt.Key.Key_F8, key)
        seen.append(pane.editor.textCursor().selectedText())
    assert seen == ["30", '"reluu"', "30", '"reluu"']
    assert "NS106" in window.status.message()


def test_keys_of_the_window_do_not_reach_layers_while_typing(window: MainWindow, spec_file: Path) -> None:
    window.open(spec_file)
    pane = text_pane(window)
    pane.editor.go_to(TEXT.index('"tiny') + 5)
    window.desk.choose({"fc"})
    QTest.keyClicks(pane.editor, "l")
    QTest.keyClick(pane.editor, Qt.Key.Key_Delete)
    assert window.document.text == TEXT.replace('name = "tiny"', 'name = "tinyl')

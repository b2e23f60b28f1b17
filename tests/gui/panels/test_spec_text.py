"""The text pane in the window: typing, undo, problems, choice."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.panels.spec_text import SpecTextPanel
from netspec import editing
from netspec.shipped import shipped_specs
from tests.gui.conftest import BROKEN, TEXT

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


@pytest.fixture
def pane(window: MainWindow, spec_file: Path) -> SpecTextPanel:
    window.open(spec_file)
    return text_of(window)


def text_of(window: MainWindow) -> SpecTextPanel:
    panel = window.panel("Text")
    assert isinstance(panel, SpecTextPanel)
    window.areas.show_panel(panel)
    panel.editor.setFocus()
    return panel


def go(pane: SpecTextPanel, words: str) -> None:
    pane.editor.go_to(pane.editor.text().index(words) + len(words))


def test_typing_changes_the_document_and_its_table(window: MainWindow, pane: SpecTextPanel) -> None:
    go(pane, "out_features = 10")
    QTest.keyClicks(pane.editor, "0")
    window.document.settle()
    state = window.document.state
    assert state is not None
    assert state.text == TEXT.replace("= 10", "= 100")
    assert state.report is not None
    assert state.report.table[-1].output_shape == (100,)


def test_nonsense_is_kept_letter_by_letter_and_undone(window: MainWindow, pane: SpecTextPanel) -> None:
    nonsense = ']}{"=[[ name "\'#'
    go(pane, "spec_version = 1")
    QTest.keyClicks(pane.editor, nonsense)
    expected = TEXT.replace("spec_version = 1", f"spec_version = 1{nonsense}")
    assert window.document.text == pane.editor.text() == expected
    window.document.settle()
    state = window.document.state
    assert state is not None
    assert state.problems
    assert state.text == pane.editor.text() == expected
    while window.document.undo_stack.canUndo():
        QTest.keyClick(pane.editor, Key.Key_Z, CONTROL)
    assert window.document.text == pane.editor.text() == TEXT


def test_undo_and_redo_in_the_pane_are_the_documents(window: MainWindow, pane: SpecTextPanel) -> None:
    window.document.edit("Rename relu1", editing.rename, "relu1", "act")
    assert '"act"' in pane.editor.text()
    QTest.keyClick(pane.editor, Key.Key_Z, CONTROL)
    assert pane.editor.text() == TEXT
    QTest.keyClick(pane.editor, Key.Key_Z, CONTROL | SHIFT)
    assert '"act"' in pane.editor.text()
    QTest.keyClick(pane.editor, Key.Key_Z, CONTROL)
    QTest.keyClick(pane.editor, Key.Key_Y, CONTROL)
    assert '"act"' in pane.editor.text()


def test_the_cursor_stays_at_its_word_when_others_edit(window: MainWindow, pane: SpecTextPanel) -> None:
    go(pane, '"linear", out_')
    window.document.edit("Rename conv1", editing.rename, "conv1", "a_much_longer_name")
    assert pane.editor.text()[: pane.editor.position()].endswith('"linear", out_')


def test_keys_of_the_window_do_not_reach_layers_while_typing(window: MainWindow, pane: SpecTextPanel) -> None:
    go(pane, 'name = "tiny')
    window.desk.choose({"fc"})
    QTest.keyClicks(pane.editor, "l")
    QTest.keyClick(pane.editor, Key.Key_Delete)
    assert window.document.text == TEXT.replace('name = "tiny"', 'name = "tinyl')


def test_a_problem_is_in_the_text_and_goes_with_a_quick_fix(window: MainWindow, spec_file: Path) -> None:
    spec_file.write_text(BROKEN, encoding="utf-8")
    window.open(spec_file)
    pane = text_of(window)
    assert list(pane.editor.severities().values()) == ["error"]
    go(pane, '"relu')
    QTest.keyClick(pane.editor, Key.Key_Period, CONTROL)
    assert window.document.text == TEXT
    assert window.document.undo_stack.undoText() == "Replace with relu"
    window.document.settle()
    assert pane.editor.severities() == {}


def test_the_layer_at_the_cursor_is_chosen(window: MainWindow, pane: SpecTextPanel, qtbot: QtBot) -> None:
    go(pane, '"linear"')
    qtbot.waitUntil(lambda: window.desk.chosen == {"fc"})
    QTest.keyClick(pane.editor, Key.Key_Up)
    qtbot.waitUntil(lambda: window.desk.chosen == {"relu1"})


def test_in_a_block_all_layers_made_by_the_line_are_chosen(window: MainWindow, qtbot: QtBot) -> None:
    window.open(shipped_specs()["resnet18"])
    window.document.settle()
    pane = text_of(window)
    go(pane, 'name = "conv2"')
    qtbot.waitUntil(lambda: len(window.desk.chosen) == 8)
    assert "layer3.1.conv2" in window.desk.chosen
    go(pane, 'name = "layer2"')
    qtbot.waitUntil(lambda: window.desk.chosen == {"layer2"})


def test_a_layer_chosen_elsewhere_is_marked_and_the_focus_stays(window: MainWindow, pane: SpecTextPanel) -> None:
    window.setFocus()
    window.desk.choose({"fc"})
    row = TEXT[: TEXT.index('"fc"')].count("\n")
    assert pane.editor.marks.chosen == ((row, row),)
    assert not pane.editor.hasFocus()


def test_frozen_layers_have_a_snowflake_on_their_line(window: MainWindow, pane: SpecTextPanel) -> None:
    assert pane.editor.marks.frozen == {TEXT[: TEXT.index('"conv1"')].count("\n")}


def test_a_wanted_layer_gets_the_cursor(window: MainWindow, pane: SpecTextPanel) -> None:
    window.desk.go_to_layer("fc")
    assert pane.editor.textCursor().selectedText() == '"fc"'


def test_extended_files_have_tabs_and_are_read_only(window: MainWindow, spec_file: Path) -> None:
    spec_file.write_text(BROKEN, encoding="utf-8")
    child = spec_file.with_name("child.toml")
    child.write_text('extends = "tiny.toml"\nname = "child"\n', encoding="utf-8")
    window.open(child)
    pane = text_of(window)
    assert [pane.files.tabText(index) for index in range(pane.files.count())] == ["child.toml", "tiny.toml"]
    assert pane.files.isVisible()
    state = window.document.state
    assert state is not None
    window.desk.go_to_problem(state.problems[0])
    assert pane.file == str(spec_file)
    assert pane.base.textCursor().selectedText() == '"reluu"'
    assert "read-only" in pane.note.text()
    pane.base.setFocus()
    QTest.keyClicks(pane.base, "x")
    assert pane.base.text() == BROKEN
    assert window.document.text.startswith("extends")


def test_replacing_all_is_one_step(window: MainWindow, pane: SpecTextPanel) -> None:
    QTest.keyClick(pane.editor, Key.Key_H, CONTROL)
    bar = pane.find_bar
    assert bar.replacement.isVisible()
    QTest.keyClicks(bar.needle, "type")
    QTest.keyClicks(bar.replacement, "sort")
    bar.all.click()
    assert window.document.text == TEXT.replace("type", "sort")
    window.document.undo_stack.undo()
    assert window.document.text == pane.editor.text() == TEXT


def test_json_says_that_it_has_no_comments(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"input": {"shape": [4]}, "layers": [{"name": "a", "type": "relu"}]}', encoding="utf-8")
    window.open(path)
    pane = text_of(window)
    QTest.keyClick(pane.editor, Key.Key_Slash, CONTROL)
    assert "JSON has no comments" in window.statusBar().currentMessage()
    assert window.document.text == path.read_text(encoding="utf-8")


def test_a_file_with_other_line_ends_keeps_them(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "dos.toml"
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    window.open(path)
    pane = text_of(window)
    go(pane, "spec_version = 1")
    QTest.keyClick(pane.editor, Key.Key_Return)
    QTest.keyClicks(pane.editor, "seed = 3")
    expected = TEXT.replace("spec_version = 1\n", "spec_version = 1\nseed = 3\n").replace("\n", "\r\n")
    assert window.document.text == expected


def test_a_closed_document_shows_an_empty_disabled_pane(window: MainWindow, pane: SpecTextPanel) -> None:
    window.document.close()
    QApplication.processEvents()
    assert pane.editor.text() == ""
    assert not pane.editor.isEnabled()

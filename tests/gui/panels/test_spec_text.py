"""The text pane in the window: typing, undo, problems, choice."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.panels.spec_text import SpecTextPanel
from netspec import editing
from netspec.shipped import shipped_specs
from tests.gui.conftest import BROKEN, TEXT
from tests.gui.panels.rig import Rig

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


@pytest.fixture
def pane(rig: Rig, spec_file: Path) -> SpecTextPanel:
    rig.open(spec_file)
    return text_of(rig)


def text_of(rig: Rig) -> SpecTextPanel:
    panel = rig.panel("Text")
    assert isinstance(panel, SpecTextPanel)
    panel.editor.setFocus()
    return panel


def go(pane: SpecTextPanel, words: str) -> None:
    pane.editor.go_to(pane.editor.text().index(words) + len(words))


def test_typing_changes_the_document_and_its_table(rig: Rig, pane: SpecTextPanel) -> None:
    go(pane, "out_features = 10")
    QTest.keyClicks(pane.editor, "0")
    rig.document.settle()
    state = rig.document.state
    assert state is not None
    assert state.text == TEXT.replace("= 10", "= 100")
    assert state.report is not None
    assert state.report.table[-1].output_shape == (100,)


def test_nonsense_is_kept_letter_by_letter_and_undone(rig: Rig, pane: SpecTextPanel) -> None:
    nonsense = ']}{"=[[ name "\'#'
    go(pane, "spec_version = 1")
    QTest.keyClicks(pane.editor, nonsense)
    expected = TEXT.replace("spec_version = 1", f"spec_version = 1{nonsense}")
    assert rig.document.text == pane.editor.text() == expected
    rig.document.settle()
    state = rig.document.state
    assert state is not None
    assert state.problems
    assert state.text == pane.editor.text() == expected
    while rig.document.undo_stack.canUndo():
        QTest.keyClick(pane.editor, Key.Key_Z, CONTROL)
    assert rig.document.text == pane.editor.text() == TEXT


def test_undo_and_redo_in_the_pane_are_the_documents(rig: Rig, pane: SpecTextPanel) -> None:
    rig.document.edit("Rename relu1", editing.rename, "relu1", "act")
    assert '"act"' in pane.editor.text()
    QTest.keyClick(pane.editor, Key.Key_Z, CONTROL)
    assert pane.editor.text() == TEXT
    QTest.keyClick(pane.editor, Key.Key_Z, CONTROL | SHIFT)
    assert '"act"' in pane.editor.text()
    QTest.keyClick(pane.editor, Key.Key_Z, CONTROL)
    QTest.keyClick(pane.editor, Key.Key_Y, CONTROL)
    assert '"act"' in pane.editor.text()


def test_the_cursor_stays_at_its_word_when_others_edit(rig: Rig, pane: SpecTextPanel) -> None:
    go(pane, '"linear", out_')
    rig.document.edit("Rename conv1", editing.rename, "conv1", "a_much_longer_name")
    assert pane.editor.text()[: pane.editor.position()].endswith('"linear", out_')


def test_a_problem_is_in_the_text_and_goes_with_a_quick_fix(rig: Rig, spec_file: Path) -> None:
    spec_file.write_text(BROKEN, encoding="utf-8")
    rig.open(spec_file)
    pane = text_of(rig)
    assert list(pane.editor.severities().values()) == ["error"]
    go(pane, '"relu')
    QTest.keyClick(pane.editor, Key.Key_Period, CONTROL)
    assert rig.document.text == TEXT
    assert rig.document.undo_stack.undoText() == "Replace with relu"
    rig.document.settle()
    assert pane.editor.severities() == {}


def test_the_layer_at_the_cursor_is_chosen(rig: Rig, pane: SpecTextPanel, qtbot: QtBot) -> None:
    go(pane, '"linear"')
    qtbot.waitUntil(lambda: rig.desk.chosen == {"fc"})
    QTest.keyClick(pane.editor, Key.Key_Up)
    qtbot.waitUntil(lambda: rig.desk.chosen == {"relu1"})


def test_in_a_block_all_layers_made_by_the_line_are_chosen(rig: Rig, qtbot: QtBot) -> None:
    rig.open(shipped_specs()["resnet18"])
    rig.document.settle()
    pane = text_of(rig)
    go(pane, 'name = "conv2"')
    qtbot.waitUntil(lambda: len(rig.desk.chosen) == 8)
    assert "layer3.1.conv2" in rig.desk.chosen
    go(pane, 'name = "layer2"')
    qtbot.waitUntil(lambda: rig.desk.chosen == {"layer2"})


def test_a_layer_chosen_elsewhere_is_marked_and_the_focus_stays(rig: Rig, pane: SpecTextPanel) -> None:
    rig.setFocus()
    rig.desk.choose({"fc"})
    row = TEXT[: TEXT.index('"fc"')].count("\n")
    assert pane.editor.marks.chosen == ((row, row),)
    assert not pane.editor.hasFocus()


def test_frozen_layers_have_a_snowflake_on_their_line(rig: Rig, pane: SpecTextPanel) -> None:
    assert pane.editor.marks.frozen == {TEXT[: TEXT.index('"conv1"')].count("\n")}


def test_a_wanted_layer_gets_the_cursor(rig: Rig, pane: SpecTextPanel) -> None:
    rig.desk.go_to_layer("fc")
    assert pane.editor.textCursor().selectedText() == '"fc"'


def test_extended_files_have_tabs_and_are_read_only(rig: Rig, spec_file: Path) -> None:
    spec_file.write_text(BROKEN, encoding="utf-8")
    child = spec_file.with_name("child.toml")
    child.write_text('extends = "tiny.toml"\nname = "child"\n', encoding="utf-8")
    rig.open(child)
    pane = text_of(rig)
    assert [pane.files.tabText(index) for index in range(pane.files.count())] == ["child.toml", "tiny.toml"]
    assert pane.files.isVisible()
    state = rig.document.state
    assert state is not None
    rig.desk.go_to_problem(state.problems[0])
    assert pane.file == str(spec_file)
    assert pane.base.textCursor().selectedText() == '"reluu"'
    assert "read-only" in pane.note.text()
    pane.base.setFocus()
    QTest.keyClicks(pane.base, "x")
    assert pane.base.text() == BROKEN
    assert rig.document.text.startswith("extends")


def test_replacing_all_is_one_step(rig: Rig, pane: SpecTextPanel) -> None:
    QTest.keyClick(pane.editor, Key.Key_H, CONTROL)
    bar = pane.find_bar
    assert bar.replacement.isVisible()
    QTest.keyClicks(bar.needle, "type")
    QTest.keyClicks(bar.replacement, "sort")
    bar.all.click()
    assert rig.document.text == TEXT.replace("type", "sort")
    rig.document.undo_stack.undo()
    assert rig.document.text == pane.editor.text() == TEXT


def test_json_says_that_it_has_no_comments(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"input": {"shape": [4]}, "layers": [{"name": "a", "type": "relu"}]}', encoding="utf-8")
    rig.open(path)
    pane = text_of(rig)
    QTest.keyClick(pane.editor, Key.Key_Slash, CONTROL)
    assert "JSON has no comments" in rig.said
    assert rig.document.text == path.read_text(encoding="utf-8")


def test_a_file_with_other_line_ends_keeps_them(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "dos.toml"
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    rig.open(path)
    pane = text_of(rig)
    go(pane, "spec_version = 1")
    QTest.keyClick(pane.editor, Key.Key_Return)
    QTest.keyClicks(pane.editor, "seed = 3")
    expected = TEXT.replace("spec_version = 1\n", "spec_version = 1\nseed = 3\n").replace("\n", "\r\n")
    assert rig.document.text == expected


def test_a_closed_document_shows_an_empty_disabled_pane(rig: Rig, pane: SpecTextPanel) -> None:
    rig.document.close()
    QApplication.processEvents()
    assert pane.editor.text() == ""
    assert not pane.editor.isEnabled()

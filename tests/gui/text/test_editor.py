"""The editor with real keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QColor, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.text.colours import STYLES, contrast, style_colour
from gui.text.editor import SpecEditor
from gui.text.find_bar import FindBar
from gui.text.marks import Marks
from gui.theme import apply_theme
from netspec.loading import read_text
from netspec.look import DARK, LIGHT, Theme
from netspec.registry import plugins
from netspec.shipped import shipped_specs

LENET = shipped_specs()["lenet5"].read_text(encoding="utf-8")
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


@pytest.fixture
def editor(qtbot: QtBot, qapp: QApplication) -> Iterator[SpecEditor]:
    apply_theme(LIGHT)
    editor = SpecEditor()
    editor.resize(600, 500)
    editor.show_text(LENET, "toml")
    editor.show()
    editor.activateWindow()
    editor.setFocus()
    yield editor
    editor.close()
    editor.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def go(editor: SpecEditor, words: str) -> None:
    """Put the cursor behind these words."""
    editor.go_to(editor.text().index(words) + len(words))


def test_typing_is_told_and_changes_what_is_typed_only(editor: SpecEditor, qtbot: QtBot) -> None:
    go(editor, "out_channels = 6")
    with qtbot.waitSignal(editor.edited):
        QTest.keyClicks(editor, "4")
    assert editor.source() == LENET.replace("out_channels = 6", "out_channels = 64")


def test_showing_a_text_is_not_told_and_leaves_the_cursor_at_its_word(editor: SpecEditor, qtbot: QtBot) -> None:
    go(editor, 'name = "pool1"')
    changed = LENET.replace("out_channels = 6", "out_channels = 600")
    with qtbot.assertNotEmitted(editor.edited):
        editor.show_text(changed, "toml")
    assert editor.text() == changed
    assert editor.text()[: editor.position()].endswith('name = "pool1"')


@pytest.mark.parametrize("rest", ["", "\xa0", "\u2028x", "\r\nb = 1\r\n"])
def test_what_qt_shows_otherwise_is_kept(editor: SpecEditor, rest: str) -> None:
    editor.show_text(f"a = 1 # é😀{rest}", "toml")
    editor.go_to(0)
    QTest.keyClicks(editor, "z")
    assert editor.source() == f"za = 1 # é😀{rest}"


def test_enter_keeps_the_indent_and_opens_brackets(editor: SpecEditor) -> None:
    editor.show_text("layers = [", "toml")
    editor.go_to(10)
    QTest.keyClick(editor, Key.Key_Return)
    QTest.keyClicks(editor, "x")
    QTest.keyClick(editor, Key.Key_Escape)
    QTest.keyClick(editor, Key.Key_Return)
    QTest.keyClicks(editor, "y")
    assert editor.text() == "layers = [\n  x\n  y"


def test_enter_between_brackets_gives_each_its_line(editor: SpecEditor) -> None:
    editor.show_text("padding = {}", "toml")
    editor.go_to(11)
    QTest.keyClick(editor, Key.Key_Return)
    QTest.keyClicks(editor, "z")
    assert editor.text() == "padding = {\n  z\n}"


def test_comments_go_out_and_in_again(editor: SpecEditor) -> None:
    start = LENET.index("[[layers]]")
    editor.go_to(start, LENET.index("padding = 2") + 5)
    QTest.keyClick(editor, Key.Key_Slash, CONTROL)
    assert '# [[layers]]\n# name = "conv1"\n# type = "conv2d"' in editor.text()
    QTest.keyClick(editor, Key.Key_Slash, CONTROL)
    assert editor.text() == LENET


def test_tab_moves_chosen_lines_in_and_out(editor: SpecEditor) -> None:
    editor.show_text("a\nb\nc", "toml")
    editor.go_to(0, 3)
    QTest.keyClick(editor, Key.Key_Tab)
    assert editor.text() == "  a\n  b\nc"
    QTest.keyClick(editor, Key.Key_Backtab, SHIFT)
    assert editor.text() == "a\nb\nc"


def test_control_space_proposes_and_enter_takes(editor: SpecEditor, qtbot: QtBot) -> None:
    go(editor, "padding = 2")
    QTest.keyClick(editor, Key.Key_Return)
    QTest.keyClicks(editor, "roun")
    QTest.keyClick(editor, Key.Key_Space, CONTROL)
    assert editor.popup.isVisible()
    assert editor.popup.chosen is not None
    assert editor.popup.chosen.label == "rounding"
    assert "window that does not fit" in editor.popup.docs.text()
    QTest.keyClick(editor, Key.Key_Return)
    assert "padding = 2\nrounding = \n" in editor.text()
    qtbot.waitUntil(editor.popup.isVisible)  # now its values
    QTest.keyClick(editor, Key.Key_Down)
    QTest.keyClick(editor, Key.Key_Tab)
    assert 'padding = 2\nrounding = "ceil"\n' in editor.text()


def test_typing_opens_proposals_and_escape_closes_them(editor: SpecEditor, qtbot: QtBot) -> None:
    go(editor, "padding = 2")
    QTest.keyClick(editor, Key.Key_Return)
    QTest.keyClicks(editor, "st")
    qtbot.waitUntil(editor.popup.isVisible)
    assert editor.popup.proposals.items[0].label == "stride"
    QTest.keyClick(editor, Key.Key_Escape)
    assert not editor.popup.isVisible()
    assert "padding = 2\nst\n" in editor.text()


def test_a_word_that_is_complete_keeps_the_proposals_away(editor: SpecEditor) -> None:
    go(editor, 'type = "conv2d')
    editor.propose_while_typing()
    assert not editor.popup.isVisible()


def test_f12_and_control_click_go_to_a_definition(editor: SpecEditor, qtbot: QtBot) -> None:
    text = shipped_specs()["resnet18"].read_text(encoding="utf-8")
    editor.show_text(text, "toml")
    go(editor, 'block = "bas')
    QTest.keyClick(editor, Key.Key_F12)
    assert editor.textCursor().selectedText() == "blocks.basic" or "blocks.basic" in editor.textCursor().block().text()
    go(editor, 'inputs = ["bn')
    place = editor.cursorRect().center()
    QTest.mouseClick(editor.viewport(), Qt.MouseButton.LeftButton, CONTROL, place)
    assert editor.textCursor().selectedText() == '"bn2"'


def test_problems_have_a_wave_a_symbol_and_words(editor: SpecEditor) -> None:
    broken = LENET.replace('"relu"', '"reluu"', 1)
    editor.show_text(broken, "toml")
    editor.show_marks(Marks.of("x.toml", read_text(broken, file="x.toml").problems, frozenset({3}), ()))
    row = broken[: broken.index("reluu")].count("\n")
    waves = [mark for mark in editor.extraSelections() if mark.cursor.selectedText() == '"reluu"']
    assert len(waves) == 1
    assert "NS106" in editor.words_at(broken.index("reluu"))
    assert "did you mean relu" in editor.gutter.words_for(row)
    assert "frozen" in editor.gutter.words_for(3)
    assert editor.gutter.words_for(row + 1) == ""


def test_marks_move_with_the_text_until_new_ones_are_known(editor: SpecEditor) -> None:
    broken = LENET.replace("batch_size", "batch_sise")
    editor.show_text(broken, "toml")
    editor.show_marks(Marks.of("x.toml", read_text(broken, file="x.toml").problems, frozenset(), ()))
    row = broken[: broken.index("batch_sise")].count("\n")
    assert list(editor.severities()) == [row]
    editor.go_to(0)
    QTest.keyClick(editor, Key.Key_Return)
    assert list(editor.severities()) == [row + 1]
    editor.show_text("a = 1", "toml")
    assert editor.words_at(2) == ""


def test_find_counts_goes_on_and_comes_back(editor: SpecEditor, qtbot: QtBot) -> None:
    bar = FindBar(editor)
    qtbot.addWidget(bar)
    editor.go_to(0)
    bar.open("find")
    QTest.keyClicks(bar.needle, "kernel_size")
    assert bar.found.text() == "4 found"
    QTest.keyClick(bar.needle, Key.Key_Return)
    assert bar.found.text() == "1 of 4"
    first = editor.textCursor().selectionStart()
    assert editor.textCursor().selectedText() == "kernel_size"
    QTest.keyClick(bar, Key.Key_F3)
    assert bar.found.text() == "2 of 4"
    QTest.keyClick(bar, Key.Key_F3, SHIFT)
    assert editor.textCursor().selectionStart() == first
    QTest.keyClick(bar.needle, Key.Key_Escape)
    assert not bar.isVisible()
    assert editor.hits == []


def test_replace_tells_the_new_text(editor: SpecEditor, qtbot: QtBot) -> None:
    bar = FindBar(editor)
    qtbot.addWidget(bar)
    said: list[tuple[str, str]] = []
    bar.replace_wanted.connect(lambda label, text: said.append((label, text)))
    bar.open("replace")
    bar.needle.setText(r"relu(\d)")
    bar.pattern.setChecked(True)
    bar.replacement.setText(r"act\1")
    bar.all.click()
    assert said == [("Replace 4 times", LENET.replace('"relu1"', '"act1"').replace('"relu2"', '"act2"')
                     .replace('"relu3"', '"act3"').replace('"relu4"', '"act4"'))]  # fmt: skip
    bar.needle.setText("(")
    assert bar.found.text() == "no expression"
    assert bar.hits() == []


def test_go_to_line(editor: SpecEditor, qtbot: QtBot) -> None:
    bar = FindBar(editor)
    qtbot.addWidget(bar)
    bar.open("line")
    QTest.keyClicks(bar.line, "12")
    QTest.keyClick(bar.line, Key.Key_Return)
    assert editor.textCursor().blockNumber() == 11
    assert not bar.isVisible()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_word_stands_out_from_what_is_behind_it(theme: Theme) -> None:
    names = [name for family in ("layers", "losses", "optimizers") for name in plugins(f"netspec.{family}")]
    colours = [style_colour(style, "", theme) for style in (*STYLES, "key")]
    colours += [style_colour("type", name, theme) for name in names]
    for colour in colours:
        for behind in (theme.window, theme.surface):
            assert contrast(colour, QColor(behind)) >= 4.5, colour.name()


def test_only_lines_that_changed_are_painted_again(editor: SpecEditor, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = '[[layers]]\nname = "c{}"\ntype = "conv2d"\nout_channels = 64\nkernel_size = 3\npadding = 1\n\n'
    editor.show_text("".join(layer.format(number) for number in range(1000)), "toml")
    QApplication.processEvents()
    painted: list[int] = []
    monkeypatch.setattr(
        editor.highlighter, "setFormat", lambda *_: painted.append(editor.highlighter.currentBlock().blockNumber())
    )
    go(editor, '"c500"\ntype = "conv2d"\nout_channels = 64')
    QTest.keyClicks(editor, "0")
    QApplication.processEvents()
    assert set(painted) == {7 * 500 + 3}


def test_the_cursor_moves_by_keys_alone(editor: SpecEditor) -> None:
    editor.moveCursor(QTextCursor.MoveOperation.Start)
    QTest.keyClick(editor, Key.Key_Down)
    QTest.keyClick(editor, Key.Key_End)
    assert editor.text()[: editor.position()].endswith("spec_version = 1")

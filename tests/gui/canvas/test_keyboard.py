"""Everything on the canvas can be done by the keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.canvas.diagram import LOSS
from gui.main_window import MainWindow
from gui.panels.canvas import Canvas
from tests.gui.canvas.conftest import BLOCKS, NETWORK, Hands

Ctrl, Shift, Alt = (
    Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip
Key = Qt.Key


def test_arrows_walk_along_the_lines(hands: Hands) -> None:
    walked = []
    hands.view.choose(["input"], "input")
    for _ in range(6):
        hands.key(Key.Key_Down)
        walked.append(hands.view.current)
    assert walked == ["conv1", "relu1", "conv2", "sum", "fc", LOSS]
    hands.key(Key.Key_Up)
    assert hands.desk.chosen == {"fc"}


def test_the_first_arrow_starts_at_the_first_box_and_end_goes_to_the_last(hands: Hands) -> None:
    hands.key(Key.Key_Down)
    assert hands.view.current == "input"
    hands.key(Key.Key_End)
    assert hands.view.current == LOSS
    hands.key(Key.Key_Home)
    assert hands.view.current == "input"


def test_shift_and_an_arrow_chooses_more(hands: Hands) -> None:
    hands.view.choose(["conv1"], "conv1")
    hands.key(Key.Key_Down, Shift)
    assert hands.desk.chosen == {"conv1", "relu1"}


def test_left_and_right_go_to_the_branches_beside(hands: Hands) -> None:
    hands.open(NETWORK.replace('[[layers]]\nname = "sum"', '[[layers]]\nname = "side"\ntype = "relu"\ninputs = ["relu1"]\n\n'
                               '[[layers]]\nname = "sum"').replace('["conv2", "relu1"]', '["conv2", "side"]'))  # fmt: skip
    hands.view.choose(["conv2"], "conv2")
    hands.key(Key.Key_Right)
    assert hands.view.current == "side"
    hands.key(Key.Key_Left)
    assert hands.view.current == "conv2"


def test_alt_and_an_arrow_moves_the_box(hands: Hands) -> None:
    hands.view.choose(["relu1"], "relu1")
    before = hands.canvas.board.layout.boxes["relu1"]
    hands.key(Key.Key_Right, Alt, Shift)
    assert hands.canvas.board.layout.boxes["relu1"].left == before.left + 40


def test_del_joins_the_ends_and_shift_del_does_not(hands: Hands) -> None:
    hands.view.choose(["relu1"], "relu1")
    hands.key(Key.Key_Delete)
    assert hands.canvas.board.diagram.givers("conv2") == ["conv1"]
    assert hands.canvas.board.diagram.givers("sum") == ["conv2", "conv1"]
    assert hands.desk.chosen == {"conv2"}
    hands.undo()
    assert hands.document.text == NETWORK
    hands.view.choose(["relu1"], "relu1")
    hands.key(Key.Key_Delete, Shift)
    assert hands.canvas.board.diagram.givers("sum") == ["conv2"]


def test_l_freezes_what_is_chosen_and_unfreezes_it(hands: Hands) -> None:
    hands.view.choose(["conv1", "conv2"], "conv2")
    hands.key(Key.Key_L)
    assert {"conv1", "conv2"} <= hands.canvas.board.diagram.frozen
    assert hands.document.undo_stack.undoText() == "Freeze 2 layers"
    hands.key(Key.Key_L)
    assert hands.document.text == NETWORK


def test_shift_l_freezes_up_to_the_layer(hands: Hands) -> None:
    hands.view.choose(["conv2"], "conv2")
    hands.key(Key.Key_L, Shift)
    assert hands.canvas.board.diagram.frozen >= {"conv1", "relu1", "conv2"}
    assert not hands.canvas.board.diagram.box["fc"].is_frozen
    assert 'freeze_to = "conv2"' in hands.document.text


def test_f2_renames_the_current_layer(hands: Hands) -> None:
    hands.view.choose(["fc"], "fc")
    hands.key(Key.Key_F2)
    QTest.keyClicks(hands.view.rename_field, "head")
    QTest.keyClick(hands.view.rename_field, Key.Key_Return)
    hands.document.settle()
    assert 'name = "head"' in hands.document.text
    assert hands.view.hasFocus()


def test_a_letter_in_the_rename_field_is_text_and_no_shortcut(hands: Hands) -> None:
    hands.view.choose(["fc"], "fc")
    hands.key(Key.Key_F2)
    QTest.keyClicks(hands.view.rename_field, "l")
    assert hands.document.text == NETWORK
    assert hands.view.rename_field.text() == "l"


def test_c_and_enter_connect_without_a_mouse(hands: Hands) -> None:
    said: list[str] = []
    hands.desk.message_shown.connect(said.append)
    hands.view.choose(["conv1"], "conv1")
    hands.key(Key.Key_C)
    for _ in range(3):
        hands.key(Key.Key_Down)
    assert hands.view.current == "sum"
    hands.key(Key.Key_Return)
    assert 'inputs = ["conv2", "relu1", "conv1"]' in hands.document.text
    assert said[-1] == "Connected: sum reads conv1."


def test_a_connection_by_keys_that_cannot_be_is_refused(hands: Hands) -> None:
    said: list[str] = []
    hands.desk.message_shown.connect(said.append)
    hands.view.choose(["fc"], "fc")
    hands.key(Key.Key_C)
    hands.key(Key.Key_Up)
    hands.key(Key.Key_Return)
    assert said[-1] == "Not connected: a circle: fc is computed from sum."
    hands.key(Key.Key_C)
    hands.key(Key.Key_Escape)
    assert said[-1] == "Not connected."
    assert hands.document.text == NETWORK


def test_enter_unfolds_a_block_and_folds_its_frame(hands: Hands) -> None:
    hands.open(BLOCKS)
    hands.canvas.board.fold_all()
    hands.view.choose(["stage"], "stage")
    hands.key(Key.Key_Return)
    assert "stage.0.conv" in hands.names()
    hands.view.choose(["stage.0.relu"], "stage.0.relu")
    hands.desk.actions["view.fold"].trigger()
    assert "stage.0.relu" not in hands.names()
    assert hands.view.current == "stage.0"


def test_plus_and_minus_zoom_and_fit_shows_everything(hands: Hands) -> None:
    hands.key(Key.Key_Plus)
    assert hands.view.zoom == pytest.approx(1.2)
    hands.key(Key.Key_Minus)
    assert hands.view.zoom == pytest.approx(1.0)
    hands.canvas.fit()
    assert hands.view.sight().contains(hands.canvas.board.scene.bounds())


def test_escape_chooses_nothing(hands: Hands) -> None:
    hands.view.choose(["fc"], "fc")
    hands.key(Key.Key_Escape)
    assert hands.desk.chosen == frozenset()


def test_chosen_layers_are_copied_pasted_and_duplicated_by_the_keys(window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(NETWORK, encoding="utf-8")
    window.open(tmp_path / "small.toml")
    canvas = window.panel("Canvas")
    assert isinstance(canvas, Canvas)
    hands = Hands(canvas)
    window.activateWindow()
    window.document.settle()
    QApplication.processEvents()
    hands.click(hands.place("conv1"))
    hands.key(Key.Key_C, Ctrl)
    hands.key(Key.Key_V, Ctrl)
    assert len(hands.names()) == 8
    (new,) = hands.desk.chosen
    assert hands.canvas.board.diagram.box[new].type == "conv2d"
    hands.key(Key.Key_D, Ctrl)
    assert len(hands.names()) == 9
    hands.key(Key.Key_X, Ctrl)
    hands.key(Key.Key_Z, Ctrl)
    hands.key(Key.Key_Z, Ctrl)
    hands.key(Key.Key_Z, Ctrl)
    assert hands.document.text == NETWORK
    hands.key(Key.Key_F, Ctrl)
    assert hands.view.find_bar.isVisible()
    hands.key(Key.Key_0, Ctrl)
    assert hands.view.sight().contains(hands.canvas.board.scene.bounds())
    hands.document.undo_stack.setClean()


def test_find_goes_through_the_matches_also_in_folded_blocks(hands: Hands) -> None:
    hands.open(BLOCKS)
    hands.canvas.board.fold_all()
    hands.canvas.begin_find()
    bar = hands.view.find_bar
    QTest.keyClicks(bar.field, "add")
    assert bar.number.text() == "1 of 2"
    assert hands.desk.chosen == {"stage.0.add"}
    QTest.keyClick(bar.field, Key.Key_Return)
    assert hands.desk.chosen == {"stage.1.add"}
    QTest.keyClick(bar.field, Key.Key_Escape)
    assert not bar.isVisible()
    assert hands.view.hasFocus()


def test_find_takes_a_whole_name_for_that_block_and_leaves_it_folded(hands: Hands) -> None:
    hands.open(BLOCKS)
    hands.canvas.board.fold_all()
    hands.canvas.begin_find()
    bar = hands.view.find_bar
    QTest.keyClicks(bar.field, "stage")
    QTest.keyClick(bar.field, Key.Key_Return)
    assert hands.desk.chosen == {"stage"}
    assert "stage" in hands.names()
    QTest.keyClick(bar.field, Key.Key_Return)
    assert hands.desk.chosen == {"stage.0.conv"}


def test_what_the_keyboard_is_at_is_told_to_screen_readers(hands: Hands) -> None:
    hands.view.choose(["conv1"], "conv1")
    assert hands.view.accessibleDescription() == "conv1, conv2d, output 4 × 8 × 8, 112 parameters"
    hands.key(Key.Key_L)
    hands.key(Key.Key_Up)
    hands.key(Key.Key_Down)
    assert hands.view.accessibleDescription().endswith("frozen")


def test_the_menu_offers_what_fits(hands: Hands) -> None:
    def texts() -> list[str]:
        return [action.text().replace("&", "") for action in hands.canvas.menu().actions()]

    assert "Arrange" in texts()
    hands.view.choose(["conv1"], "conv1")
    assert {"Freeze\tL", "Freeze up to here\tShift+L", "Delete and join the ends\tDel"} <= set(texts())
    hands.view.choose((), edge=("relu1", "sum"))
    assert texts() == ["Delete the connection\tDel"]


def test_choosing_a_layer_shows_no_window_and_keeps_the_keys_on_the_canvas(window: MainWindow) -> None:
    """Widgets of forms that are shown before they have a parent are windows for a moment, and take the focus."""
    window.document.new(NETWORK)
    window.document.settle()
    canvas = window.panel("Canvas")
    assert isinstance(canvas, Canvas)
    window.activateWindow()
    hands = Hands(canvas)
    for name in ("conv1", "sum", "fc", "relu1"):
        hands.view.choose([name], name)
        hands.view.setFocus()
        QTest.qWait(20)
        assert QApplication.activeWindow() is window
        assert QApplication.focusWidget() is hands.view

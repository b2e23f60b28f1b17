"""What a person does with the mouse on the canvas, by real mouse events."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.canvas.connecting import Connect
from gui.canvas.diagram import LOSS
from gui.canvas.drops import dragged
from gui.panels.canvas import Canvas
from tests.gui.canvas.conftest import BLOCKS, NETWORK, Hands

Ctrl, Shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LOWER, UPPER = 22.0, -22.0
"""From the middle of a box to its ports."""


def drop(hands: Hands, at: QPoint, type: str = "relu") -> None:
    """A layer of the palette is dragged to a place and dropped there."""
    mime, copy, left = dragged(type), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none, port = Qt.KeyboardModifier.NoModifier, hands.view.viewport()
    for event in (
        QDragEnterEvent(at, copy, mime, left, none), QDragMoveEvent(at, copy, mime, left, none),
        QDropEvent(QPointF(at), copy, mime, left, none),
    ):  # fmt: skip
        QApplication.sendEvent(port, event)
        assert event.isAccepted()
    hands.document.settle()


def test_a_click_chooses_a_box_and_a_click_beside_it_none(hands: Hands) -> None:
    hands.click(hands.place("conv1"))
    assert hands.desk.chosen == {"conv1"}
    hands.click(hands.place("conv1", dx=300))
    assert hands.desk.chosen == frozenset()


def test_ctrl_and_a_click_adds_to_the_choice_and_takes_away(hands: Hands) -> None:
    hands.click(hands.place("conv1"))
    hands.click(hands.place("fc"), Ctrl)
    assert hands.desk.chosen == {"conv1", "fc"}
    hands.click(hands.place("conv1"), Ctrl)
    assert hands.desk.chosen == {"fc"}


def test_a_rubber_band_chooses_what_it_touches(hands: Hands) -> None:
    hands.drag(hands.place("conv1", dx=-200, dy=-30), hands.place("relu1", dx=10))
    assert hands.desk.chosen == {"conv1", "relu1"}


def test_a_dragged_box_stays_where_it_was_put_until_undo(hands: Hands) -> None:
    before = hands.canvas.board.layout.boxes["relu1"]
    hands.drag(hands.place("relu1"), hands.place("relu1", dx=200, dy=20))
    after = hands.canvas.board.layout.boxes["relu1"]
    assert (after.left - before.left, after.top - before.top) == (200, 20)
    assert set(hands.document.positions) == {"relu1"}
    assert hands.document.text == NETWORK
    assert hands.document.undo_stack.undoText() == "Move relu1"
    hands.undo()
    assert hands.canvas.board.layout.boxes["relu1"] == before
    assert hands.document.positions == {}


def test_a_box_that_is_moved_a_little_goes_back_into_the_column(hands: Hands) -> None:
    hands.drag(hands.place("relu1"), hands.place("relu1", dx=5, dy=0))
    assert hands.document.positions == {}


def test_escape_while_dragging_leaves_the_box_where_it_was(hands: Hands) -> None:
    before = hands.canvas.board.layout.boxes["relu1"]
    hands.drag(hands.place("relu1"), hands.place("relu1", dx=200), release=False)
    assert hands.canvas.board.layout.boxes["relu1"] != before
    hands.key(Qt.Key.Key_Escape)
    assert hands.canvas.board.layout.boxes["relu1"] == before
    assert hands.document.positions == {}


def test_several_chosen_boxes_move_together(hands: Hands) -> None:
    hands.click(hands.place("conv1"))
    hands.click(hands.place("fc"), Ctrl)
    hands.drag(hands.place("fc"), hands.place("fc", dx=120, dy=0))
    assert set(hands.document.positions) == {"conv1", "fc"}


def test_a_line_from_port_to_port_connects(hands: Hands) -> None:
    hands.drag(hands.place("conv1", dy=LOWER + 3), hands.place("sum"))
    assert 'inputs = ["conv2", "relu1", "conv1"]' in hands.document.text
    assert hands.document.undo_stack.undoText() == "Connect conv1 and sum"
    hands.undo()
    assert hands.document.text == NETWORK


def test_a_line_can_be_drawn_from_the_reader_to_the_giver(hands: Hands) -> None:
    hands.drag(hands.place("fc", dy=UPPER - 3), hands.place("relu1"))
    assert 'inputs = ["relu1"]' in hands.document.text


def test_a_line_to_the_loss_names_what_it_reads(hands: Hands) -> None:
    hands.view.ensureVisible(hands.canvas.board.scene.boxes[LOSS].sceneBoundingRect(), 60, 60)
    hands.drag(hands.place("sum", dy=LOWER + 3), hands.place(LOSS))
    assert 'input = "sum"' in hands.document.text.split("[loss]")[1]


@pytest.mark.parametrize(
    ("giver", "reader", "reason"),
    [
        ("conv2", "conv1", "a circle: conv2 is computed from conv1"),
        ("conv1", "input", "input is an input of the network and reads nothing"),
        ("conv1", "relu1", "relu1 reads conv1 already"),
    ],
)
def test_a_line_that_cannot_be_is_refused_with_its_reason(hands: Hands, giver: str, reader: str, reason: str) -> None:
    said: list[str] = []
    hands.desk.message_shown.connect(said.append)
    hands.drag(hands.place(giver, dy=LOWER + 3), hands.place(reader), release=False)
    gesture = hands.view.pointer.gesture
    assert isinstance(gesture, Connect)
    assert gesture.verdict is not None
    assert (gesture.verdict.kind, gesture.verdict.text) == ("no", reason)
    QTest.mouseRelease(hands.view.viewport(), Qt.MouseButton.LeftButton, pos=hands.place(reader))
    assert said == [f"Not connected: {reason}."]
    assert hands.document.text == NETWORK


def test_shapes_that_do_not_fit_are_told_before_the_line_is_dropped(hands: Hands) -> None:
    hands.drag(hands.place("input", dy=LOWER + 3), hands.place("sum"), release=False)
    gesture = hands.view.pointer.gesture
    assert isinstance(gesture, Connect)
    assert gesture.verdict is not None
    assert gesture.verdict.kind == "doubt"
    assert gesture.verdict.text == "input 3 is [3, 8, 8] but input 1 (conv2) is [4, 8, 8]"
    hands.key(Qt.Key.Key_Escape)
    assert hands.document.text == NETWORK


def test_a_layer_dropped_on_a_line_is_inserted_there(hands: Hands) -> None:
    boxes = hands.canvas.board.layout.boxes
    between = QPointF(0, (boxes["conv1"].bottom + boxes["relu1"].top) / 2)
    drop(hands, hands.view.mapFromScene(between), "batch_norm")
    diagram = hands.canvas.board.diagram
    assert diagram.givers("bn1") == ["conv1"]
    assert diagram.givers("relu1") == ["bn1"]
    assert hands.desk.chosen == {"bn1"}
    hands.undo()
    assert hands.document.text == NETWORK


def test_a_layer_dropped_on_a_box_follows_it(hands: Hands) -> None:
    drop(hands, hands.place("relu1"), "dropout")
    diagram = hands.canvas.board.diagram
    assert diagram.givers("drop1") == ["relu1"]
    assert diagram.givers("conv2") == ["drop1"]


def test_a_layer_dropped_on_an_empty_place_goes_to_the_end_and_says_so(hands: Hands) -> None:
    said: list[str] = []
    hands.desk.message_shown.connect(said.append)
    drop(hands, hands.place("relu1", dx=260), "tanh")
    layout = hands.canvas.board.layout.boxes
    assert layout["tanh1"].centre[0] == layout["fc"].centre[0]
    assert layout["tanh1"].top > layout["fc"].bottom
    assert hands.document.positions == {}
    assert said[-1].startswith("tanh1 stands at the end: it reads fc.")
    hands.undo()
    assert hands.document.text == NETWORK


def test_a_layer_dropped_on_a_line_into_a_block_goes_in_front_of_the_block(hands: Hands) -> None:
    hands.open(BLOCKS)
    line = hands.canvas.board.layout.lines["stem", "stage.0.conv"]
    drop(hands, hands.view.mapFromScene(QPointF(line[0][0], line[0][1] + 14)), "batch_norm")
    diagram = hands.canvas.board.diagram
    assert diagram.givers("bn1") == ["stem"]
    assert diagram.givers("stage.0.conv") == ["bn1"]
    hands.undo()
    assert hands.document.text == BLOCKS


def test_nothing_goes_between_two_copies_of_a_block(hands: Hands) -> None:
    hands.open(BLOCKS)
    said: list[str] = []
    hands.document.refused.connect(lambda message, _: said.append(message))
    boxes = hands.canvas.board.layout.boxes
    between = QPointF(0, (boxes["stage.0.add"].bottom + boxes["stage.1.conv"].top) / 2)
    drop(hands, hands.view.mapFromScene(between), "batch_norm")
    assert said == ["stage.0 and stage.1 are copies of one block, which follow each other by themselves"]
    assert hands.document.text == BLOCKS
    assert not hands.document.undo_stack.canUndo()


def test_a_layer_dropped_into_a_block_goes_into_its_definition(hands: Hands) -> None:
    hands.open(BLOCKS)
    rect = hands.canvas.board.layout.boxes["stage.0.conv"]
    drop(hands, hands.view.mapFromScene(QPointF(rect.left - 8, rect.bottom + 14)), "tanh")
    assert {"stage.0.tanh1", "stage.1.tanh1"} <= set(hands.names())
    assert hands.canvas.board.diagram.givers("stage.1.tanh1") == ["stage.1.conv"]


def test_a_drop_that_is_refused_leaves_no_step_of_undo(hands: Hands) -> None:
    said: list[str] = []
    hands.document.refused.connect(lambda message, _: said.append(message))
    drop(hands, hands.place("relu1", dx=260), "nonsense")
    assert said
    assert not hands.document.undo_stack.canUndo()


def test_a_chosen_line_is_deleted_by_del(hands: Hands) -> None:
    boxes = hands.canvas.board.layout.boxes
    beside = [point for point in hands.canvas.board.layout.lines["relu1", "sum"] if point[0] != 0]
    hands.click(hands.view.mapFromScene(QPointF(beside[0][0], boxes["conv2"].centre[1])))
    assert hands.view.chosen_edge == ("relu1", "sum")
    hands.key(Qt.Key.Key_Delete)
    assert 'inputs = ["conv2"]' in hands.document.text
    hands.undo()
    assert hands.document.text == NETWORK


def test_a_double_click_on_the_name_renames_in_place(hands: Hands) -> None:
    hands.double_click(hands.place("relu1", dx=-50, dy=-10))
    field = hands.view.rename_field
    assert field.isVisible()
    QTest.keyClicks(field, "first")
    QTest.keyClick(field, Qt.Key.Key_Return)
    hands.document.settle()
    assert not field.isVisible()
    assert 'name = "first"' in hands.document.text
    assert 'inputs = ["conv2", "first"]' in hands.document.text
    assert hands.desk.chosen == {"first"}


def test_escape_leaves_the_name(hands: Hands) -> None:
    hands.double_click(hands.place("relu1", dx=-50, dy=-10))
    QTest.keyClicks(hands.view.rename_field, "first")
    QTest.keyClick(hands.view.rename_field, Qt.Key.Key_Escape)
    assert hands.document.text == NETWORK
    assert not hands.view.rename_field.isVisible()


def test_a_click_on_the_place_of_the_snowflake_freezes_and_unfreezes(hands: Hands) -> None:
    hands.click(hands.place("conv1", dx=69, dy=-9))
    assert hands.canvas.board.diagram.box["conv1"].is_frozen
    hands.click(hands.place("conv1", dx=69, dy=-9))
    assert hands.document.text == NETWORK


def test_a_double_click_on_a_block_unfolds_it_and_one_on_its_title_folds_it(hands: Hands) -> None:
    hands.open(BLOCKS)
    hands.canvas.board.fold_all()
    assert hands.names() == ["input", "stem", "stage", "fc"]
    hands.double_click(hands.place("stage", dy=10))
    assert "stage.0.conv" in hands.names()
    hands.double_click(hands.title("stage"))
    assert hands.names() == ["input", "stem", "stage", "fc"]


def test_a_frame_is_moved_by_its_title_with_all_that_is_in_it(hands: Hands) -> None:
    hands.open(BLOCKS)
    before = hands.canvas.board.layout.boxes["stage.0.conv"]
    start = hands.title("stage")
    hands.drag(start, start + QPoint(160, 40))
    after = hands.canvas.board.layout.boxes["stage.0.conv"]
    assert (after.left - before.left, after.top - before.top) == (160, 40)
    assert set(hands.document.positions) == {"stage"}


def test_an_edit_inside_a_block_changes_its_definition_and_all_copies(hands: Hands) -> None:
    hands.open(BLOCKS)
    assert hands.canvas.board.diagram.frame["stage.0"].title == "shared by 2"
    drop(hands, hands.place("stage.0.relu"), "dropout")
    assert {"stage.0.drop1", "stage.1.drop1"} <= set(hands.names())


def test_ctrl_and_the_wheel_zooms_at_the_mouse(canvas: Canvas, hands: Hands) -> None:
    at = hands.place("relu1")
    before = hands.view.mapToScene(at)
    none, ctrl = Qt.MouseButton.NoButton, Ctrl
    event = QWheelEvent(
        QPointF(at), QPointF(at), QPoint(), QPoint(0, 120), none, ctrl, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(hands.view.viewport(), event)
    assert hands.view.zoom == pytest.approx(1.2)
    after = hands.view.mapToScene(at)
    assert (after - before).manhattanLength() < 2


def test_the_middle_button_moves_the_view(hands: Hands) -> None:
    port, middle = hands.view.viewport(), Qt.MouseButton.MiddleButton
    before = hands.view.mapToScene(QPoint(0, 0))
    QTest.mousePress(port, middle, pos=QPoint(300, 300))
    QTest.mouseMove(port, QPoint(340, 280))
    QTest.mouseRelease(port, middle, pos=QPoint(340, 280))
    after = hands.view.mapToScene(QPoint(0, 0))
    assert (before.x() - after.x(), before.y() - after.y()) == (40, -20)


def test_a_click_into_the_mini_map_goes_there(hands: Hands) -> None:
    hands.view.set_zoom(2.0)
    before = hands.view.sight().center().y()
    hands.view.minimap.refresh()
    assert hands.view.minimap.isVisible()
    QTest.mouseClick(hands.view.minimap, Qt.MouseButton.LeftButton, pos=hands.view.minimap.rect().center() + QPoint(0, 20))
    assert hands.view.sight().center().y() > before

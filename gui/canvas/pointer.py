"""What the mouse means: where it is pressed decides which gesture begins."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from gui.canvas.box_item import badge_rect, name_rect
from gui.canvas.connecting import Connect
from gui.canvas.edits import Edits
from gui.canvas.gestures import Band, Drag, Gesture, Pan
from gui.canvas.layout.nested import HEIGHT, WIDTH
from gui.canvas.rename_field import RenameField
from gui.canvas.view import FAR, CanvasView

PORT = 11.0
"""Reach of a port, in the scene."""
Button, Modifier = Qt.MouseButton, Qt.KeyboardModifier


class Pointer:
    """Handles the mouse events of a view."""

    def __init__(self, view: CanvasView, edits: Edits, rename: RenameField) -> None:
        self.view, self.edits, self.rename = view, edits, rename
        self.board, self.scene = view.board, view.board.scene
        self.gesture: Gesture | None = None
        self.is_space_held = False
        self._pressed: tuple[QPoint, str] | None = None
        self._hot: str | None = None
        self._was_chosen = False

    def press(self, event: QMouseEvent) -> None:
        """A button goes down."""
        at, place = event.position().toPoint(), self._place(event)
        if event.button() == Button.MiddleButton or (event.button() == Button.LeftButton and self.is_space_held):
            self._begin(Pan(self.view, place))
        elif event.button() == Button.LeftButton and self.gesture is None:
            self._press_left(at, place, event.modifiers())

    def move(self, event: QMouseEvent) -> None:
        """The mouse moves, with or without a button."""
        place = self._place(event)
        if self._pressed is not None and self.gesture is None:
            start, name = self._pressed
            if (event.position().toPoint() - start).manhattanLength() >= QApplication.startDragDistance():
                self._begin(Drag(self.view, self.edits, self._dragged(name), self.view.mapToScene(start)))
        if self.gesture is not None:
            self.gesture.move(place)
        else:
            self._hover(place)

    def release(self, event: QMouseEvent) -> None:
        """A button goes up."""
        place = self._place(event)
        if self.gesture is not None:
            gesture, self.gesture = self.gesture, None
            gesture.finish(place)
        elif self._pressed is not None:
            self._click(self._pressed[1], place, event.modifiers())
        self._pressed = None
        self.view.viewport().unsetCursor()

    def double_click(self, event: QMouseEvent) -> None:
        """On a name: rename. On a block: fold or unfold. On a layer: show it everywhere."""
        self._pressed = None
        if event.button() != Button.LeftButton:
            return
        place = self._place(event)
        name = self.scene.box_at(place)
        frame = self.scene.frame_at(place, title=True) if name is None else None
        if frame is not None:
            self.board.fold([frame])
        elif name is not None and self._inside(name, place, of_name=True) and self.view.zoom >= FAR:
            self.rename.begin(name)
        elif name is not None and self.board.diagram.box[name].kind == "block":
            self.board.unfold([name])
        elif name is not None:
            self.view.desk.go_to_layer(name)

    def cancel(self) -> bool:
        """Break off what is going on; whether there was something."""
        gesture, self.gesture, self._pressed = self.gesture, None, None
        if gesture is not None:
            gesture.cancel()
            self.view.viewport().unsetCursor()
        return gesture is not None

    def leave(self) -> None:
        """The mouse is elsewhere."""
        self._heat(None)

    def name_at(self, place: QPointF) -> str | None:
        """The box there, or the frame whose title is there."""
        return self.scene.box_at(place) or self.scene.frame_at(place, title=True)

    def _press_left(self, at: QPoint, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        port = self._port_at(place)
        if port is not None:
            self._begin(Connect(self.view, self.edits, port[0], is_giver=port[1]))
            return
        name = self.name_at(place)
        if name is None:
            self._press_empty(place, modifiers)
            return
        self._pressed = (at, name)
        self._was_chosen = name in self.view.desk.chosen
        if modifiers & (Modifier.ControlModifier | Modifier.ShiftModifier):
            chosen = set(self.view.desk.chosen) ^ {name}
            self.view.choose(sorted(chosen), name)
        elif not self._was_chosen:
            self.view.choose([name], name)

    def _press_empty(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        edge = self.scene.edge_at(place) if self.view.zoom >= FAR else None
        adds = bool(modifiers & (Modifier.ControlModifier | Modifier.ShiftModifier))
        if edge is not None:
            self.view.choose((), edge=edge)
            return
        if not adds:
            self.view.choose(())
        self._begin(Band(self.view, place, adds=adds))

    def _click(self, name: str, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Pressed and released without moving: of several chosen ones only this stays; on the snowflake it thaws."""
        if modifiers & (Modifier.ControlModifier | Modifier.ShiftModifier):
            return
        box = self.board.diagram.box.get(name)
        if box is not None and self._inside(name, place, of_name=False) and (box.is_frozen or box.params):
            self.edits.toggle_frozen([name])
        elif self._was_chosen and len(self.view.desk.chosen) > 1:
            self.view.choose([name], name)

    def _dragged(self, name: str) -> list[str]:
        chosen = [other for other in self.view.desk.chosen if other in self.board.layout.anchors]
        return sorted(chosen) if name in chosen else [name]

    def _begin(self, gesture: Gesture) -> None:
        self._heat(None)
        self.gesture = gesture
        self.view.viewport().setCursor(gesture.cursor)

    def _hover(self, place: QPointF) -> None:
        name = self.scene.box_at(place) or (self._near_port(place) if self.view.zoom >= FAR else None)
        self._heat(name)
        edge = self.scene.edge_at(place) if name is None and self.view.zoom >= FAR else None
        for pair, item in self.scene.edges.items():
            if item.is_hot != (pair == edge):
                item.mark(hot=pair == edge)
        title = self.scene.frame_at(place, title=True) if name is None else None
        for frame, ground in self.scene.frames.items():
            ground.mark(chosen=ground.is_chosen, hot=frame == title)
        self.view.setToolTip(self._tip(name, edge))
        port = self._port_at(place)
        self.view.viewport().setCursor(Qt.CursorShape.CrossCursor if port is not None else Qt.CursorShape.ArrowCursor)

    def _tip(self, name: str | None, edge: tuple[str, str] | None) -> str:
        diagram = self.board.diagram
        if name is not None:
            return diagram.box[name].spoken()
        if edge is None:
            return ""
        shape = diagram.box[edge[0]].shape_text
        return f"{edge[0]} → {edge[1].strip('[]')}" + (f", {shape}" if shape else "")

    def _heat(self, name: str | None) -> None:
        if name == self._hot:
            return
        if self._hot in self.scene.boxes:
            self.scene.boxes[str(self._hot)].heat(hot=False)
        self._hot = name
        if name is not None:
            self.scene.boxes[name].heat(hot=True, ports=True)

    def _near_port(self, place: QPointF) -> str | None:
        port = self._port_at(place)
        return port[0] if port is not None else None

    def _port_at(self, place: QPointF) -> tuple[str, bool] | None:
        """The box whose port is there, and whether it is the lower one."""
        if self.view.zoom < FAR:
            return None
        for name, rect in self.board.layout.boxes.items():
            if abs(place.x() - rect.centre[0]) > PORT or not rect.top - PORT <= place.y() <= rect.bottom + PORT:
                continue
            kind = self.board.diagram.box[name].kind
            if abs(place.y() - rect.bottom) <= PORT and kind != "loss" and place.y() > rect.bottom - PORT / 2:
                return name, True
            if abs(place.y() - rect.top) <= PORT and kind != "input" and place.y() < rect.top + PORT / 2:
                return name, False
        return None

    def _inside(self, name: str, place: QPointF, *, of_name: bool) -> bool:
        """Whether a place is on the name of a box, or on its snowflake."""
        rect = self.board.layout.boxes[name]
        inner = place - QPointF(rect.left, rect.top)
        assert 0 <= inner.x() <= WIDTH
        assert 0 <= inner.y() <= HEIGHT
        return (name_rect() if of_name else badge_rect()).contains(inner)

    def _place(self, event: QMouseEvent) -> QPointF:
        return self.view.mapToScene(event.position().toPoint())

"""The canvas with everything that acts on it: mouse, keys, drops, find, mini-map."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from gui.canvas.board import Board
from gui.canvas.drops import Drops
from gui.canvas.edits import Edits
from gui.canvas.find_bar import FindBar
from gui.canvas.freeze_strip import FreezeStrip
from gui.canvas.keys import Keys
from gui.canvas.minimap import MiniMap
from gui.canvas.pointer import Pointer
from gui.canvas.rename_field import RenameField
from gui.canvas.view import CanvasView


class Workbench(CanvasView):
    """`menu_wanted` asks for the context menu at a place of the screen."""

    menu_wanted = Signal(object)

    def __init__(self, board: Board, parent: QWidget | None = None) -> None:
        super().__init__(board, parent)
        self.edits = Edits(board)
        self.rename_field = RenameField(self, self.edits)
        self.pointer = Pointer(self, self.edits, self.rename_field)
        self.keys = Keys(self, self.edits, self.pointer)
        self.drops = Drops(self, self.edits)
        self.find_bar, self.minimap = FindBar(self), MiniMap(self)
        self.freeze_strip = FreezeStrip(self, self.edits)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self.keys.wants(event):
            event.accept()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.pointer.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.pointer.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.pointer.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.pointer.double_click(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self.pointer.leave()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if not self.keys.press(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        self.keys.release(event)
        super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self._mark()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self.pointer.is_space_held = False
        super().focusOutEvent(event)
        self._mark()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            name = self.pointer.name_at(self.mapToScene(event.pos()))
            if name is not None and name not in self.desk.chosen:
                self.choose([name], name)
            self.menu_wanted.emit(event.globalPos())
            return
        rect = self.board.layout.boxes.get(self.current or "") or self.board.layout.frames.get(self.current or "")
        place = self.mapFromScene(QPointF(*rect.centre)) if rect is not None else self.viewport().rect().center()
        self.menu_wanted.emit(self.viewport().mapToGlobal(place))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if self.drops.takes(event):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        if self.drops.takes(event):
            self.drops.move(event)
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        self.drops.leave()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        if self.drops.takes(event):
            self.drops.drop(event)
            event.acceptProposedAction()
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.find_bar.place()

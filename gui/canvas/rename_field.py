"""Renaming a layer where its name stands."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from gui.canvas.diagram import loss_place
from gui.canvas.edits import Edits
from gui.canvas.layout.geometry import Rect
from gui.canvas.view import CanvasView

LEAST = 140
"""Width of the field in pixels."""


class RenameField(QLineEdit):
    """Appears over a box's name; Enter renames, Escape and a click elsewhere leave the name."""

    def __init__(self, view: CanvasView, edits: Edits) -> None:
        super().__init__(view.viewport())
        self.view, self.edits = view, edits
        self.name: str | None = None
        self.setObjectName("renameField")
        self.setAccessibleName("New name")
        self.hide()
        self.returnPressed.connect(self._accept)
        self.editingFinished.connect(self.close_field)
        view.moved.connect(self.close_field)

    def begin(self, name: str) -> None:
        """Offer to rename a layer, a block or a frame."""
        if loss_place(name) is not None or not self.edits.board.editable([name]):
            self.view.desk.message("Only layers and blocks have a name that can be changed here.")
            return
        diagram, layout = self.view.board.diagram, self.view.board.layout
        item = diagram.box.get(name) or diagram.frame[name]
        self.view.make_visible(name)
        self.name = name
        self.setText(item.label)
        self.setGeometry(self._place(layout.boxes.get(name) or layout.frames[name]))
        self.show()
        self.selectAll()
        self.setFocus()

    def close_field(self) -> None:
        """Go away without renaming."""
        if self.name is not None:
            self.name = None
            self.hide()
            self.view.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.close_field()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # letters are text here, not shortcuts
            return True
        return super().event(event)

    def _accept(self) -> None:
        name, text = self.name, self.text().strip()
        self.close_field()
        if name is not None:
            self.edits.rename(name, text)

    def _place(self, rect: Rect) -> QRect:
        top_left = self.view.mapFromScene(rect.left + 8, rect.top + 1)
        width = max(LEAST, round((rect.width - 16) * min(1.0, self.view.zoom)))
        return QRect(top_left - QPoint(0, 1), top_left + QPoint(min(width, 220), 24))

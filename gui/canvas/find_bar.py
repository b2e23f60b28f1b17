"""Finding boxes: a field in the canvas' corner that goes through the matches."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QToolButton

from gui.canvas.finding import find
from gui.canvas.view import CanvasView
from netspec.look import count

HINT = "Name, type, 64×56×56, frozen, error …"


class FindBar(QFrame):
    """Enter and Shift+Enter go to the next and the previous match, Escape closes it. It looks into folded blocks, too.

    The first Enter after typing a whole name stays where it is: just that was looked for.
    """

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view = view
        self.matches: list[str] = []
        self.at = 0
        self._is_meant = False
        self.setObjectName("findBar")
        self.field, self.number = QLineEdit(), QLabel()
        self.field.setPlaceholderText(HINT)
        self.field.setAccessibleName("Find layers")
        self.field.setMinimumWidth(230)
        self.number.setObjectName("secondary")
        self.number.setMinimumWidth(56)
        self.number.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.addWidget(self.field)
        row.addWidget(self.number)
        for arrow, name, by in ((Qt.ArrowType.UpArrow, "Previous", -1), (Qt.ArrowType.DownArrow, "Next", 1)):
            button = QToolButton()
            button.setArrowType(arrow)
            button.setAutoRaise(True)
            button.setAccessibleName(name)
            button.setToolTip(name)
            button.clicked.connect(lambda _=False, by=by: self.go(by))
            row.addWidget(button)
        self.hide()
        self.field.textChanged.connect(self.search)
        view.board.shown.connect(self._refresh)

    def begin(self) -> None:
        """Ask what to find."""
        self.show()
        self.place()
        self.field.setFocus()
        self.field.selectAll()
        self.search()

    def end(self) -> None:
        """Close it; the match that was reached stays chosen."""
        self.hide()
        self.view.setFocus()

    def place(self) -> None:
        """Into the upper right corner."""
        self.adjustSize()
        self.move(self.view.viewport().width() - self.width() - 12, 12)

    def search(self) -> None:
        """Find what the field says, and go to the first match."""
        self.matches, self.at = find(self.view.board.whole(), self.field.text()), 0
        self._show_number()
        self._is_meant = bool(self.matches) and self.matches[0].lower() == self.field.text().strip().lower()
        if self.matches:
            self._show_match()

    def go(self, by: int) -> None:
        """To the next (1) or the previous (−1) match."""
        if self.matches:
            self.at = (self.at + (0 if self._is_meant else by)) % len(self.matches)
            self._is_meant = False
            self._show_number()
            self._show_match()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.end()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        else:
            super().keyPressEvent(event)

    def _refresh(self) -> None:
        """The network has changed: what no longer matches is left out."""
        if self.isVisible():
            here = self.matches[self.at] if self.matches else None
            self.matches = find(self.view.board.whole(), self.field.text())
            self.at = self.matches.index(here) if here in self.matches else 0
            self._show_number()

    def _show_number(self) -> None:
        if not self.field.text().strip():
            self.number.setText("")
        elif self.matches:
            self.number.setText(f"{count(self.at + 1)} of {count(len(self.matches))}")
        else:
            self.number.setText("none")

    def _show_match(self) -> None:
        name = self.matches[self.at]
        self.view.go_to(name)
        shown = self.view.board.box_of(name)
        if shown is not None:
            self.view.choose([shown], shown)

"""The buttons for zooming in the canvas' lower left corner, and what is said while the canvas is empty."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton

from gui.canvas.view import CanvasView
from gui.theme import current_theme
from netspec.problems import Problem

EMPTY = "Drag a layer from the palette to start,\nor type in the text."
MARKED = "What is drawn is what can still be read. Click to go there."
LEFT = 30
"""Beside the strip of the frozen depth."""
MARKER = 460
"""Greatest width of what is said about a text with errors."""


class Marker(QLabel):
    """Says over the canvas what is wrong with a text that cannot be drawn; a click goes to it."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.desk = view.desk
        self.problem: Problem | None = None
        self.setObjectName("marker")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Tell the first error."""
        self.problem = next((problem for problem in problems if problem.severity == "error"), None)
        if self.problem is not None:
            self.setText(_told(self.problem))
            self.setAccessibleName(f"Error: {self.problem.message}")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self.problem is not None and event.button() == Qt.MouseButton.LeftButton:
            self.desk.go_to_problem(self.problem)


def _told(problem: Problem) -> str:
    """ "Line 4: expected "]" …", and what can be seen meanwhile."""
    line = f"Line {problem.span.line}: " if problem.span is not None and problem.span.line else ""
    colour = current_theme().secondary
    return f"<b>{html.escape(line + problem.message)}</b><br><span style='color:{colour}'>{MARKED}</span>"


class Corner(QFrame):
    """Out, the zoom in percent (a click sets 100 %), in, fit."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view = view
        self.setObjectName("zoomBar")
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 3, 4, 3)
        row.setSpacing(2)
        self.percent = self._button("100 %", "Zoom; a click sets 100 %", lambda: view.set_zoom(1.0))
        self.percent.setMinimumWidth(52)
        row.addWidget(self._button("−", "Zoom out (−)", view.zoom_out))
        row.addWidget(self.percent)
        row.addWidget(self._button("+", "Zoom in (+)", view.zoom_in))
        row.addWidget(self._button("Fit", "Show the whole network (Ctrl+0)", view.fit))
        self.marker = Marker(view)
        self.empty = QLabel(EMPTY, view)
        self.empty.setObjectName("secondary")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        view.zoomed.connect(self._show_zoom)
        view.board.shown.connect(self._place)
        view.installEventFilter(self)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._place()
        return False

    def _button(self, text: str, tip: str, slot: Callable[[], object]) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda _=False: slot())
        return button

    def _show_zoom(self, zoom: float) -> None:
        self.percent.setText(f"{round(zoom * 100)} %")

    def _place(self) -> None:
        self.adjustSize()
        self.move(LEFT, self.view.height() - self.height() - 12)
        self._place_marker()
        self.empty.setGeometry(self.view.rect())
        self.empty.setVisible(not any(box.kind in ("layer", "block") for box in self.view.board.diagram.boxes))

    def _place_marker(self) -> None:
        state = self.view.desk.document.state
        self.marker.show_problems(state.problems if state is not None else ())
        self.marker.setFixedWidth(max(min(MARKER, self.view.width() - 2 * LEFT), 1))
        self.marker.adjustSize()
        self.marker.move(LEFT, 12)
        self.marker.setVisible(self.view.board.diagram.is_broken and self.marker.problem is not None)

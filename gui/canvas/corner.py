"""The buttons for zooming in the canvas' lower left corner, and what is said while the canvas is empty."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton

from gui.canvas.view import CanvasView

EMPTY = "Drag a layer from the palette to start,\nor type in the text."
MARKED = "The text has errors: shapes are those that can still be worked out."
LEFT = 30
"""Beside the strip of the frozen depth."""
MARKER = 250
"""Width of what is said about a text with errors."""


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
        self.marker = QLabel(MARKED, view)
        self.marker.setObjectName("marker")
        self.marker.setWordWrap(True)
        self.marker.setFixedWidth(MARKER)
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
        self.marker.adjustSize()
        self.marker.move(LEFT, 12)
        self.marker.setVisible(self.view.board.diagram.is_broken)
        self.empty.setGeometry(self.view.rect())
        self.empty.setVisible(not any(box.kind in ("layer", "block") for box in self.view.board.diagram.boxes))

"""A canvas of its own, without the window around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.desk import Desk
from gui.document import Document
from gui.panels.canvas import Canvas
from gui.theme import apply_theme
from netspec.look import LIGHT

NETWORK = """\
spec_version = 1
name = "small"

[input]
shape = [3, 8, 8]

[[layers]]
name = "conv1"
type = "conv2d"
out_channels = 4
kernel_size = 3
padding = 1  # keeps the size

[[layers]]
name = "relu1"
type = "relu"

[[layers]]
name = "conv2"
type = "conv2d"
out_channels = 4
kernel_size = 3
padding = 1

[[layers]]
name = "sum"
type = "add"
inputs = ["conv2", "relu1"]

[[layers]]
name = "fc"
type = "linear"
out_features = 10

[loss]
type = "cross_entropy"
"""
BLOCKS = """\
spec_version = 1
input.shape = [3, 8, 8]
layers = [
  { name = "stem", type = "conv2d", out_channels = 4, kernel_size = 3, padding = 1 },
  { name = "stage", type = "block", block = "basic", repeat = 2 },
  { name = "fc", type = "linear", out_features = 10 },
]

[blocks.basic]
layers = [
  { name = "conv", type = "conv2d", out_channels = 4, kernel_size = 3, padding = 1 },
  { name = "relu", type = "relu" },
  { name = "add", type = "add", inputs = ["relu", "input"] },
]
"""


class Hands:
    """Uses the mouse and the keys as a person does."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas, self.view = canvas, canvas.view
        self.document, self.desk = canvas.desk.document, canvas.desk

    def open(self, text: str) -> None:
        """Show this spec at a zoom of 1."""
        self.document.new(text)
        self.document.settle()
        self.view.set_zoom(1.0)
        self.view.centerOn(QPointF(0, 200))
        QApplication.processEvents()

    def place(self, name: str, dx: float = 0, dy: float = 0) -> QPoint:
        """A place on the screen, from the middle of a box."""
        x, y = self.canvas.board.layout.boxes[name].centre
        return self.view.mapFromScene(QPointF(x + dx, y + dy))

    def title(self, frame: str) -> QPoint:
        """The title of a frame."""
        rect = self.canvas.board.layout.frames[frame]
        return self.view.mapFromScene(QPointF(rect.left + 40, rect.top + 10))

    def click(self, at: QPoint, *modifiers: Qt.KeyboardModifier) -> None:
        """A click of the left button."""
        QTest.mouseMove(self.view.viewport(), at)
        QTest.mouseClick(self.view.viewport(), Qt.MouseButton.LeftButton, joined(modifiers), at)
        self.document.settle()

    def double_click(self, at: QPoint) -> None:
        """Two clicks in a row."""
        QTest.mouseDClick(self.view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)

    def drag(self, start: QPoint, end: QPoint, *modifiers: Qt.KeyboardModifier, release: bool = True) -> None:
        """Press, move in some steps, release."""
        port, left = self.view.viewport(), Qt.MouseButton.LeftButton
        QTest.mouseMove(port, start)
        QTest.mousePress(port, left, joined(modifiers), start)
        for step in range(1, 6):
            QTest.mouseMove(port, start + (end - start) * step / 5)
        if release:
            QTest.mouseRelease(port, left, joined(modifiers), end)
        self.document.settle()
        QApplication.processEvents()

    def key(self, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
        """A key on the canvas."""
        self.view.setFocus()
        QTest.keyClick(self.view, key, joined(modifiers))
        self.document.settle()
        QApplication.processEvents()

    def edit(self, label: str, function: Callable[..., str], *arguments: object) -> bool:
        """An edit of the text that was not made on the canvas."""
        is_done = self.document.edit(label, function, *arguments)
        self.document.settle()
        return is_done

    def undo(self) -> None:
        """Take one step back."""
        self.document.undo_stack.undo()
        self.document.settle()

    def names(self) -> list[str]:
        """The boxes that are shown."""
        return [box.name for box in self.canvas.board.diagram.boxes]


def joined(modifiers: tuple[Qt.KeyboardModifier, ...]) -> Qt.KeyboardModifier:
    """Several modifiers as one value."""
    result = Qt.KeyboardModifier.NoModifier
    for modifier in modifiers:
        result |= modifier
    return result


@pytest.fixture
def canvas(qapp: QApplication, qtbot: object) -> Iterator[Canvas]:
    """An empty canvas of 900 × 800 pixels."""
    apply_theme(LIGHT)
    panel = Canvas(Desk(Document()))
    panel.resize(900, 800)
    panel.show()
    panel.activateWindow()
    QApplication.processEvents()
    yield panel
    panel.close()
    panel.deleteLater()


@pytest.fixture
def hands(canvas: Canvas) -> Hands:
    """Hands on a canvas that shows NETWORK."""
    hands = Hands(canvas)
    hands.open(NETWORK)
    return hands

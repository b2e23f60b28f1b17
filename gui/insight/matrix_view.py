"""The confusion matrix as a picture: rows are true classes, columns predicted ones; recall at the right, precision below."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QScrollArea, QToolTip, QWidget

from gui.insight.scores import Matrix, percent
from gui.theme import SECONDARY, current_theme
from netspec.look import count

LEAST, MOST = 14, 44
"""Sides of a cell in pixels."""
SMALLEST = 9
"""Size in pixels of the smallest numbers; where they do not fit, there are only the tints."""
NAME, SCORE, HEAD = 122, 62, 22
Cell = tuple[int, int]


class MatrixView(QWidget):
    """Paints a matrix; `cell_chosen` tells (true, predicted), or None when the chosen cell is clicked again."""

    cell_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.matrix: Matrix | None = None
        self.names: list[str] = []
        self.chosen: Cell | None = None
        self._hovered: Cell | None = None
        self._room = QSize(400, 300)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Confusion matrix")

    def show_matrix(self, matrix: Matrix, names: list[str] | None) -> None:
        """Show these counts. names: of the classes, their numbers when not known."""
        self.matrix = matrix
        self.names = names if names and len(names) == matrix.size else [str(i) for i in range(matrix.size)]
        self._fit()
        self.setAccessibleDescription(
            f"{matrix.size} classes, {count(matrix.right)} of {count(matrix.samples)} samples right"
        )
        self.update()

    def show_chosen(self, cell: Cell | None) -> None:
        """Mark a cell."""
        self.chosen = cell
        self.update()

    def set_room(self, room: QSize) -> None:
        """Use this much room, or more where cells would get too small."""
        self._room = room
        self._fit()

    @property
    def cell(self) -> QSize:
        """Size of a cell: wider than high where the room is."""
        if self.matrix is None:
            return QSize(MOST, MOST)
        size = self.matrix.size
        across, down = self._room.width() - NAME - SCORE - 8, self._room.height() - 2 * HEAD - 4
        return QSize(max(LEAST, min(MOST, across // size)), max(LEAST, min(MOST, down // size)))

    def cell_box(self, cell: Cell) -> QRect:
        """Where a cell lies."""
        (true, predicted), size = cell, self.cell
        return QRect(QPoint(NAME + predicted * size.width(), HEAD + true * size.height()), size)

    def cell_at(self, point: QPoint) -> Cell | None:
        """The cell below a point."""
        if self.matrix is None:
            return None
        size = self.cell
        predicted, true = (point.x() - NAME) // size.width(), (point.y() - HEAD) // size.height()
        inside = 0 <= predicted < self.matrix.size and 0 <= true < self.matrix.size
        return (true, predicted) if inside else None

    def told(self, cell: Cell) -> str:
        """A cell in words."""
        assert self.matrix is not None
        true, predicted = cell
        found, of = int(self.matrix.counts[true, predicted]), int(self.matrix.of_class[true])
        share = percent(found / of if of else float("nan"))
        what = "rightly predicted" if true == predicted else f"predicted as {self.names[predicted]}"
        return f"{self.names[true]} {what}: {count(found)} of {count(of)} samples, {share}"

    def _fit(self) -> None:
        if self.matrix is not None:
            size = self.cell * self.matrix.size
            self.setFixedSize(NAME + size.width() + SCORE + 4, HEAD + size.height() + HEAD + 4)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self.matrix is None:
            return
        painter = QPainter(self)
        font = QFont(self.font())
        font.setPixelSize(min(SECONDARY, max(SMALLEST, self.cell.height() - 4)))
        painter.setFont(font)
        self._paint_cells(painter, event.rect())
        self._paint_margins(painter, event.rect())
        for cell, colour in ((self._hovered, current_theme().secondary), (self.chosen, current_theme().accent)):
            if cell is not None and max(cell) < self.matrix.size:
                painter.setPen(QPen(QColor(colour), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(self.cell_box(cell).adjusted(0, 0, -1, -1))

    def _paint_cells(self, painter: QPainter, seen: QRect) -> None:
        assert self.matrix is not None
        theme, shares = current_theme(), self.matrix.shares()
        rows, columns = self._seen(seen)
        for true in rows:
            for predicted in columns:
                box = self.cell_box((true, predicted))
                share, found = float(shares[true, predicted]), int(self.matrix.counts[true, predicted])
                painter.fillRect(box.adjusted(0, 0, -1, -1), QColor(theme.surface))
                if found:
                    tint = QColor(theme.accent if true == predicted else theme.error)
                    tint.setAlphaF(min(1.0, 0.10 + 0.62 * share**0.6))
                    painter.fillRect(box.adjusted(0, 0, -1, -1), tint)
                text = count(found) if found else "·"
                if painter.fontMetrics().horizontalAdvance(text) <= box.width() - 2:
                    painter.setPen(QColor(theme.text if found else theme.line))
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _seen(self, seen: QRect) -> tuple[range, range]:
        """Rows and columns of cells in a part of the picture."""
        assert self.matrix is not None
        size, last = self.cell, self.matrix.size
        rows = range(
            max((seen.top() - HEAD) // size.height(), 0), min((seen.bottom() - HEAD) // size.height() + 1, last)
        )
        columns = range(
            max((seen.left() - NAME) // size.width(), 0), min((seen.right() - NAME) // size.width() + 1, last)
        )
        return rows, columns

    def _paint_margins(self, painter: QPainter, seen: QRect) -> None:
        """Names at the left and above, recall at the right, precision below."""
        assert self.matrix is not None
        matrix, metrics = self.matrix, painter.fontMetrics()
        wide, high = self.cell.width(), self.cell.height()
        end, below = NAME + matrix.size * wide, HEAD + matrix.size * high
        left, centre = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter
        right, middle = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(current_theme().secondary))
        painter.drawText(QRect(0, 0, NAME - 8, HEAD), right | middle, "true ↓  predicted →")
        painter.drawText(QRect(end + 8, 0, SCORE, HEAD), left | middle, "recall")
        painter.drawText(QRect(0, below, NAME - 8, HEAD), right | middle, "precision")
        recall, precision = matrix.recall(), matrix.precision()
        rows, columns = self._seen(seen)
        for index in sorted({*rows, *columns}):
            name = self.names[index]
            painter.setPen(QColor(current_theme().text))
            row, column = QRect(0, HEAD + index * high, NAME - 8, high), QRect(NAME + index * wide, 0, wide, HEAD)
            fitting = metrics.elidedText(name, Qt.TextElideMode.ElideRight, NAME - 12)
            painter.drawText(row, right | middle, fitting)
            short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, max(wide - 2, 8))
            painter.drawText(column, centre | middle, short)
            self._paint_score(painter, QRect(end + 8, HEAD + index * high, SCORE - 8, high), float(recall[index]))
            value = float(precision[index])
            text = "–" if value != value else f"{100 * value:.0f}{' %' if wide > 38 else ''}"
            if metrics.horizontalAdvance(text) <= wide:
                painter.setPen(QColor(current_theme().secondary))
                painter.drawText(QRect(NAME + index * wide, below, wide, HEAD), centre | middle, text)

    def _paint_score(self, painter: QPainter, box: QRect, value: float) -> None:
        """A number over a bar as long as the share."""
        theme = current_theme()
        if value == value:
            bar = QColor(theme.accent)
            bar.setAlphaF(0.22)
            height = min(box.height() - 2, 16)
            top = box.center().y() - height / 2 + 1
            painter.fillRect(QRectF(box.left(), top, box.width() * value, height), bar)
        painter.setPen(QColor(theme.text))
        painter.drawText(box.adjusted(4, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, percent(value))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        cell = self.cell_at(event.position().toPoint())
        if cell != self._hovered:
            self._hovered = cell
            self.update()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self._hovered = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        cell = self.cell_at(event.position().toPoint())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self.cell_chosen.emit(None if cell == self.chosen else cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        moves = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}
        move = moves.get(Qt.Key(event.key()))
        if self.matrix is None or (move is None and event.key() != Qt.Key.Key_Escape):
            super().keyPressEvent(event)
            return
        if move is None:
            self.cell_chosen.emit(None)
            return
        at = self.chosen if self.chosen is not None else (0, 0)
        last = self.matrix.size - 1
        self.cell_chosen.emit((min(max(at[0] + move[0], 0), last), min(max(at[1] + move[1], 0), last)))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            cell = self.cell_at(event.pos())
            if cell is not None:
                QToolTip.showText(event.globalPos(), self.told(cell), self, self.cell_box(cell))
            return True
        return super().event(event)


class MatrixArea(QScrollArea):
    """Scrolls a matrix that is too large, and takes no more width than it needs."""

    def __init__(self, view: MatrixView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = view
        self.setWidget(view)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(160, 60)

    def set_room(self, room: QSize) -> None:
        """At most so much."""
        self.view.set_room(room)
        bar = self.verticalScrollBar().sizeHint().width() if self.view.height() > room.height() else 2
        self.setMaximumWidth(min(room.width(), self.view.width() + bar))

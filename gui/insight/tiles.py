"""Pictures with captions in rows, to be looked through with mouse and keyboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gui.insight.pictures import enlarged
from gui.theme import SECONDARY, current_theme

Index = QModelIndex | QPersistentModelIndex
TILE = int(Qt.ItemDataRole.UserRole) + 1
PADDING, RADIUS, LINE = 4, 4, 15


@dataclass(frozen=True)
class Tile:
    """image: None for samples that are no pictures, or what makes it when it is first seen; lines: below it;
    colour: of the first line; told: for tool tips.
    """

    image: QImage | Callable[[], QImage] | None
    lines: tuple[str, ...] = ()
    colour: str | None = None
    told: str = ""


class TileModel(QAbstractListModel):
    """The tiles, for display."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tiles: list[Tile] = []

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        """Replace all tiles."""
        self.beginResetModel()
        self.tiles = list(tiles)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.tiles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        tile = self.tiles[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return ", ".join(tile.lines)
        if role == TILE:
            return tile
        return tile.told or None if role == Qt.ItemDataRole.ToolTipRole else None


class TileDelegate(QStyledItemDelegate):
    """Paints one tile; pictures are enlarged once and kept."""

    def __init__(self, side: int, lines: int, width: int, parent: QObject | None = None) -> None:
        """side: of the squares for pictures; width: of a tile, if that is more."""
        super().__init__(parent)
        self.side, self.lines, self.width = side, lines, width
        self._pixmaps: dict[int, QPixmap] = {}

    def forget(self) -> None:
        """The pictures are others now."""
        self._pixmaps.clear()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return QSize(
            max(self.side + 2 * PADDING, self.width),
            self.side + 2 * PADDING + self.lines * LINE + (2 if self.lines else 0),
        )

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, tile = current_theme(), index.data(TILE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(theme.accent), 1))
            painter.setBrush(QColor(theme.selection))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        if tile.image is not None:
            pixmap = self._pixmap(index.row(), tile.image)
            place = QPoint(
                option.rect.x() + (option.rect.width() - pixmap.width()) // 2,
                option.rect.y() + PADDING + (self.side - pixmap.height()) // 2,
            )
            painter.drawPixmap(place, pixmap)
            painter.setPen(QPen(QColor(theme.line), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(place.x(), place.y(), pixmap.width() - 1, pixmap.height() - 1)
        self._write(painter, option, tile)
        painter.restore()

    def _write(self, painter: QPainter, option: QStyleOptionViewItem, tile: Tile) -> None:
        theme, font = current_theme(), option.font
        font.setPixelSize(SECONDARY)
        painter.setFont(font)
        for row, line in enumerate(tile.lines[: self.lines]):
            top = option.rect.y() + self.side + 2 * PADDING + row * LINE
            box = QRectF(option.rect.x() + 1, top, option.rect.width() - 2, LINE)
            colour = (tile.colour or theme.text) if row == 0 else theme.secondary
            painter.setPen(QColor(colour))
            fitting = painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, int(box.width()))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, fitting)

    def _pixmap(self, row: int, picture: QImage | Callable[[], QImage]) -> QPixmap:
        if row not in self._pixmaps:
            self._pixmaps[row] = enlarged(picture if isinstance(picture, QImage) else picture(), self.side)
        return self._pixmaps[row]


class TileView(QListView):
    """Tiles that flow into rows."""

    def __init__(
        self, name: str, side: int = 72, lines: int = 2, width: int = 0, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.tiles = TileModel(self)
        self._painter = TileDelegate(side, lines, width, self)
        self.setModel(self.tiles)
        self.setItemDelegate(self._painter)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setSpacing(3)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(name)

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        """Replace all tiles, keeping the place that is scrolled to."""
        at = self.verticalScrollBar().value()
        self._painter.forget()
        self.tiles.show_tiles(tiles)
        self.verticalScrollBar().setValue(at)

    def set_side(self, side: int) -> None:
        """Show pictures in squares of this many pixels."""
        if side != self._painter.side:
            self._painter.side = side
            self._painter.forget()
            self.scheduleDelayedItemsLayout()

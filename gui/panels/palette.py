"""The layers that can be added: searched, dragged onto the canvas, or added behind the chosen one."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QEvent, QMimeData, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QDrag, QIcon, QKeyEvent, QKeySequence, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from gui.canvas.drops import dragged
from gui.canvas.palette_items import BLOCKS, Entry, block_entries, layer_entries
from gui.desk import Desk
from gui.panel import Area, Panel
from gui.theme import SECONDARY, current_theme, family_colour
from netspec import editing

ENTRY = int(Qt.ItemDataRole.UserRole)
CHIP = QSize(4, 16)
ROW = QSize(0, 24)


class Palette(Panel):
    """Made from the registry of layers: a new layer appears here by itself."""

    title: ClassVar[str] = "Palette"
    area: ClassVar[Area] = "left"
    order: ClassVar[int] = 10

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.search, self.tree = QLineEdit(), Tree()
        self.search.setObjectName("paletteSearch")
        self.search.setPlaceholderText("Search layers")
        self.search.setAccessibleName("Search layers")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.tree.itemActivated.connect(self._add_item)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.tree)
        self._blocks: list[Entry] = []
        self._fill()
        self._add_action()
        desk.document.changed.connect(self._follow)
        desk.theme_changed.connect(self._fill)

    def add(self, entry: Entry) -> bool:
        """Add a layer behind the chosen one, else at the end."""
        state = self.desk.document.state
        if state is None:
            self.desk.message("Open or begin a spec first.")
            return False
        order = [node.name for node in editing.outline(state.source).nodes]
        chosen = [name for name in order if name in self.desk.chosen]
        after, fields = chosen[-1] if chosen else None, dict(entry.fields)
        if not self.desk.document.edit(
            f"Add {entry.label}", editing.add_layer, entry.type, None, after, None, fields
        ):  # fmt: skip
            return False
        assert self.desk.document.state is not None
        names = (node.name for node in editing.outline(self.desk.document.state.source).nodes)
        new = next((name for name in names if name not in order), None)
        if new is not None:
            self.desk.choose({new}, by=self)
        return True

    def begin(self) -> None:
        """Put the cursor into the search."""
        self.raise_panel()
        self.search.setFocus()
        self.search.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self.search and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self.tree.setFocus()
                self.tree.keyPressEvent(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                item = self.tree.currentItem()
                if item is not None:
                    self._add_item(item)
                return True
        return False

    def _add_action(self) -> None:
        action = QAction("&Add layer …", self)
        action.setShortcut(QKeySequence("Insert"))
        action.triggered.connect(lambda _=False: self.begin())
        self.desk.add_action("layer.add", action, "Layer")

    def _add_item(self, item: QTreeWidgetItem) -> None:
        entry = item.data(0, ENTRY)
        if isinstance(entry, Entry):
            self.add(entry)

    def _follow(self) -> None:
        blocks = block_entries(self.desk.document.state)
        if blocks != self._blocks:
            self._blocks = blocks
            self._fill()

    def _fill(self) -> None:
        self.tree.clear()
        sections = layer_entries()
        if self._blocks:
            sections = {BLOCKS: self._blocks, **sections}
        for heading, entries in sections.items():
            self.tree.addTopLevelItem(_section(heading, entries))
        self.tree.expandAll()
        self._filter()

    def _filter(self) -> None:
        """Show what the search means, and make its best hit the current one."""
        query = self.search.text().strip()
        found: list[tuple[int, QTreeWidgetItem]] = []
        for place in range(self.tree.topLevelItemCount()):
            section = self.tree.topLevelItem(place)
            assert section is not None
            hits = 0
            for item in filter(None, map(section.child, range(section.childCount()))):
                is_hit = item.data(0, ENTRY).matches(query)
                item.setHidden(not is_hit)
                hits += is_hit
                if is_hit:
                    found.append((_rank(item.text(0), query.lower()), item))
            section.setHidden(not hits)
        if query and found:
            self.tree.setCurrentItem(min(found, key=lambda pair: pair[0])[1])


class Tree(QTreeWidget):
    """Families with their layers; dragging one carries its type."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Layers to add")
        self.setObjectName("palette")
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(8)
        self.setIconSize(CHIP)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setUniformRowHeights(True)

    def mimeData(self, items: list[QTreeWidgetItem]) -> QMimeData:  # type: ignore[override]  # noqa: N802
        entry = items[0].data(0, ENTRY) if items else None
        return dragged(entry.type, entry.fields) if isinstance(entry, Entry) else QMimeData()

    def startDrag(self, actions: Qt.DropAction) -> None:  # noqa: N802
        item = self.currentItem()
        if item is None or not isinstance(item.data(0, ENTRY), Entry):
            return
        drag = QDrag(self)
        drag.setMimeData(self.mimeData([item]))
        drag.exec(Qt.DropAction.CopyAction)


def _rank(label: str, query: str) -> int:
    """How good a hit is: the whole name, then one that begins so, then others."""
    return 0 if label == query else 1 if query and label.startswith(query.split()[0]) else 2


def _section(heading: str, entries: list[Entry]) -> QTreeWidgetItem:
    section = QTreeWidgetItem([heading])
    section.setFlags(Qt.ItemFlag.ItemIsEnabled)
    font = section.font(0)
    font.setPixelSize(SECONDARY)
    section.setFont(0, font)
    section.setSizeHint(0, ROW)
    section.setForeground(0, QColor(current_theme().secondary))
    for entry in entries:
        item = QTreeWidgetItem([entry.label])
        item.setData(0, ENTRY, entry)
        item.setToolTip(0, entry.summary)
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{entry.label}: {entry.summary}")
        item.setIcon(0, _chip(entry.family))
        item.setSizeHint(0, ROW)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled)
        section.addChild(item)
    return section


def _chip(family: str) -> QIcon:
    picture = QPixmap(CHIP)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(family_colour(family))
    painter.drawRoundedRect(QRectF(0, 1, CHIP.width(), CHIP.height() - 2), 2, 2)
    painter.end()
    return QIcon(picture)

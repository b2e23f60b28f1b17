"""A list of the network's layers that pops up below a field, to choose some of them or one."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from gui.forms.around import Around
from netspec.editing import Node
from netspec.graph import match_any

NAME = int(Qt.ItemDataRole.UserRole)
SIZE = QSize(280, 320)
ON, OFF, PART = Qt.CheckState.Checked, Qt.CheckState.Unchecked, Qt.CheckState.PartiallyChecked


class LayerPicker(QFrame):
    """`switched` carries a name and whether it is wanted; of a picker of one, `picked` carries the name, and it closes."""

    switched = Signal(str, bool)
    picked = Signal(str)

    def __init__(self, parent: QWidget, *, many: bool, with_inputs: bool = False) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._many, self._with_inputs = many, with_inputs
        self._around = Around()
        self.search, self.tree = QLineEdit(), QTreeWidget()
        self.setObjectName("completion")
        self.search.setPlaceholderText("Find a layer …")
        self.search.setAccessibleName("Find a layer")
        self.search.setObjectName("search")
        self.search.setClearButtonEnabled(True)
        self.tree.setHeaderHidden(True)
        self.tree.setColumnCount(2)
        self.tree.setAccessibleName("Layers")
        self.tree.setObjectName("pickerTree")
        self.tree.setIndentation(14)
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(6)
        column.addWidget(self.search)
        column.addWidget(self.tree)
        self.search.textChanged.connect(self._find)
        self.tree.itemChanged.connect(self._switch)
        if not many:
            self.tree.itemActivated.connect(self._pick)
            self.tree.itemClicked.connect(self._pick)

    def show_layers(self, around: Around, patterns: Iterable[str]) -> None:
        """Fill it anew; what the patterns mean is checked, and where another pattern does so it cannot be switched off."""
        self._around = around
        self.tree.blockSignals(True)
        self.tree.clear()
        for node in around.outline.children(None):
            if node.kind != "input" or self._with_inputs:
                self._add(node, self.tree.invisibleRootItem())
        self.tree.blockSignals(False)
        self.mark(patterns)

    def mark(self, patterns: Iterable[str]) -> None:
        """Check what the patterns mean."""
        patterns = list(patterns)
        leaves = self._around.leaves(with_inputs=self._with_inputs)
        matched = match_any(patterns, leaves)
        self.tree.blockSignals(True)
        for item in self._items():
            self._mark_item(item, matched, patterns)
        self.tree.blockSignals(False)

    def open_below(self, field: QWidget) -> None:
        """Pop up."""
        self.resize(SIZE.expandedTo(QSize(field.width(), 0)))
        self.move(field.mapToGlobal(QPoint(0, field.height() + 2)))
        self.show()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def _mark_item(self, item: QTreeWidgetItem, matched: set[str], patterns: list[str]) -> None:
        if not self._many:
            return
        name = item.data(0, NAME)
        leaves = {leaf.name for leaf in self._around.outline.leaves(name)}
        state = ON if leaves and leaves <= matched else PART if leaves & matched else OFF
        item.setCheckState(0, state)
        by_others = state == ON and name not in patterns
        item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled if by_others else item.flags() | Qt.ItemFlag.ItemIsEnabled)
        item.setToolTip(0, "Matched by another name or pattern of this list" if by_others else "")

    def _add(self, node: Node, parent: QTreeWidgetItem) -> None:
        label = node.name.removeprefix(f"{node.parent}.") if node.parent else node.name
        item = QTreeWidgetItem(parent, [label, "input" if node.kind == "input" else node.type])
        item.setData(0, NAME, node.name)
        item.setForeground(1, self.palette().placeholderText())
        for child in self._around.outline.children(node.name) if node.kind == "block" else ():
            self._add(child, item)

    def _items(self) -> list[QTreeWidgetItem]:
        found: list[QTreeWidgetItem] = []
        waiting = [self.tree.invisibleRootItem()]
        while waiting:
            children = _children(waiting.pop())
            found += children
            waiting += children
        return found

    def _find(self, text: str) -> None:
        """Hide what neither matches nor holds a match."""
        words = text.strip().lower()
        for item in reversed(self._items()):  # children before their parents
            is_hit = words in str(item.data(0, NAME)).lower() or any(not child.isHidden() for child in _children(item))
            item.setHidden(not is_hit)
            if words and is_hit:
                item.setExpanded(True)

    def _switch(self, item: QTreeWidgetItem, column: int) -> None:
        if column == 0 and self._many:
            self.switched.emit(item.data(0, NAME), item.checkState(0) == ON)

    def _pick(self, item: QTreeWidgetItem) -> None:
        self.picked.emit(item.data(0, NAME))
        self.close()


def _children(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    found = (item.child(place) for place in range(item.childCount()))
    return [child for child in found if child is not None]

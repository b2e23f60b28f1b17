"""The analyzer: every layer with what it costs; sorted, filtered, copied."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.analyzer.export import to_csv, to_markdown
from gui.analyzer.lines import Line, lines_of, total
from gui.analyzer.view import LayerTable, Totals
from gui.desk import Desk
from gui.panel import Area, Panel
from gui.transfer.marks import marker_of

STALE = "The text has errors. This table shows the last version that could be read."
NO_TABLE = "No table yet: the text has errors, see Problems."
FORMATS = "Tables (*.csv *.md)"


class LayerTablePanel(Panel):
    """The table of the document's layers."""

    title: ClassVar[str] = "Layers"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 30

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.table = LayerTable()
        self.totals = Totals(self.table)
        self.filter, self.grouped, self.banner = QLineEdit(), QCheckBox("Group blocks"), QLabel()
        self._is_following, self._is_old = False, True
        self.marker = marker_of(desk)
        self._lay_out()
        self.filter.textChanged.connect(self._keep)
        self.grouped.toggled.connect(self.show_state)
        self.table.selectionModel().selectionChanged.connect(self._choose)
        desk.document.changed.connect(self.show_state)
        self.marker.changed.connect(self.show_state)
        desk.chosen_changed.connect(self.follow_choice)
        desk.theme_changed.connect(self.table.viewport().update)
        self.show_state()

    def show_state(self) -> None:
        """Show the lines of the document's network, once they can be seen."""
        self._is_old = True
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Bring the lines into line with the document."""
        self._is_old = False
        state = self.desk.document.state
        is_grouped, marks = self.grouped.isChecked(), self.marker.marks
        lines = lines_of(state, grouped=is_grouped, marks=marks) if state is not None else []
        is_stale = state is not None and state.is_stale
        has_blocks = state is not None and any(node.kind == "block" for node in state.outline.nodes)
        self.grouped.setVisible(has_blocks)
        self._is_following = True
        self.table.layers.show_lines(lines, is_stale=is_stale)
        self.table.setRootIsDecorated(any(line.children for line in lines))
        self._is_following = False
        self.banner.setText(STALE if is_stale else NO_TABLE)
        self.banner.setVisible(is_stale or (state is not None and not lines))
        self.table.fit_columns()
        self._sum_up()
        self.follow_choice()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        if self._is_old:
            self.refresh()

    def follow_choice(self) -> None:
        """Show which layers are chosen."""
        if self._is_old:
            return
        if self.desk.chosen_by is self and self._chosen_names() == self.desk.chosen:
            return
        selection = QItemSelection()
        indexes = [index for name in sorted(self.desk.chosen) for index in self._indexes(name)]
        for index in indexes:
            selection.select(index, index)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self._is_following = True
        self.table.selectionModel().select(selection, flags)
        if indexes and not self.table.hasFocus():
            self.table.scrollTo(indexes[0])
        self._is_following = False

    def _indexes(self, name: str) -> list[QModelIndex]:
        """Where a layer is shown; the layers of a block that has no line of its own."""
        state, own = self.desk.document.state, self.table.index_of(name)
        if own.isValid() or state is None:
            return [own] if own.isValid() else []
        inside = [self.table.index_of(leaf.name) for leaf in state.outline.leaves(name)]
        return [index for index in inside if index.isValid()]

    def lines_to_copy(self) -> list[Line]:
        """The chosen lines when there are several, otherwise all that are shown, with their totals."""
        chosen = self.table.chosen_lines()
        if len(chosen) > 1:
            return chosen
        shown = self.table.visible_lines()
        return [*shown, total(shown)] if shown else []

    def copy_csv(self) -> None:
        """Put the lines on the clipboard, for spreadsheets."""
        self._copy(to_csv(self.lines_to_copy()), "CSV")

    def copy_markdown(self) -> None:
        """Put the lines on the clipboard, for papers and issues."""
        self._copy(to_markdown(self.lines_to_copy()), "Markdown")

    def export(self) -> None:
        """Ask for a file and write the lines there."""
        name, _ = QFileDialog.getSaveFileName(self, "Export the table", "layers.csv", FORMATS)
        if name:
            self.export_to(Path(name))

    def export_to(self, path: Path) -> None:
        """Write the lines as Markdown to a .md file, otherwise as CSV."""
        write = to_markdown if path.suffix.lower() == ".md" else to_csv
        try:
            path.write_text(write(self.lines_to_copy()), encoding="utf-8")
        except OSError as problem:
            self.desk.message(f"{path.name} cannot be written: {problem.strerror or problem}")
        else:
            self.desk.message(f"{path.name} written")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
        if event.key() == Qt.Key.Key_C and event.modifiers() == control:
            self.copy_csv()
        elif event.key() == Qt.Key.Key_C and event.modifiers() == control | shift:
            self.copy_markdown()
        else:
            super().keyPressEvent(event)

    def _copy(self, text: str, form: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.desk.message(f"{text.count(chr(10)) - 1 - (form == 'Markdown')} lines copied as {form}")

    def _keep(self, text: str) -> None:
        self.table.shown.keep(text)
        if text:
            self.table.expandAll()
        self._sum_up()

    def _sum_up(self) -> None:
        self.totals.show_sums(total(self.table.visible_lines()))

    def _chosen_names(self) -> frozenset[str]:
        return frozenset(line.name for line in self.table.chosen_lines())

    def _choose(self) -> None:
        """The user has chosen lines: the layers are chosen everywhere, a single one is shown."""
        if self._is_following:
            return
        names = self._chosen_names()
        self.desk.choose(names, by=self)
        if len(names) == 1:
            self.desk.layer_wanted.emit(next(iter(names)))

    def _lay_out(self) -> None:
        self.filter.setPlaceholderText("Filter: name, type, shape, frozen …")
        self.filter.setObjectName("search")
        self.filter.setAccessibleName("Filter layers")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(280)
        self.banner.setObjectName("banner")
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.filter, 1)
        bar.addWidget(self.grouped)
        bar.addStretch(1)
        for text, tip, slot in (
            ("Copy CSV", "Copy as CSV (Ctrl+C)", self.copy_csv),
            ("Copy Markdown", "Copy as Markdown (Ctrl+Shift+C)", self.copy_markdown),
            ("Export …", "Write a .csv or .md file", self.export),
        ):
            button = QPushButton(text)
            button.setObjectName("small")
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, slot=slot: slot())
            bar.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(bar)
        for widget in (self.banner, self.table, self.totals):
            layout.addWidget(widget)
        self.setFocusProxy(self.table)

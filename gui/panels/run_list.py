"""The runs beside the spec: show one, lay others over it, compare, rename, delete."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QEvent, QFile, QPoint, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QMessageBox,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui import runner
from gui.desk import Desk
from gui.panel import Area, Panel
from gui.runs.choices import runs_folder
from gui.runs.compare import Comparison
from gui.runs.finding import label_of
from gui.runs.list_model import LABEL, SHOWN, STANDING, RunListModel
from gui.runs.session import session_of

EVERY = 2000
"""Milliseconds between two looks at the folder, while the list is seen."""
OWN_KEYS = (Qt.Key.Key_F2, Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
Button = QMessageBox.StandardButton


class RunTable(QTableView):
    """F2 and Del are about runs here, not about the layers that are chosen on the canvas."""

    show_wanted = Signal()
    delete_wanted = Signal()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in OWN_KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if self.state() == QAbstractItemView.State.EditingState:  # what the name's editor does not take comes here
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_wanted.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.show_wanted.emit()
        elif event.key() == Qt.Key.Key_F2:
            current = self.currentIndex()
            self.edit(current.siblingAtColumn(LABEL))
        else:
            super().keyPressEvent(event)


class RunListPanel(Panel):
    """All runs in runs/ beside the spec."""

    title: ClassVar[str] = "Runs"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 40

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.session = session_of(desk)
        self.runs = RunListModel()
        self.table, self.where = RunTable(), QLabel()
        self.buttons: dict[str, QAction] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY)
        self._timer.timeout.connect(self.runs.refresh)
        self._lay_out()
        self._connect()
        self.follow_document()

    def _lay_out(self) -> None:
        table = self.table
        table.setModel(self.runs)
        table.setAccessibleName("Runs")
        table.setShowGrid(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(28)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setResizeContentsPrecision(0)  # the rows that are seen, not all of hundreds
        header.setSectionResizeMode(STANDING, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        self.where.setObjectName("secondary")
        row = QHBoxLayout()
        row.addWidget(self.where, 1)
        for name, text, slot in (
            ("show", "Show", self.show_chosen), ("compare", "Compare", self.compare), ("rename", "Rename", self.rename),
            ("delete", "Delete …", self.delete), ("open", "Open folder", self.open_folder),
        ):  # fmt: skip
            action = QAction(text, self)
            action.triggered.connect(lambda _=False, slot=slot: slot())
            table.addAction(action)
            self.buttons[name] = action
            button = QToolButton()
            button.setDefaultAction(action)
            button.setObjectName("runChoice")
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 4)
        column.addLayout(row)
        column.addWidget(table, 1)

    def _connect(self) -> None:
        self.table.show_wanted.connect(self.show_chosen)
        self.table.doubleClicked.connect(lambda index: self.show_chosen() if index.column() != SHOWN else None)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._enable())
        self.table.delete_wanted.connect(self.delete)
        self.table.customContextMenuRequested.connect(self._show_menu)
        self.runs.modelReset.connect(self._enable)
        self.runs.overlaid.connect(self._overlay)
        self.runs.renamed.connect(lambda _: self.session.overlays_changed.emit())
        self.runs.failed.connect(self.desk.message)
        self.session.overlays_changed.connect(self._mark)
        self.desk.run_changed.connect(self._mark)
        self.desk.document.changed.connect(self.follow_document)

    def follow_document(self) -> None:
        """The runs of another spec."""
        state = self.desk.document.state
        folder = None if state is None else runs_folder(state)
        if folder != self.runs.folder:
            self.runs.show_folder(folder)
            self._mark()
        self.where.setText("" if folder is None else str(folder))

    def _mark(self) -> None:
        """Which runs are on the plots."""
        self.runs.main, self.runs.overlays = self.desk.run_folder, set(self.session.overlays)
        if self.runs.row_of(self.runs.main) < 0:
            self.runs.refresh()
        self.runs.tell_changed()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.runs.refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._timer.stop()

    def chosen(self) -> list[Path]:
        """Folders of the selected runs, from above."""
        rows = sorted({index.row() for index in self.table.selectionModel().selectedIndexes()})
        return [self.runs.runs[row].folder for row in rows]

    def _enable(self) -> None:
        count = len(self.chosen())
        for name, is_usable in (("show", count == 1), ("compare", count == 2), ("rename", count == 1), ("open", count == 1)):
            self.buttons[name].setEnabled(is_usable)
        self.buttons["delete"].setEnabled(count > 0)

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.addActions(list(self.buttons.values()))
        menu.popup(self.table.viewport().mapToGlobal(place))

    def show_chosen(self) -> None:
        """Make the selected run the shown one."""
        for run in self.chosen()[:1]:
            self.desk.show_run(run)

    def _overlay(self, run: Path, is_shown: bool) -> None:
        """Lay it over the shown run, or take it away; without a shown run it becomes that."""
        if run == self.desk.run_folder:
            if not is_shown:
                self.desk.show_run(None)
        elif is_shown and self.desk.run_folder is None:
            self.desk.show_run(run)
        else:
            self.session.overlay(run, is_shown=is_shown)
        self._mark()

    def compare(self) -> None:
        """What differs between the configurations of the two selected runs."""
        runs = self.chosen()
        if len(runs) == 2:
            self.comparison = Comparison(runs[1], runs[0], self)  # the earlier one first
            self.comparison.open()

    def rename(self) -> None:
        """Edit the name in the list."""
        for run in self.chosen()[:1]:
            self.table.edit(self.runs.index(self.runs.row_of(run), LABEL))

    def delete(self) -> None:
        """Move the selected runs to the trash, after a question; a run that is being trained stays."""
        runs = self.chosen()
        if alive := [run for run in runs if runner.is_alive(run)]:
            self.desk.message(f"{label_of(alive[0])} is being trained; stop it first")
            return
        names = ", ".join(label_of(run) for run in runs)
        if runs and self._agrees(f"Move {names} to the trash, with its checkpoints?"):
            for run in runs:
                self._delete(run)
        self.runs.refresh()

    def _delete(self, run: Path) -> None:
        if self.desk.run_folder == run:
            self.desk.show_run(None)
        self.session.overlay(run, is_shown=False)
        file = QFile(str(run))
        if file.moveToTrash():
            return
        if self._agrees(f"{label_of(run)} cannot be moved to a trash ({file.errorString()}). Delete it for good?"):
            try:
                shutil.rmtree(run)
            except OSError as problem:
                self.desk.message(f"{run.name} cannot be deleted: {problem.strerror}")

    def _agrees(self, question: str) -> bool:
        return QMessageBox.question(self, "netspec", question, Button.Yes | Button.Cancel) == Button.Yes

    def open_folder(self) -> None:
        """Show the run's files in the system's file manager."""
        for run in self.chosen()[:1]:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(run)))

"""Two runs' configurations side by side: only what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from gui.runs.finding import label_of
from gui.runs.summary import configuration
from netspec.training.resume import differences


def compare(one: Path, other: Path) -> list[tuple[str, str, str]]:
    """Key, value of one, value of the other, for every key that differs; "–" where it is absent."""
    found = differences(configuration(one), configuration(other))
    return [(key, _say(old), _say(new)) for key, (old, new) in found.items()]


def _say(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_say(item)}" for key, item in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)


class Comparison(QDialog):
    """A table of what differs."""

    def __init__(self, one: Path, other: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        rows = compare(one, other)
        names = label_of(one), label_of(other)
        self.setWindowTitle(f"{names[0]} and {names[1]}")
        said = f"{len(rows)} differences" if len(rows) != 1 else "1 difference"
        self.note = QLabel(said if rows else "The two runs were made with the same configuration.")
        self.table = QTableWidget(len(rows), 3)
        self.table.setHorizontalHeaderLabels(["key", *names])
        self.table.setAccessibleName("Differences")
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        for row, cells in enumerate(rows):
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(row, column, item)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.table.setVisible(bool(rows))
        column_of_widgets = QVBoxLayout(self)
        column_of_widgets.addWidget(self.note)
        column_of_widgets.addWidget(self.table)
        self.resize(760, min(140 + 30 * len(rows), 520))

"""The doctor: checks of the network on its data, one after the other as they are made; a click goes to the layer or section."""

from __future__ import annotations

from collections import Counter
from typing import Any

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.desk import Desk
from gui.exam.dialog import ExamDialog
from gui.exam.finding_list import FINDING, FindingLine, finding_item, layer_of_finding, section_of_finding
from netspec.look import plural

NOUNS = {"failed": "failure", "warning": "warning", "hint": "hint"}
BUSY = "Examining the network on its data …"


class DoctorDialog(ExamDialog):
    """Stays beside the window; nothing is trained or written."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.list = QListWidget()
        self._lay_out()
        self.exam.found.connect(self.add)
        self.exam.ended.connect(self._conclude)
        self.exam.failed.connect(self.words.setText)
        self.list.itemClicked.connect(self.go_to)
        self.list.itemActivated.connect(self.go_to)
        self.again.clicked.connect(self.start)
        desk.theme_changed.connect(self.list.viewport().update)

    def start(self) -> None:
        """Examine the text as it stands; while that goes on the button cancels."""
        state = self.desk.document.state
        if self.exam.is_running:
            self.exam.cancel()
            self.words.setText(f"Cancelled after {plural(self.list.count(), 'finding')}.")
        elif state is not None:
            self.list.clear()
            self.words.setText(BUSY)
            self.exam.start("doctor", state)

    def add(self, finding: dict[str, Any]) -> None:
        """One more finding."""
        self.list.addItem(finding_item(finding))
        self.list.scrollToBottom()

    def go_to(self, item: QListWidgetItem) -> None:
        """Show the layer, or the section, that a finding is about."""
        state, finding = self.desk.document.state, item.data(FINDING)
        layer = layer_of_finding(finding, state.outline) if state is not None and finding["status"] != "ok" else None
        section = section_of_finding(finding)
        if layer is not None:
            self.desk.go_to_layer(layer)
        elif section is not None:
            self.desk.choose(())
            self.desk.section_wanted.emit(section)

    def _conclude(self, result: dict[str, Any]) -> None:
        counts = Counter(finding["status"] for finding in result["findings"])
        told = ", ".join(plural(counts[status], noun) for status, noun in NOUNS.items() if counts[status])
        self.words.setText(f"{counts['ok']} passed, {told or 'nothing wrong'}.")

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.list.scheduleDelayedItemsLayout()  # lines are as high as their texts at this width

    def _lay_out(self) -> None:
        self.setWindowTitle("Doctor")
        self.resize(820, 520)
        self.busy.setRange(0, 0)
        self.busy.hide()
        self.words.setWordWrap(True)
        self.again.setObjectName("small")
        self.list.setItemDelegate(FindingLine(self.list))
        self.list.setAccessibleName("Findings")
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setObjectName("placeholder")
        bar = QHBoxLayout()
        bar.addWidget(self.words, 1)
        bar.addWidget(self.again)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addLayout(bar)
        column.addWidget(self.busy)
        column.addWidget(self.list, 1)

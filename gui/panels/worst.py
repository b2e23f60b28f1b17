"""The samples on which the network did worst in the last validation, with their pictures."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.desk import Desk
from gui.insight.lanes import LaneChips
from gui.insight.looks import looks_of
from gui.insight.pages import Line, Pages, quiet
from gui.insight.samples import Arrays, SampleView
from gui.insight.seen import WhenSeen
from gui.panel import Area, Panel
from netspec.look import count

AWAITED = "The worst samples appear with the first validation of a training"
NO_SAMPLES = "The outputs of this network have no loss for each sample."


class Worst(Panel):
    """Pictures, worst first; those of one pair of classes when a cell of the confusion matrix is chosen."""

    title: ClassVar[str] = "Worst samples"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 61

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.looks = looks_of(desk)
        self.view = SampleView(self.looks, "Worst samples")
        self.what, self.how, self.all = Line("", "panelTitle"), quiet(), QPushButton("Show all classes")
        self._arrays: Arrays | None = None
        self.pages = self._lay_out()
        self.looks.changed.connect(WhenSeen(self, self.show_looks).ask)
        self.looks.cell_changed.connect(self.show_samples)
        self.all.clicked.connect(lambda: self.looks.choose_cell(None))
        desk.theme_changed.connect(self.show_samples)
        self.show_looks()

    def show_looks(self) -> None:
        """Read the samples of the newest validation."""
        self._arrays = self.looks.worst()
        if self._arrays is None:
            self.pages.say(self.looks.why_none(AWAITED))
        elif not len(self._arrays["index"]):
            self.pages.say(NO_SAMPLES)
        else:
            self.pages.show_content()
            self.show_samples()

    def show_samples(self) -> None:
        """The worst of all, or of the chosen pair of classes."""
        if self._arrays is None or not len(self._arrays["index"]):
            return
        arrays = self._arrays
        self.view.show_samples(arrays)
        self.all.setVisible(self.looks.cell is not None)
        self.what.setText(self.view.told())
        when = f"epoch {arrays['epoch']}, step {count(int(arrays['step']))}"
        self.how.setText(f"{arrays['part']} after {when}, worst first")

    def _lay_out(self) -> Pages:
        head = QHBoxLayout()
        for widget in (self.what, self.how):
            head.addWidget(widget)
        head.addStretch(1)
        head.addWidget(self.all)
        head.addWidget(LaneChips(self.looks))
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)
        pages = Pages(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(pages)
        return pages

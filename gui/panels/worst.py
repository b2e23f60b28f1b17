"""The samples on which the network did worst in the last validation, with their pictures."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.desk import Desk
from gui.insight.lanes import LaneChips
from gui.insight.looks import looks_of
from gui.insight.pages import Line, Pages, quiet
from gui.insight.pictures import image
from gui.insight.scores import Matrix
from gui.insight.seen import WhenSeen
from gui.insight.tiles import Tile, TileView
from gui.panel import Area, Panel
from gui.theme import current_theme
from netspec.look import count
from netspec.training.insight_worst import OVERALL

AWAITED = "The worst samples appear with the first validation of a training"
NO_SAMPLES = "The outputs of this network have no loss for each sample."
Arrays = dict[str, NDArray[Any]]


class Worst(Panel):
    """Pictures, worst first; those of one pair of classes when a cell of the confusion matrix is chosen."""

    title: ClassVar[str] = "Worst samples"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 61

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.looks = looks_of(desk)
        self.view = TileView("Worst samples", side=80, lines=2, width=108)
        self.what, self.how, self.all = Line("", "panelTitle"), quiet(), QPushButton("Show all classes")
        self._arrays: Arrays | None = None
        self._rows: list[int] = []
        self.pages = self._lay_out()
        self.looks.changed.connect(WhenSeen(self, self.show_looks).ask)
        self.looks.cell_changed.connect(self.show_samples)
        self.all.clicked.connect(lambda: self.looks.choose_cell(None))
        self.view.activated.connect(self._look_into)
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
        arrays, cell = self._arrays, self.looks.cell
        if cell is None:
            self._rows = list(range(min(OVERALL, len(arrays["index"]))))
        else:
            fits = (arrays["true"] == cell[0]) & (arrays["predicted"] == cell[1])
            self._rows = [int(row) for row in np.flatnonzero(fits)]
        self.view.show_tiles([self._tile(arrays, row) for row in self._rows])
        self.all.setVisible(cell is not None)
        self._tell(arrays, cell)

    def _tell(self, arrays: Arrays, cell: tuple[int, int] | None) -> None:
        shown = count(len(self._rows))
        self.how.setText(
            f"{arrays['part']} after epoch {arrays['epoch']}, step {count(int(arrays['step']))}, worst first"
        )
        if cell is None:
            self.what.setText(f"The {shown} samples with the greatest loss")
            return
        validations = self.looks.of("validation")
        matrix = Matrix.of(validations[-1]) if validations else None
        of = f" of {count(int(matrix.counts[cell]))}" if matrix is not None and max(cell) < matrix.size else ""
        self.what.setText(f"{self._name(cell[0])} predicted as {self._name(cell[1])}: {shown}{of} samples")

    def _tile(self, arrays: Arrays, row: int) -> Tile:
        theme = current_theme()
        true, predicted = int(arrays["true"][row]), int(arrays["predicted"][row])
        loss, chance, name = float(arrays["loss"][row]), float(arrays["probability"][row]), str(arrays["names"][row])
        picture = image(arrays["pictures"][row]) if "pictures" in arrays else None
        if true < 0:
            return Tile(picture, (f"loss {loss:.3g}", name), None, f"Sample {name}: loss {loss:.6g}")
        is_right = true == predicted
        named = self._name(predicted) if predicted >= 0 else "no class"
        pair = named if is_right else f"{self._name(true)} → {named}"
        lines = (pair, f"loss {loss:.2g}" if np.isnan(chance) else f"{100 * chance:.0f} %, loss {loss:.2g}")
        told = (
            f"Sample {name}\ntrue class {self._name(true)}\npredicted {named} with {100 * chance:.2f} %\nloss {loss:.6g}\n"
            "Enter or double-click shows it in Filters"
        )
        return Tile(picture, lines, theme.ok if is_right else theme.error, told)

    def _name(self, label: int) -> str:
        classes = self.looks.classes
        return classes[label] if classes is not None and 0 <= label < len(classes) else str(label)

    def _look_into(self, index: QModelIndex) -> None:
        """Show what the layers make of this sample."""
        if self._arrays is not None:
            row = self._rows[index.row()]
            self.looks.sample_wanted.emit(str(self._arrays["part"]), int(self._arrays["index"][row]))

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

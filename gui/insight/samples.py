"""Samples of a validation as tiles: all the worst, or those of one pair of true and predicted class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QWidget

from gui.insight.looks import RunLooks
from gui.insight.pictures import image
from gui.insight.scores import Matrix
from gui.insight.tiles import Tile, TileView
from gui.theme import current_theme
from netspec.look import count
from netspec.training.insight_worst import OVERALL

Arrays = dict[str, NDArray[Any]]
SIDE, WIDTH = 80, 108


class SampleView(TileView):
    """The tiles; Enter or a double-click lets the filters panel look at a sample."""

    def __init__(self, looks: RunLooks, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, side=SIDE, lines=2, width=WIDTH, parent=parent)
        self._looks = looks
        self._arrays: Arrays | None = None
        self.rows: list[int] = []
        """Places of the shown samples in the arrays."""
        self.activated.connect(self._look_into)

    def show_samples(self, arrays: Arrays | None) -> None:
        """Those of the chosen cell, or the worst of all."""
        self._arrays, cell = arrays, self._looks.cell
        if arrays is None:
            self.rows = []
        elif cell is None:
            self.rows = list(range(min(OVERALL, len(arrays["index"]))))
        else:
            fits = (arrays["true"] == cell[0]) & (arrays["predicted"] == cell[1])
            self.rows = [int(row) for row in np.flatnonzero(fits)]
        self.show_tiles([self._tile(arrays, row) for row in self.rows] if arrays is not None else [])

    def told(self) -> str:
        """What is shown, in words."""
        shown, cell = count(len(self.rows)), self._looks.cell
        if cell is None:
            return f"The {shown} samples with the greatest loss"
        validations = self._looks.of("validation")
        matrix = Matrix.of(validations[-1]) if validations else None
        of = f" of {count(int(matrix.counts[cell]))}" if matrix is not None and max(cell) < matrix.size else ""
        return f"{self._name(cell[0])} predicted as {self._name(cell[1])}: {shown}{of} samples"

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
        classes = self._looks.classes
        return classes[label] if classes is not None and 0 <= label < len(classes) else str(label)

    def _look_into(self, index: QModelIndex) -> None:
        """Show what the layers make of this sample."""
        if self._arrays is not None:
            row = self.rows[index.row()]
            self._looks.sample_wanted.emit(str(self._arrays["part"]), int(self._arrays["index"][row]))

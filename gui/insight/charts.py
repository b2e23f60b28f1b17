"""Charts in the look of netspec, over pyqtgraph."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtGui import QColor, QFont

from gui.theme import SECONDARY, current_theme


class Chart(pg.PlotWidget):  # type: ignore[misc]
    """No frame, a faint horizontal grid, the theme's colours."""

    def __init__(self, name: str, *, x: str, y: str, is_log: bool = False) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setMinimumSize(140, 70)
        self._titles = {"bottom": x, "left": y}
        self.is_log = is_log
        plot = self.getPlotItem()
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setLogMode(False, is_log)
        plot.showGrid(x=False, y=True, alpha=0.25)
        plot.setContentsMargins(0, 4, 8, 0)
        for side in self._titles:  # only now: where a title is shown, turning prefixes off would apply one for good
            plot.getAxis(side).enableAutoSIPrefix(False)
        self.restyle()

    def restyle(self) -> None:
        """Take the colours of the theme."""
        theme, plot = current_theme(), self.getPlotItem()
        self.setBackground(theme.window)
        font = QFont(self.font())
        font.setPixelSize(SECONDARY)
        for side, title in self._titles.items():
            axis = plot.getAxis(side)
            axis.setPen(pg.mkPen(theme.line))
            axis.setTextPen(pg.mkPen(theme.secondary))
            axis.setTickFont(font)
            axis.setStyle(tickLength=0, autoExpandTextSpace=True)
            axis.setLabel(title or None, **{"font-size": f"{SECONDARY}px", "color": theme.secondary})
            axis.showLabel(bool(title))

    def line(self, x: Any, y: Any, colour: str, *, width: int = 1, opacity: float = 1.0) -> Any:
        """A curve; lines of one pixel are drawn fast."""
        shade = QColor(colour)
        shade.setAlphaF(opacity)
        return self.getPlotItem().plot(x, y, pen=pg.mkPen(shade, width=width), antialias=True, connect="finite")

"""A document, a desk, and only the panels that a test asks for: the whole window takes a hundred times as long to make."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QSplitter

from gui.desk import Desk
from gui.document import Document
from gui.panel import Panel
from gui.panels.inspector import InspectorPanel
from gui.panels.layer_table import LayerTablePanel
from gui.panels.problem_list import ProblemPanel
from gui.panels.spec_text import SpecTextPanel
from gui.panels.transfer import TransferPanel

PANELS: dict[str, type[Panel]] = {
    panel.title: panel for panel in (InspectorPanel, LayerTablePanel, ProblemPanel, SpecTextPanel, TransferPanel)
}


class Rig(QSplitter):
    """Stands for the window. `said`: the line of the status bar."""

    def __init__(self) -> None:
        super().__init__()
        self.document = Document(self)
        self.desk = Desk(self.document, self)
        self.said = ""
        self.resize(1100, 700)
        self.desk.message_shown.connect(self._hear)
        self._panels: dict[str, Panel] = {}

    def open(self, path: str | Path) -> None:
        """Open a spec, and wait until all is known of it."""
        self.document.open(Path(path))
        self.document.settle()

    def panel(self, title: str) -> Panel:
        """The panel of this title, made when it is first asked for."""
        if title not in self._panels:
            self._panels[title] = PANELS[title](self.desk)
            self.addWidget(self._panels[title])
        return self._panels[title]

    def _hear(self, text: str) -> None:
        self.said = text

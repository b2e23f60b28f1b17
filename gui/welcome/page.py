"""The first page: open a file, or one of the specs that come with netspec."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.welcome.spec_card import DETAIL, SpecCard
from netspec.shipped import shipped_specs

WIDTH = 620
PATH = int(Qt.ItemDataRole.UserRole)


class Welcome(QWidget):
    """`spec_chosen` carries the path of a shipped spec; `open_wanted` asks for the file dialog."""

    spec_chosen = Signal(Path)
    open_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.specs = QListWidget()
        self.specs.setAccessibleName("Specs that come with netspec")
        self.specs.setItemDelegate(SpecCard(self.specs))
        self.specs.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.specs.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.specs.setMouseTracking(True)
        for name, path in shipped_specs().items():
            item = QListWidgetItem(name)
            item.setData(PATH, path)
            item.setData(DETAIL, headline(path))
            item.setToolTip(f"{headline(path)}\n{path}".strip())
            self.specs.addItem(item)
        self.specs.itemActivated.connect(self._choose)
        self.specs.itemClicked.connect(self._choose)
        self._lay_out()

    def _choose(self, item: QListWidgetItem) -> None:
        self.spec_chosen.emit(item.data(PATH))

    def _lay_out(self) -> None:
        button = QPushButton("Open a spec …")
        button.setObjectName("primary")
        button.clicked.connect(self.open_wanted)
        column = QVBoxLayout()
        column.setSpacing(12)
        for widget in (_label("netspec", "pageTitle"), _label("One text file in, a trained network out.", "secondary")):
            column.addWidget(widget)
        column.addWidget(button, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(12)
        column.addWidget(_label("Specs that come with netspec", "panelTitle"))
        column.addWidget(self.specs, stretch=1)
        column.addWidget(_label("Or drop a .toml or .json file on this window.", "secondary"))
        page = QFrame()
        page.setLayout(column)
        page.setFixedWidth(WIDTH)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 32, 16, 16)
        row.addStretch()
        row.addWidget(page)
        row.addStretch()


def headline(path: Path) -> str:
    """The first comment of a spec file, without its sign; empty when it has none."""
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""


def _label(text: str, name: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    return label

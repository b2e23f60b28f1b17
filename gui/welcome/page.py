"""The first page: train the digits, start anew, go on with a file, or begin from one of the shipped specs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui.canvas.thumbnail import thumbnail
from gui.icons import icon
from gui.recovery import LeftBehind
from gui.settings import recent_files
from gui.theme import current_theme
from gui.welcome.cards import CARD, DETAIL, PICTURE, FileLine, TemplateCard

WIDTH = 1072
ITEM = int(Qt.ItemDataRole.UserRole)
TITLE = "One text file in, a trained network out."


class Welcome(QWidget):
    """Signals say what is wanted; the window does it."""

    file_chosen = Signal(Path)
    template_chosen = Signal(str)
    restore_wanted = Signal(object)
    open_wanted = Signal()
    new_wanted = Signal()
    train_wanted = Signal()
    finetune_wanted = Signal()

    def __init__(self, templates: Mapping[str, Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.templates = templates
        self.specs, self.recent, self.left = _cards(), _lines("Recent files"), _lines("Unsaved changes")
        self.left_title, self.recent_title = _label("Recovered after a crash", "panelTitle"), _label("Recent", "panelTitle")
        self.train = _button("Train the digits in one click", "play", self.train_wanted, "surface")
        self.train.setObjectName("primary")
        self._waiting: list[QListWidgetItem] = []
        self._drawing = QTimer(self)
        self._drawing.timeout.connect(self._draw_one)
        self._fill_templates()
        self._connect()
        self._lay_out()
        self.refresh()

    def refresh(self) -> None:
        """Bring recent files and pictures up to date."""
        self.recent.clear()
        for path in recent_files():
            self.recent.addItem(_line(path.name, str(path.parent), path))
        self._fit(self.recent, self.recent_title)
        self._waiting = [self.specs.item(row) for row in range(self.specs.count())]
        self._drawing.start(0)

    def show_left(self, entries: Iterable[LeftBehind]) -> None:
        """What a crash has left behind."""
        self.left.clear()
        for entry in entries:
            where = str(entry.path.parent) if entry.path else "never saved"
            self.left.addItem(_line(entry.name, f"{where} · click to restore", entry))
        self._fit(self.left, self.left_title)

    def _fit(self, lines: QListWidget, title: QLabel) -> None:
        lines.setFixedHeight(max(1, lines.count()) * FileLine.HEIGHT + 4)
        for widget in (lines, title):
            widget.setVisible(lines.count() > 0)

    def _fill_templates(self) -> None:
        for name, path in self.templates.items():
            item = _line(name, headline(path), name)
            item.setToolTip(headline(path))
            self.specs.addItem(item)

    def _draw_one(self) -> None:
        """One picture at a time, so that the page is there at once."""
        if not self._waiting or not self.isVisible():
            self._drawing.stop()
            return
        item = self._waiting.pop(0)
        ratio = self.devicePixelRatioF()
        image = thumbnail(self.templates[item.data(ITEM)], PICTURE * ratio, current_theme())
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(ratio)
        item.setIcon(QIcon(pixmap))

    def _connect(self) -> None:
        for signal in (self.specs.itemActivated, self.specs.itemClicked):
            signal.connect(lambda item: self.template_chosen.emit(item.data(ITEM)))
        for signal in (self.recent.itemActivated, self.recent.itemClicked):
            signal.connect(lambda item: self.file_chosen.emit(item.data(ITEM)))
        for signal in (self.left.itemActivated, self.left.itemClicked):
            signal.connect(lambda item: self.restore_wanted.emit(item.data(ITEM)))

    def _lay_out(self) -> None:
        page = QWidget()
        page.setMaximumWidth(WIDTH)
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 32, 16, 16)
        column.setSpacing(8)
        column.addWidget(_label("netspec", "pageTitle"))
        column.addWidget(_label(TITLE, "secondary"))
        column.addSpacing(12)
        column.addLayout(self._buttons())
        column.addSpacing(16)
        for widget in (self.left_title, self.left, self.recent_title, self.recent):
            column.addWidget(widget)
        column.addSpacing(8)
        column.addWidget(_label("Start from a template", "panelTitle"))
        column.addWidget(self.specs, 1)
        column.addWidget(_label("Or drop a .toml or .json file on this window.", "secondary"))
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(page, 100)
        row.addStretch(1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(middle)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.train)
        row.addWidget(_button("Fine-tune on my pictures …", "snowflake", self.finetune_wanted))
        row.addWidget(_button("New network", "new", self.new_wanted))
        row.addWidget(_button("Open …", "open", self.open_wanted))
        row.addStretch(1)
        return row


def headline(path: Path) -> str:
    """The first comment of a spec file, without its sign; empty when it has none."""
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""


def _cards() -> QListWidget:
    cards = QListWidget()
    cards.setAccessibleName("Templates")
    cards.setViewMode(QListView.ViewMode.IconMode)
    cards.setResizeMode(QListView.ResizeMode.Adjust)
    cards.setMovement(QListView.Movement.Static)
    cards.setUniformItemSizes(True)
    cards.setGridSize(CARD)
    cards.setItemDelegate(TemplateCard(cards))
    cards.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    cards.setMouseTracking(True)
    cards.setFrameShape(QListWidget.Shape.NoFrame)
    return cards


def _lines(name: str) -> QListWidget:
    lines = QListWidget()
    lines.setAccessibleName(name)
    lines.setItemDelegate(FileLine(lines))
    lines.setMouseTracking(True)
    lines.setFrameShape(QListWidget.Shape.NoFrame)
    lines.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return lines


def _line(text: str, detail: str, value: object) -> QListWidgetItem:
    item = QListWidgetItem(text)
    item.setData(ITEM, value)
    item.setData(DETAIL, detail)
    return item


def _button(text: str, symbol: str, signal: SignalInstance, colour: str = "text") -> QPushButton:
    button = QPushButton(icon(symbol, colour), text)
    button.setIconSize(QSize(16, 16))
    button.clicked.connect(signal)
    return button


def _label(text: str, name: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    return label



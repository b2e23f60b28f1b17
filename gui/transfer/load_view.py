"""What became of the pretrained weights, layer by layer, with what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.desk import Desk
from gui.forms.file_editor import KINDS, relative
from gui.theme import current_theme
from gui.transfer.loading import loading_of
from gui.transfer.loads import LEFT_OVER, MISMATCHED, NEW, PROBLEMS, WORDS, LayerLoad, Report, Tensor
from gui.transfer.symbols import draw_load
from netspec import editing
from netspec.look import count, plural, shape

NAME = int(Qt.ItemDataRole.UserRole)
COLUMNS = ("layer", "weights", "shape", "numbers")
NOTHING = "Transfer learning starts from pretrained weights. Choose a file, or drop one on the window."
SIDE, SCALE = 14, 2


class LoadView(QWidget):
    """The report on the file that the spec names, or on one that is only looked at."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk, self.loading = desk, loading_of(desk)
        self.title, self.summary, self.note = QLabel(), QLabel(), QLabel()
        self.choose, self.use, self.back = _button("Choose …"), _button("Use these weights"), _button("Close")
        self.anew, self.again = _button("Start anew"), _button("Load again")
        self.tree = QTreeWidget()
        self._shown: Report | None = None
        self._lay_out()
        self._connect()
        self.refresh()

    def refresh(self) -> None:
        """Bring it into line with the report."""
        report, is_looking = self.loading.report, self.loading.file is not None
        source = str(self.loading.file or self.loading.named)
        self.title.setText(Path(source).name if source else "Pretrained weights")
        self.title.setToolTip(report.source if report is not None else source)
        self.note.setText(self._words(report, source))
        self.note.setStyleSheet(f"color: {current_theme().error}" if self.loading.problem else "")
        self.summary.setText(report.summary() if report is not None else "")
        self.summary.setVisible(report is not None)
        self.use.setVisible(is_looking and report is not None)
        self.back.setVisible(is_looking)
        self.note.setVisible(bool(self.note.text()))
        self.tree.setVisible(report is not None)
        if report is not self._shown:
            self._shown = report
            self._fill(report)
        self._offer()

    def _words(self, report: Report | None, source: str) -> str:
        if self.loading.problem:
            return self.loading.problem
        if report is not None:
            return "; ".join(report.notes)
        return f"Reading {Path(source).name} …" if source and self.loading.is_reading else "" if source else NOTHING

    def _fill(self, report: Report | None) -> None:
        self.tree.clear()
        layers = sorted(report.layers, key=lambda layer: layer.state not in PROBLEMS) if report is not None else []
        for layer in layers:
            item = _layer_item(layer)
            self.tree.addTopLevelItem(item)
            item.setExpanded(layer.state in PROBLEMS and len(layer.tensors) > 1)

    def chosen(self) -> list[LayerLoad]:
        """The layers of the chosen lines."""
        known = self._shown.by_name() if self._shown is not None else {}
        names = dict.fromkeys(item.data(0, NAME) for item in self.tree.selectedItems())
        return [known[name] for name in names if name in known]

    def start_anew(self) -> None:
        """Put the chosen layers, or without a choice all that do not fit, under `replace`."""
        names = self._to_start_anew()
        label = f"Start {names[0] if len(names) == 1 else plural(len(names), 'layer')} anew"
        self.desk.document.edit(label, editing.set_replaced, names, True)

    def load_again(self) -> None:
        """Take the chosen layers out of `replace`."""
        names = [layer.name for layer in self.chosen() if layer.state == NEW]
        label = f"Load {names[0] if len(names) == 1 else plural(len(names), 'layer')} again"
        self.desk.document.edit(label, editing.set_replaced, names, False)

    def use_file(self) -> None:
        """Name the file that is looked at in the spec."""
        state, file = self.desk.document.state, self.loading.file
        if state is not None and file is not None:
            path = relative(file, state.folder)
            if self.desk.document.edit(f"Use {file.name}", editing.set_field, ("transfer",), "weights", path):
                self.loading.look_at(None)

    def _to_start_anew(self) -> list[str]:
        state = self.desk.document.state
        known = state.outline.by_name if state is not None else {}
        wanted = self.chosen() or (self._shown.problems if self._shown is not None else ())
        return [layer.name for layer in wanted if layer.state not in (NEW, LEFT_OVER) and layer.name in known]

    def _offer(self) -> None:
        chosen, anew = self.chosen(), self._to_start_anew()
        name = anew[0] if len(anew) == 1 else plural(len(anew), "layer")
        self.anew.setText(f"Start {name} anew" if anew else "Start anew")
        self.anew.setVisible(bool(anew) and self.loading.file is None)
        self.anew.setToolTip("Adds to [transfer] replace: not loaded, but initialized")
        self.again.setVisible(bool(chosen) and all(layer.state == NEW for layer in chosen) and self.loading.file is None)

    def _ask(self) -> None:
        state = self.desk.document.state
        start = str(state.folder) if state is not None else str(Path.home())
        name, _ = QFileDialog.getOpenFileName(self, "Choose a file of weights", start, KINDS)
        if name:
            self.loading.look_at(Path(name))

    def _choose_layers(self) -> None:
        state = self.desk.document.state
        names = [layer.name for layer in self.chosen() if state is not None and layer.name in state.outline.by_name]
        if names:
            self.desk.choose(names, by=self)
        if len(names) == 1:
            self.desk.layer_wanted.emit(names[0])
        self._offer()

    def _connect(self) -> None:
        slots: tuple[tuple[QPushButton, Callable[[], None]], ...] = (
            (self.choose, self._ask), (self.use, self.use_file), (self.anew, self.start_anew), (self.again, self.load_again),
            (self.back, lambda: self.loading.look_at(None)),
        )  # fmt: skip
        for button, slot in slots:
            button.clicked.connect(lambda _=False, slot=slot: slot())
        self.tree.itemSelectionChanged.connect(self._choose_layers)
        self.loading.changed.connect(self.refresh)
        self.desk.document.changed.connect(self.refresh)
        self.desk.theme_changed.connect(self._follow_theme)

    def _follow_theme(self) -> None:
        self._fill(self._shown)
        self.refresh()

    def _lay_out(self) -> None:
        self.title.setObjectName("panelTitle")
        self.summary.setObjectName("secondary")
        for label in (self.summary, self.note):
            label.setWordWrap(True)
        self.tree.setHeaderLabels(list(COLUMNS))
        self.tree.setAccessibleName("Layers and their weights")
        self.tree.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        self.tree.setUniformRowHeights(True)
        self.tree.setIconSize(QSize(SIDE, SIDE))
        self.tree.setIndentation(14)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setMinimumSectionSize(56)
        self.tree.setObjectName("loads")
        bar = QHBoxLayout()
        bar.setSpacing(6)
        bar.addWidget(self.title)
        bar.addStretch(1)
        for button in (self.anew, self.again, self.use, self.back, self.choose):
            bar.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(bar)
        for label in (self.summary, self.note):
            column.addWidget(label)
        column.addWidget(self.tree, 1)
        column.addStretch(0)


def _layer_item(layer: LayerLoad) -> QTreeWidgetItem:
    single = layer.tensors[0] if len(layer.tensors) == 1 else None
    item = _item(layer.name, layer.name, layer.state, single, layer.count)
    for tensor in sorted(layer.tensors, key=lambda one: one.state not in PROBLEMS) if single is None else ():
        item.addChild(_item(layer.name, tensor.name, tensor.state, tensor, tensor.count))
    item.setToolTip(0, layer.words())
    return item


def _item(layer: str, name: str, state: str, tensor: Tensor | None, numbers: int) -> QTreeWidgetItem:
    item = QTreeWidgetItem([name, WORDS[state], shapes(tensor) if tensor is not None else "", count(numbers)])
    item.setData(0, NAME, layer)
    item.setIcon(0, load_icon(state))
    theme = current_theme()
    colour = theme.error if state in PROBLEMS[:2] else theme.warning if state == LEFT_OVER else theme.secondary
    item.setForeground(1, QColor(colour))
    for column in (2, 3):
        item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setForeground(column, QColor(theme.secondary))
    return item


def load_icon(state: str) -> QIcon:
    """The symbol of a state."""
    pixmap = QPixmap(SIDE * SCALE, SIDE * SCALE)
    pixmap.setDevicePixelRatio(SCALE)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        draw_load(painter, 0.5, 0.5, SIDE - 1, state, current_theme())
    return QIcon(pixmap)


def shapes(tensor: Tensor) -> str:
    """The shape; both where the file has another one."""
    here, there = (shape(sizes) if sizes else "1" for sizes in (tensor.here, tensor.there))
    if tensor.state == MISMATCHED:
        return f"{here} here, {there} in the file"
    return there if tensor.here is None else here


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName("small")
    return button



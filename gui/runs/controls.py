"""The row of run controls: start, pause, step, stop; data, epochs, batch size, optimizers, and what is rarely changed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QMenu,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.runs.chips import ChipRow
from gui.runs.choices import LastSpec, data_key
from gui.runs.session import RunSession
from netspec.spec.model import Spec

MOST = 1_000_000_000


class Controls(QWidget):
    """Shows the choices of a session and changes them."""

    def __init__(self, session: RunSession, actions: dict[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self._last = session, LastSpec()
        self.data = _button("Data", "Data that are trained on")
        self.epochs, self.batch_size = _number("Epochs"), _number("Batch size")
        self.chips = ChipRow()
        self.more = _button("More", "Seed, threads, weights")
        self._lay_out(actions)
        self.epochs.valueChanged.connect(lambda value: self._choose("epochs", value))
        self.batch_size.valueChanged.connect(lambda value: self._choose("batch_size", value))
        self.chips.chosen.connect(self._choose_optimizers)
        self.data.clicked.connect(self._show_data_menu)
        self.more.setMenu(self._more_menu())
        session.choices_changed.connect(self.refresh)
        session.desk.document.changed.connect(self.refresh)
        self.refresh()

    def _lay_out(self, actions: dict[str, QAction]) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        for name in ("train.start", "train.step", "train.stop"):
            button = QToolButton()
            button.setDefaultAction(actions[name])
            button.setObjectName("runButton")
            button.setIconSize(QSize(14, 14))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            if name == "train.start":
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
                button.setMinimumWidth(92)
            if name == "train.stop":
                menu = QMenu(button)
                menu.addActions([actions["train.stop"], actions["train.stop_last"]])
                button.setMenu(menu)
                button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
            row.addWidget(button)
        row.addSpacing(8)
        for text, widget in (("data", self.data), ("epochs", self.epochs), ("batch", self.batch_size)):
            label = QLabel(text)
            label.setObjectName("secondary")
            label.setBuddy(widget)
            row.addWidget(label)
            row.addWidget(widget)
            row.addSpacing(4)
        row.addWidget(self.chips)
        row.addWidget(self.more)
        row.addStretch()
        self.row, self._place = row, row.indexOf(self.chips)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(6)
        self._rows.addLayout(row)
        self._is_narrow = False

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """The chips may go into a row of their own."""
        hint, chips = super().minimumSizeHint(), self.chips.sizeHint().width()
        return QSize(hint.width() if self._is_narrow else hint.width() - chips - self.row.spacing(), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        one_row = super().minimumSizeHint().width() + (self.chips.sizeHint().width() if self._is_narrow else 0)
        if (self.width() < one_row) != self._is_narrow:
            self._is_narrow = not self._is_narrow
            if self._is_narrow:
                self.row.removeWidget(self.chips)
                self._rows.addWidget(self.chips)
            else:
                self._rows.removeWidget(self.chips)
                self.row.insertWidget(self._place, self.chips)

    def refresh(self) -> None:
        """Show the spec's values, or what was chosen instead; those in the accent colour."""
        spec, choices = self._spec(), self.session.choices
        self.setEnabled(spec is not None or self.session.watch.folder is not None)
        for box, chosen, own in (
            (self.epochs, choices.epochs, spec.train.epochs if spec else 1),
            (self.batch_size, choices.batch_size, spec.train.batch_size if spec else 1),
        ):
            with QSignalBlocker(box):
                box.setValue(own if chosen is None else chosen)
            _mark(box, is_own=chosen is None)
            box.setToolTip(f"{box.accessibleName()}; the spec says {own}")
        self.chips.show_spec(spec, choices.optimizers)
        self.data.setText(_data_name(spec, choices.data_place))
        _mark(self.data, is_own=choices.data_place is None)
        _mark(self.more, is_own=choices.seed is None and choices.threads is None and choices.weights is None)
        self.more.setToolTip(self._more_text())

    def _spec(self) -> Spec | None:
        """The spec of the text, also with errors in its graph; where a field is wrong, the last one of this file."""
        return self._last.spec_of(self.session.desk.document.state)

    def _choose(self, name: str, value: int) -> None:
        spec = self._spec()
        if spec is not None:
            setattr(self.session.choices, name, None if value == getattr(spec.train, name) else value)
            self.session.choices_changed.emit()

    def _choose_optimizers(self, labels: tuple[str, ...]) -> None:
        self.session.choices.optimizers = labels
        self.session.choices_changed.emit()

    def _show_data_menu(self) -> None:
        menu, key = QMenu(self), data_key(self._spec())
        menu.addAction("As the spec says").triggered.connect(lambda _=False: self.choose_data(None))
        if key is None:
            menu.addAction("These data come with netspec").setEnabled(False)
        else:
            text = "Choose a folder …" if key == "root" else "Choose a file …"
            menu.addAction(text).triggered.connect(lambda _=False: self._ask_for_data(is_folder=key == "root"))
        menu.popup(self.data.mapToGlobal(self.data.rect().bottomLeft()))

    def _ask_for_data(self, *, is_folder: bool) -> None:
        title = "Train on these data"
        if is_folder:
            place = QFileDialog.getExistingDirectory(self, title)
        else:
            place, _ = QFileDialog.getOpenFileName(self, title)
        if place:
            self.choose_data(place)

    def choose_data(self, place: str | None) -> None:
        """Train on the data there, of the type that the spec says; None: on those of the spec."""
        self.session.choices.data_place = place
        self.session.choices_changed.emit()

    def _more_menu(self) -> QMenu:
        menu = QMenu(self)
        for text, name, least in (("Seed …", "seed", 0), ("Threads …", "threads", 1)):
            menu.addAction(text).triggered.connect(lambda _=False, n=name, k=least: self._ask_for_number(n, k))
        menu.addAction("Start from weights …").triggered.connect(lambda _=False: self._ask_for_weights())
        self.further = menu.addMenu("Further optimizers")
        self.further.aboutToShow.connect(self._fill_further)
        menu.addSeparator()
        menu.addAction("All as the spec says").triggered.connect(lambda _=False: self._forget())
        return menu

    def _fill_further(self) -> None:
        self.further.clear()
        for label, chip in self.chips.chips.items():
            if chip.isHidden():
                self.further.addAction(label).triggered.connect(lambda _=False, chip=chip: chip.click())

    def _ask_for_number(self, name: str, least: int) -> None:
        before = getattr(self.session.choices, name)
        value, ok = QInputDialog.getInt(self, "netspec", f"{name.capitalize()} of the next run", before or least, least, MOST)
        if ok:
            setattr(self.session.choices, name, value)
            self.session.choices_changed.emit()

    def _ask_for_weights(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Start from weights", "", "Weights (*.safetensors *.npz)")
        if name:
            self.session.choices.weights = name
            self.session.choices_changed.emit()

    def _forget(self) -> None:
        self.session.choices = type(self.session.choices)()
        self.session.choices_changed.emit()

    def _more_text(self) -> str:
        choices = self.session.choices
        weights = None if choices.weights is None else Path(choices.weights).name
        parts = [("seed", choices.seed), ("threads", choices.threads), ("weights", weights)]
        said = ", ".join(f"{name} {value}" for name, value in parts if value is not None)
        return f"Seed, threads, weights: {said or 'as the spec says'}"


def _number(name: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(1, MOST)
    box.setAccessibleName(name)
    box.setKeyboardTracking(False)
    box.setObjectName("runNumber")
    box.lineEdit().setTextMargins(6, 0, 6, 0)
    box.setFixedWidth(64)
    box.setAlignment(Qt.AlignmentFlag.AlignRight)
    return box


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setObjectName("runChoice")
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    return button


def _mark(widget: QWidget, *, is_own: bool) -> None:
    """What was chosen beside the spec stands out."""
    if widget.property("isChosen") != (not is_own):
        widget.setProperty("isChosen", not is_own)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def _data_name(spec: Spec | None, place: str | None) -> str:
    if spec is None or spec.data is None:
        return "none"
    return spec.data.type_name() if place is None else f"{spec.data.type_name()}: {Path(place).name}"

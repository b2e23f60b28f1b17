"""Fine-tuning on one's own pictures: a network, a folder, weights; the spec is made as `netspec finetune` does."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.exam.process import Exam
from gui.forms.choice_editor import Combo
from gui.forms.file_editor import KINDS
from gui.icons import icon
from netspec import SpecError, load
from netspec.analysis import examine
from netspec.finetuning import FinetuneError, find_base
from netspec.graph import outputs_of
from netspec.losses.cross_entropy import CrossEntropy
from netspec.shipped import shipped_specs
from netspec.weights.known import Known, known_weights

ABOUT = (
    "The last layer is replaced by one with your classes. It learns alone at first, then the upper part of the network too, "
    "then all of it, the lower layers slower. What is chosen, and why, stands in the spec."
)


FIRST = ("resnet18", "mobilenet_v2", "resnet34", "resnet50")


class FinetuneDialog(QDialog):
    """`made` carries the text, the name of its file, and the folder where its paths start."""

    made = Signal(str, str, Path)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.exam = Exam(self)
        self.network, self.pictures, self.weights = Combo(), QLineEdit(), QLineEdit()
        self.words, self.needs, self.busy = QLabel(), QLabel(), QProgressBar()
        self.make = QPushButton("Make the spec")
        self._lay_out()
        self.make.clicked.connect(self.start)
        self.exam.ended.connect(self._take)
        self.exam.failed.connect(self._fail)
        self.exam.running_changed.connect(self._follow)
        for line in (self.pictures, self.weights):
            line.textChanged.connect(self._follow)
        self._follow()

    def start(self) -> None:
        """Look at the pictures and the weights, and write the spec; while that goes on the button cancels."""
        if self.exam.is_running:
            self.exam.cancel()
            return
        self.words.hide()
        network, pictures = self.network.currentText(), Path(self.pictures.text()).expanduser()
        request = {"network": network, "data": str(pictures), "weights": self.weights.text().strip() or None,
                   "name": f"{pictures.resolve().stem}_{network}", "folder": str(pictures.resolve().parent)}  # fmt: skip
        self.exam.ask("finetune", request)

    def _take(self, result: dict[str, Any]) -> None:
        self.made.emit(result["text"], f"{result['name']}.toml", Path(result["folder"]))
        self.accept()

    def _fail(self, problem: str) -> None:
        self.words.setText(problem)
        self.words.show()

    def _follow(self) -> None:
        is_running = self.exam.is_running
        self.busy.setVisible(is_running)
        self.make.setText("Cancel" if is_running else "Make the spec")
        lacks = "" if is_running else self._lacks()
        self.make.setEnabled(not lacks)
        self.needs.setText(f"Still needed: {lacks}" if lacks else "")

    def reject(self) -> None:
        self.exam.cancel()
        super().reject()

    def _name_weights(self) -> None:
        """Which weights are taken when none are chosen."""
        known = public(self.network.currentText())
        if known is None:
            self.weights.setPlaceholderText("a file of pretrained weights of this network")
        else:
            have = "here already" if known.path.is_file() else "fetched once"
            self.weights.setPlaceholderText(f"{known.name}: {known.mib:.0f} MiB, {have}; or a file")
        self._follow()

    def _lacks(self) -> str:
        """What is still to be said before the spec can be made; "" when nothing is."""
        lacking = [] if self.pictures.text().strip() else ["a folder of pictures"]
        if public(self.network.currentText()) is None and not self.weights.text().strip():
            lacking.append(f"a file of weights: there are no public ones of {self.network.currentText()}")
        return " and ".join(lacking)

    def _offer_networks(self) -> None:
        for name in networks():
            self.network.addItem(name)
            tip = "public weights" if public(name) is not None else "no public weights: choose a file of them"
            self.network.setItemData(self.network.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
            if public(name) is not None:
                self.network.setItemIcon(self.network.count() - 1, icon("check"))

    def _ask_pictures(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "A folder of pictures for each class", str(Path.home()))
        if name:
            self.pictures.setText(name)

    def _ask_weights(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Pretrained weights of this network", str(Path.home()), KINDS)
        if name:
            self.weights.setText(name)

    def _lay_out(self) -> None:
        self.setWindowTitle("Fine-tune on my pictures")
        self.setObjectName("form")
        self.resize(560, 260)
        self._offer_networks()
        self.pictures.setPlaceholderText("with a folder for each class: photos/ants, photos/bees")
        self.network.currentTextChanged.connect(self._name_weights)
        self._name_weights()
        self.words.setObjectName("formNote")
        self.words.hide()
        self.busy.setRange(0, 0)
        self.busy.hide()
        about = QLabel(ABOUT)
        for label in (about, self.words):
            label.setWordWrap(True)
        grid = QGridLayout()
        rows = (("Network", self.network, None), ("Pictures", self.pictures, self._ask_pictures),
                ("Weights", self.weights, self._ask_weights))  # fmt: skip
        for row, (name, field, slot) in enumerate(rows):
            grid.addWidget(QLabel(name), row, 0)
            grid.addWidget(field, row, 1)
            field.setAccessibleName(name)
            if slot is not None:
                button = QPushButton("Choose …")
                button.setObjectName("small")
                button.setAccessibleName(f"Choose {name.lower()}")
                button.clicked.connect(lambda _=False, slot=slot: slot())
                grid.addWidget(button, row, 2)
        holder, inner, bar = QWidget(), QWidget(), QHBoxLayout()
        inner.setLayout(grid)  # the form's style is for fields in a row of it
        QVBoxLayout(holder).addWidget(inner)
        holder.layout().setContentsMargins(0, 0, 0, 0)  # type: ignore[union-attr]
        grid.setContentsMargins(0, 0, 0, 0)
        self.make.setDefault(True)
        self.needs.setObjectName("secondary")
        self.needs.setWordWrap(True)
        bar.addWidget(self.needs, 1)
        bar.addWidget(self.make)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        for widget in (about, holder, self.words, self.busy):
            column.addWidget(widget)
        column.addStretch(1)
        column.addLayout(bar)


def public(network: str) -> Known | None:
    """The first public weights of a network."""
    return next((row for row in known_weights().values() if row.spec == network), None)


@cache
def networks() -> list[str]:
    """Shipped networks that can be fine-tuned to classes of pictures: those with public weights first, quick ones before."""
    names = [name for name, path in shipped_specs().items() if public(name) is not None or _fits(path)]
    return sorted(names, key=lambda name: (public(name) is None, FIRST.index(name) if name in FIRST else len(FIRST)))


def _fits(path: Path) -> bool:
    try:
        spec = load(path)
        if spec.transfer is not None or not isinstance(spec.loss, CrossEntropy):
            return False
        base = find_base(path, spec)
    except (FinetuneError, SpecError):
        return False
    _, _, shapes = examine(spec, spec.origin.locate)
    return all(len(shapes[name]) == 1 for name in outputs_of(spec, base.graph))  # others give classes of pixels

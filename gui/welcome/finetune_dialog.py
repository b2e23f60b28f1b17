"""Fine-tuning on one's own pictures: a network, a folder, weights; the spec is made as `netspec finetune` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
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
from netspec.shipped import shipped_specs
from netspec.weights.known import known_weights

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
        self.words, self.busy, self.make = QLabel(), QProgressBar(), QPushButton("Make the spec")
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
        self.make.setEnabled(is_running or bool(self.pictures.text().strip()))

    def reject(self) -> None:
        self.exam.cancel()
        super().reject()

    def _name_weights(self, network: str) -> None:
        """Which weights are taken when none are chosen."""
        known = next(row for row in known_weights().values() if row.spec == network)
        text = f"{known.name}: {known.mib:.0f} MiB, {'here already' if known.path.is_file() else 'fetched once'}; or a file"
        self.weights.setPlaceholderText(text)

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
        self.network.addItems(networks())
        self.pictures.setPlaceholderText("with a folder for each class: photos/ants, photos/bees")
        self.network.currentTextChanged.connect(self._name_weights)
        self._name_weights(self.network.currentText())
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
        bar.addStretch(1)
        bar.addWidget(self.make)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        for widget in (about, holder, self.words, self.busy):
            column.addWidget(widget)
        column.addStretch(1)
        column.addLayout(bar)


def networks() -> list[str]:
    """Shipped networks of which there are public weights, those first that suit a processor."""
    known = {row.spec for row in known_weights().values()}
    names = [name for name in shipped_specs() if name in known]
    return sorted(names, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
